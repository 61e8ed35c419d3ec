import { CfnResource } from 'aws-cdk-lib';
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
 * Checks the notifications of a bucket when the template is written: the queue does not know the events and the filters.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html
 */
export function checkNotifications(bucket: IConstruct): void {
  if (checked.has(bucket)) return;
  checked.add(bucket);
  checkWhenWritten(bucket, 'WorkQueue', () => {
    // CDK creates it with the first notification.
    const notifications = bucket.node.tryFindChild('Notifications');
    return notifications ? checkOverlaps(notifications) : [];
  });
}

function checkOverlaps(notifications: IConstruct): Problem[] {
  const all = configurationsOf(notifications);
  return all.flatMap((one, index) => all.slice(index + 1).filter(other => overlap(one, other)).map(other => ({
    prop: 'notifications',
    got: `${describe(notifications, one)} and ${describe(notifications, other)}`,
    allowed: 'notifications of one bucket that share no event type, or no object: neither prefix, or neither suffix, contains the other',
    fix: 'S3 rejects both otherwise, even for one destination. Use separate prefixes or suffixes, or notify a topic or EventBridge, which deliver to several queues.',
  })));
}

function configurationsOf(notifications: IConstruct): Configuration[] {
  return notifications.node.children.filter(isNotifications).flatMap(resource => {
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
