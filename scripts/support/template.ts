import { plural } from './terminal';

interface Resource {
  readonly Type: string;
  readonly Properties?: Record<string, any>;
}

export interface Template {
  readonly Resources?: Record<string, Resource>;
}

/** Most notable first. What is not listed is named after its type and comes after these. */
const KINDS: [string, string, string?][] = [
  ['AWS::SQS::Queue', 'queue'],
  ['AWS::SNS::Topic', 'topic'],
  ['AWS::SNS::Subscription', 'subscription'],
  ['AWS::Kinesis::Stream', 'data stream'],
  ['AWS::KinesisFirehose::DeliveryStream', 'delivery stream'],
  ['AWS::S3::Bucket', 'bucket'],
  ['AWS::AutoScaling::AutoScalingGroup', 'Auto Scaling group'],
  ['AWS::EC2::LaunchTemplate', 'launch template'],
  ['AWS::AutoScaling::ScalingPolicy', 'scaling policy', 'scaling policies'],
  ['AWS::AutoScaling::LifecycleHook', 'lifecycle hook'],
  ['AWS::Lambda::Function', 'function'],
  ['AWS::KMS::Key', 'key'],
  ['AWS::CloudWatch::Alarm', 'alarm'],
  ['AWS::Glue::Database', 'Glue database'],
  ['AWS::Glue::Table', 'Glue table'],
  ['AWS::EC2::VPC', 'VPC'],
  ['AWS::EC2::NatGateway', 'NAT gateway'],
  ['AWS::EC2::VPCEndpoint', 'endpoint'],
  ['AWS::Logs::LogGroup', 'log group'],
  ['AWS::IAM::Role', 'role'],
];

/** Kinds shown one by one; the rest are summed. */
const SHOWN = 8;

/** `7 queues, 1 topic, 3 subscriptions, 12 others`. */
export function describeResources(template: Template): string {
  const counts = new Map<string, number>();
  for (const { Type } of resources(template)) counts.set(Type, (counts.get(Type) ?? 0) + 1);
  const rank = (type: string) => {
    const index = KINDS.findIndex(([kind]) => kind === type);
    return index < 0 ? KINDS.length : index;
  };
  const sorted = [...counts].sort(([a, m], [b, n]) => rank(a) - rank(b) || n - m || a.localeCompare(b));
  // A sum of one kind says less than the kind itself.
  const shown = sorted.length === SHOWN + 1 ? sorted : sorted.slice(0, SHOWN);
  const rest = sorted.slice(shown.length).reduce((sum, [, n]) => sum + n, 0);
  return [...shown.map(([type, n]) => countOf(type, n)), ...rest ? [plural(rest, 'other')] : []].join(', ');
}

/** What is billed by the month or the hour whether or not a message passes, counted from the template. */
export function costDrivers(template: Template): string {
  const all = resources(template);
  const ofType = (...types: string[]) => all.filter(resource => types.includes(resource.Type));
  const streams = ofType('AWS::Kinesis::Stream');
  const onDemand = streams.filter(stream => stream.Properties?.StreamModeDetails?.StreamMode === 'ON_DEMAND');
  const provisioned = streams.filter(stream => !onDemand.includes(stream));
  const tracking = ofType('AWS::AutoScaling::ScalingPolicy', 'AWS::ApplicationAutoScaling::ScalingPolicy')
    .filter(policy => policy.Properties?.PolicyType === 'TargetTrackingScaling');
  const interfaces = ofType('AWS::EC2::VPCEndpoint').filter(endpoint => endpoint.Properties?.VpcEndpointType === 'Interface');
  const drivers: [number, string, string?][] = [
    [ofType('AWS::KMS::Key', 'AWS::KMS::ReplicaKey').length, 'KMS key'],
    [onDemand.length, 'on-demand stream'],
    [total(provisioned, 'ShardCount', 1), 'shard'],
    [provisioned.filter(stream => amount(stream.Properties?.RetentionPeriodHours, 24) > 24).length, 'stream retained over 24 h', 'streams retained over 24 h'],
    [ofType('AWS::Kinesis::StreamConsumer').length, 'stream consumer'],
    [ofType('AWS::CloudWatch::Alarm', 'AWS::CloudWatch::CompositeAlarm').length, 'alarm'],
    // Target tracking makes a high and a low alarm of its own.
    [tracking.length * 2, 'alarm of target tracking', 'alarms of target tracking'],
    [total(ofType('AWS::AutoScaling::AutoScalingGroup'), 'MinSize', 0), 'instance at least', 'instances at least'],
    [ofType('AWS::EC2::Instance').length, 'instance'],
    [ofType('AWS::EC2::NatGateway').length, 'NAT gateway'],
    [interfaces.length, 'interface endpoint'],
    [ofType('AWS::ElasticLoadBalancingV2::LoadBalancer').length, 'load balancer'],
    [ofType('AWS::AmazonMQ::Broker').length, 'broker'],
    [ofType('AWS::MSK::Cluster', 'AWS::MSK::ServerlessCluster').length, 'Kafka cluster'],
    [ofType('AWS::SecretsManager::Secret').length, 'secret'],
    [ofType('AWS::CloudWatch::Dashboard').length, 'dashboard'],
  ];
  return drivers.filter(([n]) => n > 0).map(([n, one, many]) => plural(n, one, many)).join(', ') || 'none';
}

function resources(template: Template): Resource[] {
  return Object.values(template.Resources ?? {});
}

function countOf(type: string, count: number): string {
  const known = KINDS.find(([kind]) => kind === type);
  if (known) return plural(count, known[1], known[2]);
  const name = type.split('::').pop()!.replace(/([a-z])([A-Z])/g, '$1 $2').replace(/\b[A-Z](?=[a-z])/g, letter => letter.toLowerCase());
  return plural(count, name, /[^aeiou]y$/.test(name) ? name.replace(/y$/, 'ies') : `${name}s`);
}

function total(list: readonly Resource[], property: string, otherwise: number): number {
  return list.reduce((all, resource) => all + amount(resource.Properties?.[property], otherwise), 0);
}

/** CloudFormation takes numbers as texts; what is only known at deployment counts as the default. */
function amount(value: unknown, otherwise: number): number {
  const number = Number(value ?? otherwise);
  return Number.isFinite(number) ? number : otherwise;
}
