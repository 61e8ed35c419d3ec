import { App, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as s3n from 'aws-cdk-lib/aws-s3-notifications';
import { ACCOUNT, ADMINISTRATOR, OTHER_ACCOUNT, PARTNER, REGION, Request, World, allowing, legsOf, reportAtEnd } from './harness';
import { Encryption, MessagingEndpoints, ServiceSource } from '../../src/access';
import { FanOut, QueueSubscription } from '../../src/fanout';
import { WorkQueue } from '../../src/queues';
import { ANONYMOUS, Decision } from '../support/simulator';

reportAtEnd('endpoints');

type Json = any;

const MESSAGES = ['sqs:ChangeMessageVisibility', 'sqs:DeleteMessage', 'sqs:ReceiveMessage', 'sqs:SendMessage'];
const MANAGEMENT = ['sqs:AddPermission', 'sqs:DeleteQueue', 'sqs:GetQueueAttributes', 'sqs:GetQueueUrl', 'sqs:PurgeQueue', 'sqs:SetQueueAttributes', 'sqs:StartMessageMoveTask', 'sqs:TagQueue'];
const TOPIC_MANAGEMENT = ['sns:AddPermission', 'sns:DeleteTopic', 'sns:GetTopicAttributes', 'sns:SetTopicAttributes', 'sns:Subscribe'];

/** An app with a restricted queue with everything that calls it, its dead-letter queue, and a restricted topic. */
class Subject {
  public readonly stack = new Stack(new App({ analyticsReporting: false }), 'Stack');
  public readonly vpc = new ec2.Vpc(this.stack, 'Vpc', { maxAzs: 1, natGateways: 0, restrictDefaultSecurityGroup: false });
  public readonly jobs = new WorkQueue(this.stack, 'Jobs');
  public readonly unrestricted = new WorkQueue(this.stack, 'Unrestricted');
  public readonly orders = new FanOut(this.stack, 'Orders', { encryption: Encryption.customerManaged() });
  public readonly uploads = new s3.Bucket(this.stack, 'Uploads');
  public readonly nightly = new events.Rule(this.stack, 'Nightly', { schedule: events.Schedule.expression('rate(1 day)') });
  public readonly poller = this.role('Poller');
  public readonly worker = this.role('Worker');
  public readonly stream = new kinesis.Stream(this.stack, 'Clicks');
  public readonly archive = firehose.DeliveryStream.fromDeliveryStreamArn(this.stack, 'Archive', `arn:aws:firehose:${REGION}:${ACCOUNT}:deliverystream/archive`);
  public readonly endpoints = new MessagingEndpoints(this.stack, 'Endpoints', {
    vpc: this.vpc, queues: [this.jobs, this.jobs.deadLetterQueue!], topics: [this.orders], streams: [this.stream], deliveryStreams: [this.archive],
  });

  constructor() {
    for (const queue of [this.jobs, this.jobs.deadLetterQueue!]) this.endpoints.restrictQueue(queue, { exceptRoles: [this.poller] });
    this.endpoints.restrictTopic(this.orders, { exceptRoles: [this.poller] });
    this.orders.addSubscription(new QueueSubscription(this.jobs));
    this.orders.allowService(ServiceSource.alarms());
    this.nightly.addTarget(new targets.SqsQueue(this.jobs, { deadLetterQueue: this.unrestricted }));
    this.uploads.addEventNotification(s3.EventType.OBJECT_CREATED, new s3n.SqsDestination(this.jobs));
    this.uploads.addEventNotification(s3.EventType.OBJECT_REMOVED, new s3n.SnsDestination(this.orders));
    for (const role of [this.poller, this.worker]) {
      this.jobs.grantSendMessages(role);
      this.jobs.grantConsumeMessages(role);
      this.orders.grantPublish(role);
    }
    this.jobs.grantRedrive(this.worker);
  }

  private role(id: string): iam.Role {
    return new iam.Role(this.stack, id, { assumedBy: new iam.AccountRootPrincipal() });
  }
}

let subject: Subject;
let world: World;
let arn: Record<'jobs' | 'deadLetters' | 'orders' | 'worker' | 'poller' | 'unrestricted', string>;
let endpointId: Record<'sqs' | 'sns' | 'kinesis' | 'firehose', string>;

beforeAll(async () => {
  subject = new Subject();
  const { stack, jobs, orders, worker, poller, unrestricted, endpoints } = subject;
  world = await World.of(stack);
  arn = {
    jobs: world.arn(jobs),
    deadLetters: world.arn(jobs.deadLetterQueue!),
    orders: world.arn(orders),
    worker: world.arn(worker),
    poller: world.arn(poller),
    unrestricted: world.arn(unrestricted),
  };
  const id = (endpoint?: ec2.InterfaceVpcEndpoint) => world.resolve(stack, endpoint!.vpcEndpointId);
  endpointId = {
    sqs: id(endpoints.queueEndpoint),
    sns: id(endpoints.topicEndpoint),
    kinesis: id(endpoints.streamEndpoint),
    firehose: id(endpoints.deliveryStreamEndpoint),
  };
});

/** How a request gets to the service. */
const VIA = {
  endpoint: (action: string) => ({ 'aws:SourceVpce': action.startsWith('sqs:') ? endpointId.sqs : endpointId.sns, 'aws:ViaAWSService': 'false' }),
  otherEndpoint: () => ({ 'aws:SourceVpce': 'vpce-0123456789abcdef0', 'aws:ViaAWSService': 'false' }),
  internet: () => ({ 'aws:ViaAWSService': 'false' }),
  service: () => ({ 'aws:ViaAWSService': 'true' }),
};

interface Case {
  readonly name: string;
  readonly requests: () => Request[];
  readonly decision: Decision;
}

const byRole = (principal: keyof typeof arn, actions: string[], resource: keyof typeof arn, via: keyof typeof VIA, identityPolicies?: Json[]) => () =>
  actions.map((action): Request => ({ principal: arn[principal], action, resource: arn[resource], context: VIA[via](action), identityPolicies }));
const administrator = (actions: string[], resource: keyof typeof arn) => byRole('worker', actions, resource, 'internet', [ADMINISTRATOR]);
const delivery = (service: string, source: () => string, to: keyof typeof arn) => () =>
  legsOf(world, { service, source: source(), sourceAccount: ACCOUNT, to: arn[to] }).filter(({ action }) => !action.startsWith('kms:'));
const serviceLinked = (actions: string[], resource: keyof typeof arn) => () => actions.map((action): Request => ({
  principal: `arn:aws:iam::${ACCOUNT}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling`,
  action,
  resource: arn[resource],
  context: VIA.internet(),
  identityPolicies: [ADMINISTRATOR],
}));

const QUEUE_CASES: Case[] = [
  { name: 'a role in the VPC, through the endpoint', requests: byRole('worker', MESSAGES, 'jobs', 'endpoint'), decision: 'Allowed' },
  { name: 'the same role from elsewhere', requests: byRole('worker', MESSAGES, 'jobs', 'internet'), decision: 'ExplicitlyDenied' },
  { name: 'the same role through another endpoint', requests: byRole('worker', MESSAGES, 'jobs', 'otherEndpoint'), decision: 'ExplicitlyDenied' },
  { name: 'an administrator of the account from elsewhere', requests: administrator(MESSAGES, 'jobs'), decision: 'ExplicitlyDenied' },
  { name: 'the owner who manages the queue, from everywhere', requests: administrator(MANAGEMENT, 'jobs'), decision: 'Allowed' },
  { name: 'CloudFormation in the name of the owner', requests: byRole('worker', MANAGEMENT, 'jobs', 'service', [ADMINISTRATOR]), decision: 'Allowed' },
  { name: 'an operator who starts a redrive task, from everywhere', requests: byRole('worker', ['sqs:StartMessageMoveTask'], 'deadLetters', 'internet'), decision: 'Allowed' },
  { name: 'SQS, which sends in a redrive task in the name of the operator', requests: byRole('worker', ['sqs:SendMessage'], 'jobs', 'service'), decision: 'Allowed' },
  { name: 'a delivery of SNS', requests: delivery('sns.amazonaws.com', () => arn.orders, 'jobs'), decision: 'Allowed' },
  { name: 'a delivery of S3', requests: delivery('s3.amazonaws.com', () => world.arn(subject.uploads), 'jobs'), decision: 'Allowed' },
  { name: 'a delivery of EventBridge', requests: delivery('events.amazonaws.com', () => world.arn(subject.nightly), 'jobs'), decision: 'Allowed' },
  { name: 'Lambda, which polls with a role that is not excepted', requests: byRole('worker', ['sqs:ReceiveMessage', 'sqs:DeleteMessage'], 'jobs', 'internet'), decision: 'ExplicitlyDenied' },
  { name: 'Lambda, which polls with the role that is excepted', requests: byRole('poller', MESSAGES, 'jobs', 'internet'), decision: 'Allowed' },
  { name: 'a service with its service-linked role', requests: serviceLinked(['sqs:SendMessage'], 'jobs'), decision: 'Allowed' },
];
const DEAD_LETTER_CASES: Case[] = [
  { name: 'SQS, which receives and deletes in a redrive task', requests: byRole('worker', ['sqs:ReceiveMessage', 'sqs:DeleteMessage'], 'deadLetters', 'service'), decision: 'Allowed' },
  { name: 'the operator who receives dead letters from elsewhere', requests: byRole('worker', ['sqs:ReceiveMessage', 'sqs:DeleteMessage'], 'deadLetters', 'internet'), decision: 'ExplicitlyDenied' },
];
const TOPIC_CASES: Case[] = [
  { name: 'a role in the VPC, through the endpoint', requests: byRole('worker', ['sns:Publish'], 'orders', 'endpoint'), decision: 'Allowed' },
  { name: 'the same role from elsewhere', requests: byRole('worker', ['sns:Publish'], 'orders', 'internet'), decision: 'ExplicitlyDenied' },
  { name: 'the same role through another endpoint', requests: byRole('worker', ['sns:Publish'], 'orders', 'otherEndpoint'), decision: 'ExplicitlyDenied' },
  { name: 'the owner who manages the topic, from everywhere', requests: administrator(TOPIC_MANAGEMENT, 'orders'), decision: 'Allowed' },
  { name: 'a call of a service in the name of a role', requests: byRole('worker', ['sns:Publish'], 'orders', 'service'), decision: 'Allowed' },
  { name: 'a delivery of S3', requests: delivery('s3.amazonaws.com', () => world.arn(subject.uploads), 'orders'), decision: 'Allowed' },
  { name: 'a delivery of CloudWatch', requests: delivery('cloudwatch.amazonaws.com', () => `arn:aws:cloudwatch:${REGION}:${ACCOUNT}:alarm:Failed`, 'orders'), decision: 'Allowed' },
  { name: 'a service with a role that is excepted', requests: byRole('poller', ['sns:Publish'], 'orders', 'internet'), decision: 'Allowed' },
  { name: 'a service with its service-linked role', requests: serviceLinked(['sns:Publish'], 'orders'), decision: 'Allowed' },
];

const restrictionOf = (resource: string) => world.resourcePolicy(resource).Statement.find(({ Sid }: Json) => Sid === 'MessagesThroughEndpoints');

/** The decisions on the requests of a case, with the statement of the restriction changed, or taken out. */
async function decisionsOn({ requests }: Case, change: (statement: Json) => Json[] = statement => [statement]): Promise<Decision[]> {
  return Promise.all(requests().map(request => {
    const policies = world.policiesFor(request);
    const Statement = policies.resourcePolicy.Statement.flatMap((statement: Json) => statement.Sid === 'MessagesThroughEndpoints' ? change(statement) : [statement]);
    return world.decide(request, { ...policies, resourcePolicy: { ...policies.resourcePolicy, Statement } });
  }));
}

describe.each([
  ['a restricted queue', QUEUE_CASES], ['its restricted dead-letter queue', DEAD_LETTER_CASES], ['a restricted topic', TOPIC_CASES],
])('%s', (_, cases) => {
  test.each(cases.map(one => [one.name, one.decision, one] as const))('%s: %s', async (__, ___, one) => {
    const decisions = await decisionsOn(one);
    expect(decisions).toEqual(decisions.map(() => one.decision));
    expect(decisions.length).toBeGreaterThan(0);
  });
});

/** Without one of its parts, the statement denies too much or too little: the cases that show it. */
const TWINS: [string, (statement: Json) => Json[], string[]][] = [
  ['no statement', () => [], ['the same role from elsewhere', 'the same role through another endpoint']],
  ['no condition on the endpoint', without('StringNotEquals'), ['a role in the VPC, through the endpoint']],
  ['another endpoint', statement => [{ ...statement, Condition: { ...statement.Condition, StringNotEquals: { 'aws:SourceVpce': ['vpce-0123456789abcdef0'] } } }],
    ['a role in the VPC, through the endpoint', 'the same role through another endpoint']],
  ['an endpoint that only has to be named', statement => [{ ...statement, Condition: { ...without('StringNotEquals')(statement)[0].Condition, Null: { 'aws:SourceVpce': 'true' } } }],
    ['the same role through another endpoint']],
  ['no exception for AWS services', without('BoolIfExists', 'aws:PrincipalIsAWSService'), ['a delivery of S3']],
  ['no exception for calls in the name of a caller', without('BoolIfExists', 'aws:ViaAWSService'), ['SQS, which sends in a redrive task in the name of the operator', 'a call of a service in the name of a role']],
  ['no exception for roles', without('ArnNotLike'), ['Lambda, which polls with the role that is excepted', 'a service with a role that is excepted', 'a service with its service-linked role']],
  ['an exception for every role', statement => [{ ...statement, Condition: { ...statement.Condition, ArnNotLike: { 'aws:PrincipalArn': `arn:aws:iam::${ACCOUNT}:role/*` } } }], ['the same role from elsewhere']],
  ['an exception for service-linked roles of another account', statement => [{ ...statement, Condition: { ...statement.Condition, ArnNotLike: { 'aws:PrincipalArn': `arn:aws:iam::${OTHER_ACCOUNT}:role/aws-service-role/*` } } }],
    ['a service with its service-linked role']],
  ['all actions', statement => [{ ...statement, Action: `${[statement.Action].flat()[0].split(':')[0]}:*` }], ['the owner who manages the queue, from everywhere', 'the owner who manages the topic, from everywhere']],
  ['another resource', statement => [{ ...statement, Resource: `${statement.Resource}-Other` }], ['the same role from elsewhere']],
  ['the principals of another account', statement => [{ ...statement, Principal: { AWS: `arn:aws:iam::${OTHER_ACCOUNT}:root` } }], ['the same role from elsewhere']],
];

function without(operator: string, key?: string) {
  return (statement: Json): Json[] => {
    const { [operator]: keys, ...others } = statement.Condition;
    const rest = Object.fromEntries(Object.entries(keys).filter(([name]) => key !== undefined && name !== key));
    return [{ ...statement, Condition: Object.keys(rest).length > 0 ? { ...others, [operator]: rest } : others }];
  };
}

describe.each([['queue', QUEUE_CASES], ['topic', TOPIC_CASES]])('a mutated twin of the statement of a %s is found', (_, cases) => {
  test.each(TWINS)('%s', async (__, change, names) => {
    const shown = cases.filter(one => names.includes(one.name));
    expect(shown.length).toBeGreaterThan(0);
    for (const one of shown) {
      const decisions = await decisionsOn(one, change);
      expect([one.name, decisions.filter(decision => decision === one.decision)]).toEqual([one.name, []]);
    }
  });
});

test.each(MESSAGES)('a statement without %s is found', async action => {
  const one: Case = { name: '', decision: 'ExplicitlyDenied', requests: byRole('worker', [action], 'jobs', 'internet') };
  expect(await decisionsOn(one, statement => [{ ...statement, Action: statement.Action.filter((other: string) => other !== action) }])).toEqual(['Allowed']);
});

test('each statement is on its own queue or topic, and names its own endpoint', () => {
  for (const [resource, endpoint, actions] of [[arn.jobs, endpointId.sqs, MESSAGES], [arn.deadLetters, endpointId.sqs, MESSAGES], [arn.orders, endpointId.sns, ['sns:Publish']]] as const) {
    const { Resource, Condition, Action } = restrictionOf(resource);
    expect([Resource, Condition.StringNotEquals, [Action].flat().sort()]).toEqual([resource, { 'aws:SourceVpce': [endpoint] }, actions]);
  }
  expect(restrictionOf(arn.unrestricted)).toBeUndefined();
});

test('nobody outside gets more by the restriction: not the anonymous, nor an administrator of another account', async () => {
  for (const action of MESSAGES) {
    const request = { action, resource: arn.jobs, context: VIA.endpoint(action) };
    expect(await world.may({ ...request, principal: ANONYMOUS })).not.toBe('Allowed');
    expect(await world.may({ ...request, principal: `arn:aws:iam::${OTHER_ACCOUNT}:role/Administrator`, identityPolicies: [ADMINISTRATOR] })).not.toBe('Allowed');
  }
});

describe('the policy of an endpoint', () => {
  const consumer = () => `${world.arn(subject.stream)}/consumer/reader:1700000000`;
  const SERVED: [string, () => [string, string, string][]][] = [
    ['SQS', () => [...MESSAGES, ...MANAGEMENT].map(action => [endpointId.sqs, action, arn.jobs])],
    ['SNS', () => ['sns:Publish', ...TOPIC_MANAGEMENT].map(action => [endpointId.sns, action, arn.orders])],
    ['Kinesis Data Streams', () => ['kinesis:PutRecord', 'kinesis:GetRecords', 'kinesis:DescribeStreamSummary'].map(action => [endpointId.kinesis, action, world.arn(subject.stream)])],
    ['a consumer of Kinesis Data Streams', () => [[endpointId.kinesis, 'kinesis:SubscribeToShard', consumer()]]],
    ['Firehose', () => ['firehose:PutRecord', 'firehose:PutRecordBatch'].map(action => [endpointId.firehose, action, `arn:aws:firehose:${REGION}:${ACCOUNT}:deliverystream/archive`])],
  ];
  /** What an administrator may do through the endpoint. */
  const decide = (endpoint: string, action: string, resource: string, { principal = `arn:aws:iam::${ACCOUNT}:role/Administrator`, policy = world.resourcePolicy(endpoint) } = {}) =>
    world.decide({ principal, action, resource, context: { 'aws:SourceVpce': endpoint, 'aws:ViaAWSService': 'false' } }, {
      account: ACCOUNT,
      // Whatever is not decided by the endpoint is allowed.
      resourcePolicy: resource === '*' ? undefined : { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: '*', Action: action, Resource: resource }] },
      identityPolicies: [ADMINISTRATOR],
      endpointPolicy: policy,
    });
  const mutated = (endpoint: string, change: object) => {
    const policy = world.resourcePolicy(endpoint);
    return { ...policy, Statement: [policy.Statement].flat().map((statement: Json) => ({ ...statement, ...change })) };
  };
  const elsewhere = (resource: string) => resource.replace(/(:|\/)(?=[^:/]+$)/, '$1other-');
  const stranger = `arn:aws:iam::${PARTNER}:role/Administrator`;

  test.each(SERVED)('of %s lets the account use what was given, and nothing else', async (_, requests) => {
    for (const [endpoint, action, resource] of requests()) {
      const what = [action, resource];
      expect([...what, await decide(endpoint, action, resource)]).toEqual([...what, 'Allowed']);
      // Another resource, and a principal of another account, each with a twin that lets it through.
      const other = resource.includes('/consumer/') ? resource.replace('stream/', 'stream/other-') : elsewhere(resource);
      expect([...what, await decide(endpoint, action, other)]).toEqual([...what, 'ImplicitlyDenied']);
      expect([...what, await decide(endpoint, action, other, { policy: mutated(endpoint, { Resource: '*' }) })]).toEqual([...what, 'Allowed']);
      expect([...what, await decide(endpoint, action, resource, { principal: stranger })]).toEqual([...what, 'ImplicitlyDenied']);
      expect([...what, await decide(endpoint, action, resource, { principal: stranger, policy: mutated(endpoint, { Condition: {} }) })]).toEqual([...what, 'Allowed']);
      expect([...what, await decide(endpoint, action, resource, { policy: mutated(endpoint, { Action: 's3:*' }) })]).toEqual([...what, 'ImplicitlyDenied']);
    }
  });

  test.each([['sqs', 'sqs:ListQueues'], ['sns', 'sns:ListTopics'], ['kinesis', 'kinesis:ListStreams'], ['firehose', 'firehose:ListDeliveryStreams']] as const)(
    'of %s denies an action without a resource: %s', async (service, action) => {
      expect(await decide(endpointId[service], action, '*')).toBe('ImplicitlyDenied');
      expect(await decide(endpointId[service], action, '*', { policy: allowingEveryone(action) })).toBe('Allowed');
    });

  const allowingEveryone = (action: string) => ({ Version: '2012-10-17', Statement: allowing([action], '*').Statement.map((statement: Json) => ({ ...statement, Principal: '*' })) });
});
