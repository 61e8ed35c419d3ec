import { App, Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Encryption, ServiceSource } from '../../src/access';
import { DeliveryBucket, DeliveryLogging, KinesisSource, ServerAccessLogs, SourceBackup } from '../../src/delivery';
import { FanOut, QueueSubscription } from '../../src/fanout';
import { DeadLetters, SharedDeadLetterQueue, WorkQueue } from '../../src/queues';
import { Ec2Workers, QueueScaling } from '../../src/workers';
import { DEFAULTS, build, network, workerScript } from '../support/constructs';
import { EXAMPLES, buildExample } from '../support/examples';
import { letIn } from '../support/let-in';
import { s3Stream } from '../support/s3-stream';

/**
 * What the recommended feature flags of a new app change in templates of the library: nothing but what is named here.
 */

type Json = any;

const RECOMMENDED: Record<string, unknown> = jest.requireActual('aws-cdk-lib/recommended-feature-flags.json');

interface Difference {
  /** What the flag changes, and why it changes nothing that is promised. */
  readonly reason: string;
  /** A template in a form in which it is the same with the flag and without it. */
  readonly without: (template: Json) => Json;
}

/** The differences that there are, each by its flag. */
const NAMED: Record<string, Difference> = {
  '@aws-cdk/aws-iam:minimizePolicies': {
    reason: 'Statements are merged and their lists sorted; each principal is allowed the same actions on the same resources under the same conditions.',
    without: mapped(node => Array.isArray(node.Statement) ? { ...node, Statement: [...new Set(node.Statement.flatMap(permissions))].sort() } : node),
  },
  // Before the partition: where it is known, references become parts of strings.
  '@aws-cdk/core:defaultCrossStackReferences': {
    reason: 'A stack reads what another puts out with Fn::GetStackOutput, which keeps neither from being changed, and not with an export.',
    without: mapped(crossStackReference),
  },
  '@aws-cdk/core:enablePartitionLiterals': {
    reason: 'The partition of a Region that is known is written out in ARNs.',
    without: mapped(withoutPartition),
  },
  '@aws-cdk/aws-lambda:useCdkManagedLogGroup': {
    reason: 'A function that the app makes has a log group of its own in the template.',
    without: withoutLogGroups,
  },
  '@aws-cdk/aws-kms:applyImportedAliasPermissionsToPrincipal': {
    reason: 'A key that is known by its alias is granted to a role on whatever key of the account has the alias; without the flag the library warns.',
    without: mapped(node => Array.isArray(node.Statement) ? { ...node, Statement: node.Statement.filter((one: Json) => !JSON.stringify(one).includes('kms:ResourceAliases')) } : node),
  },
  '@aws-cdk/aws-ecs:removeDefaultDeploymentAlarm': {
    reason: 'An ECS service has no alarms for its deployments, rather than a list of none that is turned off.',
    without: template => withoutProperty('Alarms', { AlarmNames: [], Enable: false, Rollback: false })(template),
  },
  '@aws-cdk/aws-ecs:removeEmptyLoadBalancers': {
    reason: 'An ECS service has no load balancers, rather than an empty list of them.',
    without: template => withoutProperty('LoadBalancers', [])(template),
  },
};

/** An object without a property that has some value. */
const withoutProperty = (name: string, value: Json) => mapped(node => {
  const { [name]: found, ...others } = node;
  return JSON.stringify(found) === JSON.stringify(value) ? others : node;
});

/** A template in which every object is what `change` makes of it, from the leaves up. */
function mapped(change: (node: Json) => Json): (template: Json) => Json {
  const visit = (node: Json): Json => {
    if (Array.isArray(node)) return node.map(visit);
    if (typeof node === 'string') return withPartition(node);
    if (typeof node !== 'object' || node === null) return node;
    return change(Object.fromEntries(Object.entries(node).map(([name, value]) => [name, visit(value)])));
  };
  const withPartition = (text: string) => change === withoutPartition ? withoutPartition(text) : text;
  return visit;
}

