import { CfnResource, ITokenResolver, Token } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { IConstruct } from 'constructs';
import { pathOf } from '../../private/describe';
import { Problem, checkWhenWritten } from '../../private/problems';
import { ReferenceResolver } from '../../private/reference-resolver';
import { renderText } from '../../private/warnings';
import { writtenProperties } from '../../private/written';

/** One configuration of a bucket, as CDK writes it. */
interface Configuration {
  readonly Events?: string[];
  readonly Filter?: { readonly Key?: { readonly FilterRules?: { readonly Name: string; readonly Value: unknown }[] } };
  readonly [arn: string]: unknown;
}

/** A configuration, and its destination in the words of an error message. */
interface Notification extends Configuration {
  readonly destination: string;
}

/** The kinds of destination, by the property that has their configurations. */
const KINDS = { LambdaFunctionConfigurations: 'function', QueueConfigurations: 'queue', TopicConfigurations: 'topic' };

/** References as the path of what they refer to, which users know; not the logical ID or an import. */
const PATHS = new ReferenceResolver(({ target }) => pathOf(target));

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
  checkWhenWritten(bucket, construct, () => checkOverlaps(bucket, notificationsOf(bucket)));
}

function checkOverlaps(bucket: IConstruct, all: Notification[]): Problem[] {
  return all.flatMap((one, index) => all.slice(index + 1).filter(other => overlap(one, other)).map(other => ({
    prop: 'notifications',
    got: `${describe(bucket, one)}, and ${describe(bucket, other)}`,
    allowed: 'notifications of one bucket that share no event type, or no object: neither prefix, or neither suffix, contains the other',
    fix: 'S3 rejects both otherwise, even for one destination. Change the prefixes or suffixes of these two. Or send the events of both through one BucketEventFanOut, whose queues '
      + 'can overlap: call addQueue() or addExistingQueue() for each queue. With BucketEventRoute.eventBridge(), the bucket can have any other notifications.',
  })));
}

/** The notifications of a bucket. Those of an imported bucket can be under several imports, which are one bucket if they have one name. */
function notificationsOf(bucket: s3.IBucket): Notification[] {
  const { bucketName, node } = bucket;
  const isSame = (one: IConstruct) => (one as Partial<s3.IBucket>).bucketName === bucketName;
  const imports = Token.isUnresolved(bucketName) ? [bucket] : node.root.node.findAll().filter(isSame);
  return imports.flatMap(one => one.node.tryFindChild('Notifications')?.node.children ?? []).filter(isNotifications).flatMap(resource => {
    const withPaths = configurationsOf(resource, PATHS);
    return configurationsOf(resource).map((configuration, index) => ({ ...configuration, destination: withPaths[index].destination }));
  });
}

function configurationsOf(resource: CfnResource, resolver?: ITokenResolver): Notification[] {
  const written = writtenProperties(resource, resolver).NotificationConfiguration as Record<string, Configuration[] | undefined> | undefined;
  return Object.entries(KINDS).flatMap(([property, kind]) => (written?.[property] ?? []).map(configuration => {
    const { QueueArn, TopicArn, LambdaFunctionArn } = configuration;
    return { ...configuration, destination: `the ${kind} ${renderText(resource, QueueArn ?? TopicArn ?? LambdaFunctionArn)}` };
  }));
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

function describe(scope: IConstruct, notification: Notification): string {
  const filters = ['prefix', 'suffix'].flatMap(name => {
    const value = ruleOf(notification, name);
    return value === undefined ? [] : [`${name} '${renderText(scope, value)}'`];
  });
  const events = (notification.Events ?? []).join(', ');
  return `${events}${filters.length > 0 ? ` with ${filters.join(' and ')}` : ''} to ${notification.destination}`;
}
