import { CfnResource, Token } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { IConstruct } from 'constructs';
import { Problem, checkWhenWritten } from '../../private/problems';
import { renderText } from '../../private/warnings';
import { writtenProperties } from '../../private/written';

/** One configuration of a bucket, as CDK writes it. */
interface Configuration {
  readonly Events?: string[];
  readonly Filter?: { readonly Key?: { readonly FilterRules?: { readonly Name: string; readonly Value: unknown }[] } };
  readonly [arn: string]: unknown;
}

const checked = new WeakSet<IConstruct>();

/**
 * Checks the notifications of a bucket when the template is written: the queue or topic does not know those of others.
 *
 * @param construct the class of the construct that is notified
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html
 */
export function checkNotifications(bucket: s3.IBucket, construct: string): void {
  if (checked.has(bucket)) return;
  checked.add(bucket);
  checkWhenWritten(bucket, construct, () => checkOverlaps(bucket, configurationsOf(bucket)));
}

function checkOverlaps(bucket: IConstruct, all: Configuration[]): Problem[] {
  return all.flatMap((one, index) => all.slice(index + 1).filter(other => overlap(one, other)).map(other => ({
    prop: 'notifications',
    got: `${describe(bucket, one)} and ${describe(bucket, other)}`,
    allowed: 'notifications of one bucket that share no event type, or no object: neither prefix, or neither suffix, contains the other',
    fix: 'S3 rejects both otherwise, even for one destination. Use separate prefixes or suffixes, or a BucketEventFanOut with EventBridge, whose queues can overlap.',
  })));
}

/** The notifications of a bucket. Those of an imported bucket can be under several imports, which are one bucket if they have one name. */
function configurationsOf(bucket: s3.IBucket): Configuration[] {
  const { bucketName, node } = bucket;
  const isSame = (one: IConstruct) => (one as Partial<s3.IBucket>).bucketName === bucketName;
  const imports = Token.isUnresolved(bucketName) ? [bucket] : node.root.node.findAll().filter(isSame);
  return imports.flatMap(one => one.node.tryFindChild('Notifications')?.node.children ?? []).filter(isNotifications).flatMap(resource => {
    const written = writtenProperties(resource).NotificationConfiguration as Record<string, unknown> | undefined;
    return ['LambdaFunctionConfigurations', 'QueueConfigurations', 'TopicConfigurations'].flatMap(kind => (written?.[kind] ?? []) as Configuration[]);
  });
}

function isNotifications(child: IConstruct): child is CfnResource {
  return CfnResource.isCfnResource(child) && child.cfnResourceType === 'Custom::S3BucketNotifications';
}

function overlap(one: Configuration, other: Configuration): boolean {
  return (one.Events ?? []).some(event => (other.Events ?? []).some(another => contains(event, another) || contains(another, event)))
    && meet(ruleOf(one, 'prefix'), ruleOf(other, 'prefix'), (text, part) => text.startsWith(part))
    && meet(ruleOf(one, 'suffix'), ruleOf(other, 'suffix'), (text, part) => text.endsWith(part));
}

/** `s3:ObjectCreated:*` contains `s3:ObjectCreated:Put`. */
function contains(event: string, other: string): boolean {
  return event === other || (event.endsWith('*') && other.startsWith(event.slice(0, -1)));
}

/** A value only known at deployment overlaps itself, and everything where there is no filter. */
function meet(one: unknown, other: unknown, has: (text: string, part: string) => boolean): boolean {
  if (one === undefined || other === undefined) return true;
  if (typeof one !== 'string' || typeof other !== 'string') return JSON.stringify(one) === JSON.stringify(other);
  return has(one, other) || has(other, one);
}

function ruleOf({ Filter }: Configuration, name: string): unknown {
  return Filter?.Key?.FilterRules?.find(rule => rule.Name === name)?.Value;
}

function describe(scope: IConstruct, configuration: Configuration): string {
  const filters = ['prefix', 'suffix'].flatMap(name => {
    const value = ruleOf(configuration, name);
    return value === undefined ? [] : [`${name} '${renderText(scope, value)}'`];
  });
  const destination = renderText(scope, configuration.QueueArn ?? configuration.TopicArn ?? configuration.LambdaFunctionArn);
  return `${[(configuration.Events ?? []).join(', '), ...filters].join(' with ')} to ${destination}`;
}