/** What a statement says, one principal, action and resource at a time. */
function permissions({ Sid, Effect, Principal = {}, Action, Resource = [], Condition = {}, ...others }: Json): string[] {
  expect(others).toEqual({});
  const principals = typeof Principal === 'string' ? [Principal] : Object.entries<Json>(Principal).flatMap(([kind, values]) => [values].flat().map((one: Json) => ({ [kind]: one })));
  const each = (list: Json) => [list].flat().length > 0 ? [list].flat() : [undefined];
  const pairs = each(Action).flatMap(action => each(Resource).map(resource => [action, resource]));
  return each(principals).flatMap(principal => pairs.map(pair => JSON.stringify([Effect, principal, ...pair, Condition])));
}

function withoutPartition(node: Json): Json {
  const PARTITION = '<partition>';
  if (typeof node === 'string') return node.replace(/\barn:aws[a-z-]*:/g, `arn:${PARTITION}:`);
  const [delimiter, parts] = node['Fn::Join'] ?? [];
  if (delimiter !== '' || !Array.isArray(parts)) return node;
  const text = parts.map((part: Json) => typeof part === 'string' ? part : part.Ref === 'AWS::Partition' ? PARTITION : `<${JSON.stringify(part)}>`).join('');
  return text.replace(/\barn:aws[a-z-]*:/g, `arn:${PARTITION}:`);
}

function crossStackReference(node: Json): Json {
  // Their hash is over the whole name.
  const output = (name: string) => name.replace(/^(Exports|Publish)Output/, '').slice(0, -8);
  const { StackName, OutputName } = node['Fn::GetStackOutput'] ?? {};
  if (StackName) return { reference: `${StackName}:${output(OutputName)}` };
  if (typeof node['Fn::ImportValue'] === 'string') return { reference: node['Fn::ImportValue'].split(':').map((part: string, index: number) => index === 0 ? part : output(part)).join(':') };
  if (!node.Outputs) return node;
  return { ...node, Outputs: Object.fromEntries(Object.entries<Json>(node.Outputs).map(([id, { Value }]) => [output(id), Value])) };
}

/** Without the log groups of functions. */
function withoutLogGroups(template: Json): Json {
  const isOfFunction = ({ Type, Properties }: Json) => Type === 'AWS::Logs::LogGroup' && JSON.stringify(Properties.LogGroupName)?.includes('/aws/lambda/');
  return { ...template, Resources: Object.fromEntries(Object.entries<Json>(template.Resources).filter(([, resource]) => !isOfFunction(resource))) };
}

const customerKey = () => Encryption.customerManaged();
const env = { account: '111122223333', region: 'eu-west-1' };

/** Larger apps: customer keys, services, grants, several stacks, access logs. */
const APPS: Record<string, () => App> = {
  ...Object.fromEntries(Object.entries(DEFAULTS).map(([name, make]) => [name, () => build(make).app])),
  ...Object.fromEntries(EXAMPLES.map(name => [`the example ${name}`, () => buildExample(name)])),
  'a queue that every service sends to, and what is granted on it': () => build(stack => {
    const shared = new SharedDeadLetterQueue(stack, 'Failed', { encryption: Encryption.customerManaged() });
    const jobs = new WorkQueue(stack, 'Jobs', { encryption: Encryption.customerManaged(), deadLetters: DeadLetters.shared(shared) });
    jobs.allowService(ServiceSource.bucket(new s3.Bucket(stack, 'Bucket')));
    jobs.allowService(ServiceSource.rule(new events.Rule(stack, 'Rule', { eventPattern: { source: ['orders'] } })));
    jobs.allowService(ServiceSource.of({ service: 'pipes.amazonaws.com', sourceArn: `arn:aws:pipes:eu-west-1:${env.account}:pipe/orders` }));
    const orders = new FanOut(stack, 'Orders', { encryption: Encryption.customerManaged() });
    letIn(orders, ServiceSource.alarms()).addSubscription(new QueueSubscription(jobs));
    for (const [id, principal] of [['Own', new iam.AccountRootPrincipal()], ['Other', new iam.AccountPrincipal('444455556666')]] as const) {
      const grantee = id === 'Other' ? principal : new iam.Role(stack, id, { assumedBy: principal });
      const grants = [
        jobs.grantSendMessages(grantee), jobs.grantConsumeMessages(grantee),
        jobs.grantConsumeDeadLetters(grantee), shared.grantConsumeMessages(grantee),
      ];
      grants.forEach(grant => expect(grant.success).toBe(true));
    }
    jobs.grantRedrive(new iam.Role(stack, 'Redrive', { assumedBy: new iam.AccountRootPrincipal() }));
  }).app,
  'topics, keys and queues in stacks of their own': () => {
    const app = new App({ analyticsReporting: false });
    const [keys, topics, queues, workers] = ['Keys', 'Topics', 'Queues', 'Workers'].map(id => new Stack(app, id, { env }));
    const jobs = new WorkQueue(queues, 'Jobs', { encryption: Encryption.customerManaged(new kms.Key(keys, 'Key')) });
    new FanOut(topics, 'Orders').addSubscription(new QueueSubscription(jobs));
    new Ec2Workers(workers, 'Workers', {
      vpc: network(workers),
      queue: jobs,
      userData: workerScript(),
      scaling: QueueScaling.onBacklog({ backlogPerWorker: 10, min: 0, max: 4 }),
      notifications: [new sns.Topic(workers, 'Ops', { masterKey: new kms.Key(workers, 'Key') })],
    });
    return app;
  },
  'a queue with a key that is known by its alias': () => build(stack => {
    const key = kms.Alias.fromAliasName(stack, 'Key', 'alias/orders');
    new WorkQueue(stack, 'Jobs', { encryption: Encryption.customerManaged(key) }).grantSendMessages(new iam.Role(stack, 'Role', { assumedBy: new iam.AccountRootPrincipal() }));
  }).app,
  'a delivery with customer keys and access logs': () => build(stack => {
    const logs = new s3.Bucket(stack, 'Logs');
    const delivery = s3Stream(stack, 'Clicks', {
      source: KinesisSource.create({ encryption: customerKey() }),
      bucket: DeliveryBucket.create({ encryption: customerKey(), serverAccessLogs: ServerAccessLogs.to(logs) }),
      backup: SourceBackup.allRecords({ bucket: DeliveryBucket.create({ encryption: customerKey() }) }),
      logging: DeliveryLogging.create({ encryption: customerKey() }),
    });
    delivery.grantWrite(new iam.Role(stack, 'Website', { assumedBy: new iam.AccountRootPrincipal() }));
  }).app,
};

/** The templates of every app under some flags. */
function templates(flags: Record<string, unknown>): Record<string, Json> {
  const before = process.env.CDK_CONTEXT_JSON;
  process.env.CDK_CONTEXT_JSON = JSON.stringify({ ...flags, '@aws-cdk/core:annotationsInValidationReport': false });
  try {
    return Object.fromEntries(Object.entries(APPS).flatMap(([name, make]) => {
      const app = make();
      return app.synth().stacks.map(stack => [`${name}: ${stack.stackName}`, stack.template]);
    }));
  } finally {
    process.env.CDK_CONTEXT_JSON = before;
  }
}

const none = templates({});
const all = templates(RECOMMENDED);
const text = (template: Json) => JSON.stringify(template, undefined, 1);
const differing = (some: Record<string, Json>, normal: (template: Json) => Json = template => template) =>
  Object.keys(none).filter(name => text(normal(some[name])) !== text(normal(none[name])));

test('there are flags, and an app has them', () => {
  expect(Object.keys(RECOMMENDED).length).toBeGreaterThan(80);
  const context = JSON.parse(process.env.CDK_CONTEXT_JSON!);
  expect(Object.keys(context)).toEqual(expect.arrayContaining(Object.keys(RECOMMENDED)));
  expect(Object.keys(RECOMMENDED).filter(flag => JSON.stringify(context[flag]) !== JSON.stringify(RECOMMENDED[flag]))).toEqual(['@aws-cdk/core:annotationsInValidationReport']);
  const flag = '@aws-cdk/aws-iam:minimizePolicies';
  expect([new App(), new App({ context: { other: 1 } }), new Stack()].map(({ node }) => node.tryGetContext(flag))).toEqual([true, true, true]);
});

test('without the flags that are named, the others change no byte', () => {
  const unnamed = Object.entries(RECOMMENDED).filter(([flag]) => !NAMED[flag]);
  expect(unnamed).toHaveLength(Object.keys(RECOMMENDED).length - Object.keys(NAMED).length);
  expect(differing(templates(Object.fromEntries(unnamed)))).toEqual([]);
});

test.each(Object.entries(NAMED))('%s changes what is said of it, and nothing else', (flag, { without }) => {
  const some = templates({ [flag]: RECOMMENDED[flag] });
  expect(differing(some)).not.toEqual([]);
  for (const name of differing(some, without)) expect(text(without(some[name]))).toBe(text(without(none[name])));
});

test('all together are no more than each', () => {
  // Statements last: they are equal once what is in them is.
  const [statements, ...others] = Object.values(NAMED);
  const normal = (template: Json) => [...others, statements].reduce((changed, { without }) => without(changed), template);
  for (const name of differing(all, normal)) expect(text(normal(all[name]))).toBe(text(normal(none[name])));
});

describe('what is more than the same is seen', () => {
  const policy = (...Statement: Json[]) => ({ Resources: { It: { Properties: { PolicyDocument: { Statement } } } } });
  const allow = (Service: Json, Action: Json, Resource: Json) => ({ Effect: 'Allow', Principal: { Service }, Action, Resource });
  const { without } = NAMED['@aws-cdk/aws-iam:minimizePolicies'];
  test('a service that comes to another action', () => {
    const apart = policy(allow('a', 'x:Do', 'r'), allow('b', 'y:Do', 'r'));
    expect(without(policy(allow('b', ['y:Do'], 'r'), allow('a', 'x:Do', ['r'])))).toEqual(without(apart));
    expect(without(policy(allow(['a', 'b'], ['x:Do', 'y:Do'], 'r')))).not.toEqual(without(apart));
    expect(without(policy(allow('a', 'x:Do', 'r'), { ...allow('b', 'y:Do', 'r'), Condition: { Bool: { 'aws:SecureTransport': 'true' } } }))).not.toEqual(without(apart));
  });
  test('another partition beside the one of the Region, and another output', () => {
    const partition = NAMED['@aws-cdk/core:enablePartitionLiterals'].without;
    expect(partition({ a: 'arn:aws-cn:sqs:x' })).toEqual(partition({ a: { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':sqs:x']] } }));
    expect(partition({ a: 'arn:aws:sqs:x' })).not.toEqual(partition({ a: { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':sqs:y']] } }));
    const reference = NAMED['@aws-cdk/core:defaultCrossStackReferences'].without;
    expect(reference({ 'Fn::GetStackOutput': { StackName: 'A', OutputName: 'PublishOutputRefB01234567' } })).toEqual(reference({ 'Fn::ImportValue': 'A:ExportsOutputRefB89ABCDEF' }));
    expect(reference({ 'Fn::GetStackOutput': { StackName: 'A', OutputName: 'PublishOutputRefB01234567' } })).not.toEqual(reference({ 'Fn::ImportValue': 'A:ExportsOutputRefC89ABCDEF' }));
  });
});

afterAll(() => console.info(`upgrades: ${Object.keys(RECOMMENDED).length} flags over ${Object.keys(none).length} templates, ${Object.keys(NAMED).length} of them named`));
