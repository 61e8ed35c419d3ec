import { Duration, RemovalPolicy, Size, Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { SqsDestination } from 'aws-cdk-lib/aws-s3-notifications';
import * as sns from 'aws-cdk-lib/aws-sns';
import { SqsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Dependable } from 'constructs';
import { Encryption } from '../../src/access';
import { DeadLetters, Ordering, SharedDeadLetterQueue, WorkQueue, WorkQueueProps } from '../../src/queues';
import { expectBothConditions, newStack, statementsFor } from '../support/completed';
import { problemsOf, refusedProps } from '../support/problems';
import { propertiesOf, synth, synthApp } from '../support/template';

let stack: Stack;
beforeEach(() => {
  stack = newStack();
});

const customer = { encryption: Encryption.customerManaged() };
const make = (props?: WorkQueueProps, id = 'Jobs') => new WorkQueue(stack, id, props);
const bucketFor = (queue: sqs.IQueue, id = 'Bucket') => {
  const bucket = new s3.Bucket(stack, id);
  bucket.addEventNotification(s3.EventType.OBJECT_CREATED, new SqsDestination(queue));
  return bucket;
};
const ruleFor = (queue: sqs.IQueue, props?: targets.SqsQueueProps) =>
  new events.Rule(stack, 'Rule', { schedule: events.Schedule.expression('rate(1 day)'), targets: [new targets.SqsQueue(queue, props)] });
const topicFor = (queue: sqs.IQueue) => {
  const topic = new sns.Topic(stack, 'Topic');
  topic.addSubscription(new SqsSubscription(queue));
  return topic;
};
const functionIn = (props?: Partial<lambda.FunctionProps>) => new lambda.Function(stack, 'Handler', {
  runtime: lambda.Runtime.NODEJS_22_X, handler: 'index.handler', code: lambda.Code.fromInline('exports.handler = () => {}'), ...props,
});

/** Both policies let a service in, each with both conditions, and the key for exact actions. */
function expectComplete(service: string): void {
  expectBothConditions(statementsFor(stack, 'AWS::SQS::QueuePolicy', service));
  const [statement, ...others] = statementsFor(stack, 'AWS::KMS::Key', service);
  expectBothConditions([statement]);
  expect(statement.Action).toEqual(['kms:Decrypt', 'kms:GenerateDataKey']);
  expect(others).toEqual([]);
}

describe.each<[string, () => sqs.IQueue]>([
  ['a work queue', () => make(customer)],
  ['the dead-letter queue of a work queue', () => make(customer).deadLetterQueue!],
  ['a shared dead-letter queue', () => new SharedDeadLetterQueue(stack, 'Shared', customer)],
])('%s in place of a queue', (_, queue) => {
  test('s3n.SqsDestination completes both policies', () => {
    bucketFor(queue());
    expectComplete('s3.amazonaws.com');
  });

  test('targets.SqsQueue completes both policies', () => {
    ruleFor(queue());
    expectComplete('events.amazonaws.com');
  });

  test('targets.SqsQueue completes both policies of its dead-letter queue', () => {
    ruleFor(new sqs.Queue(stack, 'Plain'), { deadLetterQueue: queue() });
    expectBothConditions(statementsFor(stack, 'AWS::SQS::QueuePolicy', 'events.amazonaws.com').slice(1));
    expectBothConditions(statementsFor(stack, 'AWS::KMS::Key', 'events.amazonaws.com'));
  });

  test('SqsSubscription completes both policies', () => {
    topicFor(queue());
    expectComplete('sns.amazonaws.com');
  });

  test('SqsEventSource reads from it', () => {
    const given = queue();
    const handler = functionIn();
    handler.addEventSource(new SqsEventSource(given));
    const [mapping] = Object.values<any>(synth(stack).Resources).filter(({ Type }) => Type === 'AWS::Lambda::EventSourceMapping');
    expect(mapping.Properties.EventSourceArn).toEqual(stack.resolve(given.queueArn));
    expect(given.queueArn).not.toBeUndefined();
  });

  test('it takes the dead letters of a function', () => {
    const given = queue();
    const handler = functionIn({ deadLetterQueue: given });
    given.grantSendMessages(handler);
    expect(propertiesOf(handler).DeadLetterConfig).toEqual({ TargetArn: stack.resolve(given.queueArn) });
  });

  test.each<[string, (queue: sqs.IQueue, role: iam.IRole) => void]>([
    ['its method', (given, role) => given.grantSendMessages(role)],
    ['its facade', (given, role) => (given as sqs.QueueBase).grants.sendMessages(role)],
    ['another facade', (given, role) => sqs.QueueGrants.fromQueue(given).sendMessages(role)],
  ])('%s grants exact actions', (__, grant) => {
    const given = queue();
    const role = new iam.Role(stack, 'Role', { assumedBy: new iam.AccountRootPrincipal() });
    grant(given, role);
    const statements: { Action: string[] }[] = propertiesOf(role.node.findChild('DefaultPolicy')).PolicyDocument.Statement;
    expect(statements.flatMap(({ Action }) => Action).sort()).toEqual([
      'kms:Decrypt', 'kms:GenerateDataKey', 'sqs:GetQueueAttributes', 'sqs:GetQueueUrl', 'sqs:SendMessage',
    ]);
  });
});

describe('a statement without a customer key', () => {
  test('names the one rule', () => {
    const rule = ruleFor(make());
    expect(statementsFor(stack, 'AWS::SQS::QueuePolicy', 'events.amazonaws.com').map(({ Condition }) => Condition.ArnLike)).toEqual([
      { 'aws:SourceArn': stack.resolve(rule.ruleArn) },
    ]);
  });

  test('shares that of its service', () => {
    const jobs = make();
    const buckets = ['One', 'Two'].map(id => bucketFor(jobs, id));
    expect(statementsFor(stack, 'AWS::SQS::QueuePolicy', 's3.amazonaws.com').map(({ Condition }) => Condition.ArnLike['aws:SourceArn'])).toEqual([
      buckets.map(({ bucketArn }) => stack.resolve(bucketArn)),
    ]);
  });

  test('has the account that an imported bucket was given', () => {
    const bucket = s3.Bucket.fromBucketAttributes(stack, 'Bucket', { bucketName: 'uploads', account: '222222222222' });
    bucket.addEventNotification(s3.EventType.OBJECT_CREATED, new SqsDestination(make()));
    expect(statementsFor(stack, 'AWS::SQS::QueuePolicy', 's3.amazonaws.com').map(({ Condition }) => Condition.StringEquals)).toEqual([
      { 'aws:SourceAccount': '222222222222' },
    ]);
  });

  test('of another form stays as it is', () => {
    const conditions = { StringEquals: { 'aws:SourceOrgID': 'o-1234567890' } };
    make(customer).addToResourcePolicy(new iam.PolicyStatement({
      actions: ['sqs:SendMessage'], principals: [new iam.ServicePrincipal('sns.amazonaws.com')], resources: ['*'], conditions,
    }));
    for (const type of ['AWS::SQS::QueuePolicy', 'AWS::KMS::Key'] as const) {
      expect(statementsFor(stack, type, 'sns.amazonaws.com').map(({ Condition }) => Condition)).toEqual([conditions]);
    }
  });
});

describe('a statement that someone writes', () => {
  const PROFILES = new iam.ServicePrincipal('profile.amazonaws.com');
  const DOMAIN = 'arn:aws:profile:eu-west-1:222222222222:domains/customers';
  const write = (actions: string[], conditions: iam.Conditions) => make(customer).addToResourcePolicy(new iam.PolicyStatement({
    actions, principals: [PROFILES], resources: ['*'], conditions,
  }));
  const written = (type: 'AWS::SQS::QueuePolicy' | 'AWS::KMS::Key') => statementsFor(stack, type, 'profile.amazonaws.com');

  test.each([
    ['every action', ['sqs:*']],
    ['sending among others', ['sqs:SendMessage', 'sqs:ReceiveMessage']],
    ['sending by a wildcard', ['SQS:Send*']],
  ])('for %s keeps its actions, and gets the account, as its key does', (_, actions) => {
    write(actions, { ArnLike: { 'aws:SourceArn': DOMAIN } });
    const complete = { ArnLike: { 'aws:SourceArn': DOMAIN }, StringEquals: { 'aws:SourceAccount': '222222222222' } };
    expect(written('AWS::SQS::QueuePolicy')).toMatchObject([{ Action: actions.length === 1 ? actions[0] : actions, Condition: complete }]);
    expect(written('AWS::KMS::Key')).toMatchObject([{ Action: ['kms:Decrypt', 'kms:GenerateDataKey'], Condition: complete }]);
  });

  test('for several sources gets the account of each, and keeps its own account', () => {
    const other = DOMAIN.replace('222222222222', '333333333333');
    write(['sqs:*'], { StringEquals: { 'aws:SourceArn': [DOMAIN, other] } });
    make({}, 'Own').addToResourcePolicy(new iam.PolicyStatement({
      actions: ['sqs:*'], principals: [PROFILES], resources: ['*'], conditions: { StringEquals: { 'aws:sourceaccount': '222222222222', 'aws:SourceArn': DOMAIN } },
    }));
    expect(written('AWS::SQS::QueuePolicy').map(({ Condition }) => Condition)).toEqual([
      { StringEquals: { 'aws:SourceArn': [DOMAIN, other], 'aws:SourceAccount': ['222222222222', '333333333333'] } },
      { StringEquals: { 'aws:sourceaccount': '222222222222', 'aws:SourceArn': DOMAIN } },
    ]);
  });

  test.each([[['sqs:SendMessage']], [['sqs:*']]])('for an account gets no ARN, which not every service sends: %s', actions => {
    const conditions = { StringEquals: { 'aws:SourceAccount': '222222222222' } };
    write(actions, conditions);
    expect(written('AWS::SQS::QueuePolicy').map(({ Condition }) => Condition)).toEqual([conditions]);
    expect(written('AWS::KMS::Key').map(({ Condition }) => Condition)).toEqual([conditions]);
  });

  test('for what does not send stays as it is, without the key', () => {
    const conditions = { ArnLike: { 'aws:SourceArn': DOMAIN } };
    write(['sqs:GetQueueAttributes'], conditions);
    expect(written('AWS::SQS::QueuePolicy').map(({ Condition }) => Condition)).toEqual([conditions]);
    expect(written('AWS::KMS::Key')).toEqual([]);
  });

  test('for everyone with a condition that says who is added', () => {
    const conditions = { StringEquals: { 'aws:PrincipalOrgID': 'o-1234567890' } };
    const statement = new iam.PolicyStatement({ actions: ['sqs:SendMessage'], principals: [new iam.AnyPrincipal()], resources: ['*'], conditions });
    expect(make().addToResourcePolicy(statement).statementAdded).toBe(true);
  });
});

describe('what arrives is refused', () => {
  const send = (service: string, conditions?: iam.Conditions) => new iam.PolicyStatement({
    actions: ['sqs:SendMessage'], principals: [new iam.ServicePrincipal(service)], resources: ['*'], conditions,
  });

  test.each<[string, WorkQueueProps | undefined, iam.PolicyStatement]>([
    ['a service without a condition', customer, send('sns.amazonaws.com')],
    ['a rule without a condition, where the CDK writes one', undefined, send('events.amazonaws.com')],
    ['a service with a condition that does not say who', undefined, send('sns.amazonaws.com', { Bool: { 'aws:SecureTransport': 'true' } })],
    ['a service that notifies topics only', undefined, send('backup.amazonaws.com', { ArnLike: { 'aws:SourceArn': 'arn:aws:backup:eu-west-1:111111111111:backup-vault:*' } })],
    ['a service that sends with a role', undefined, send('iot.amazonaws.com', { ArnLike: { 'aws:SourceArn': 'arn:aws:iot:eu-west-1:111111111111:rule/*' } })],
    ['alarms', undefined, send('cloudwatch.amazonaws.com', { ArnLike: { 'aws:SourceArn': 'arn:aws:cloudwatch:eu-west-1:111111111111:alarm:*' } })],
    ['every action for a rule without a condition', customer, new iam.PolicyStatement({ actions: ['sqs:*'], principals: [new iam.ServicePrincipal('events.amazonaws.com')], resources: ['*'] })],
    ['services and an account', customer, new iam.PolicyStatement({
      actions: ['sqs:SendMessage'],
      principals: [new iam.ServicePrincipal('sns.amazonaws.com'), new iam.ServicePrincipal('s3.amazonaws.com'), new iam.AccountPrincipal('222222222222')],
      resources: ['*'],
      conditions: { StringEquals: { 'aws:SourceAccount': '111111111111' }, ArnLike: { 'aws:SourceArn': 'arn:aws:sns:eu-west-1:111111111111:orders' } },
    })],
    ['everyone', undefined, new iam.PolicyStatement({ actions: ['sqs:SendMessage'], principals: [new iam.AnyPrincipal()], resources: ['*'] })],
    ['everyone among others', undefined, new iam.PolicyStatement({ actions: ['sqs:SendMessage'], principals: [new iam.AccountPrincipal('222222222222'), new iam.AnyPrincipal()], resources: ['*'] })],
    ['everyone but one account', undefined, new iam.PolicyStatement({ actions: ['sqs:SendMessage'], notPrincipals: [new iam.AccountPrincipal('222222222222')], resources: ['*'] })],
    ['an account with a wildcard', undefined, new iam.PolicyStatement({ actions: ['sqs:SendMessage'], principals: [new iam.AccountPrincipal('*')], resources: ['*'] })],
    ['everyone with TLS', undefined, new iam.PolicyStatement({ actions: ['sqs:*'], principals: [new iam.AnyPrincipal()], resources: ['*'], conditions: { Bool: { 'aws:SecureTransport': 'true' } } })],
  ])('%s', (_, props, statement) => {
    const jobs = make(props);
    expect(refusedProps(() => jobs.addToResourcePolicy(statement))).toEqual(['addToResourcePolicy(statement)']);
    expect(stack.node.tryFindChild('Jobs')).toBe(jobs);
  });

  test.each<[string, WorkQueueProps]>([
    ['a bucket on a FIFO queue', { ordering: Ordering.fifo() }],
    ['a bucket on a queue whose messages may not reach 64 KiB', { maxMessageSize: Size.bytes(65_535) }],
  ])('%s', (_, props) => {
    expect(refusedProps(() => bucketFor(make(props)))).toEqual(['addToResourcePolicy(statement)']);
  });

  test('a bucket on a queue for messages of 64 KiB is not', () => {
    bucketFor(make({ maxMessageSize: Size.bytes(65_536) }));
    expectBothConditions(statementsFor(stack, 'AWS::SQS::QueuePolicy', 's3.amazonaws.com'));
  });

  test('a standard topic on a FIFO queue', () => {
    expect(problemsOf(() => topicFor(make({ ordering: Ordering.fifo() })))).toMatchObject([{ prop: 'addToResourcePolicy(statement)', got: 'a standard topic' }]);
  });
});

describe('a topic and a queue on one key', () => {
  test('form no cycle', () => {
    const key = new kms.Key(stack, 'Key');
    const topic = new sns.Topic(stack, 'Topic', { masterKey: key });
    topic.addSubscription(new SqsSubscription(make({ encryption: Encryption.customerManaged(key) })));
    expect(() => synthApp(stack)).not.toThrow();
    expect(JSON.stringify(propertiesOf(key).KeyPolicy)).not.toContain(stack.getLogicalId(topic.node.defaultChild as sns.CfnTopic));
  });
});

describe('the construct and the queue within it', () => {
  test('are one resource: its default child is the L1, to which a removal policy applies', () => {
    const jobs = make();
    const resource = jobs.node.defaultChild as sqs.CfnQueue;
    jobs.applyRemovalPolicy(RemovalPolicy.RETAIN);
    expect(resource).toBe(jobs.node.findChild('Queue').node.defaultChild);
    expect(synth(stack).Resources[stack.getLogicalId(resource)].DeletionPolicy).toBe('Retain');
  });

  test('have one policy', () => {
    bucketFor(make({ deadLetters: DeadLetters.none('Not here.') }));
    expect(Object.values<any>(synth(stack).Resources).filter(({ Type, Properties }) => Type === 'AWS::SQS::QueuePolicy' && Properties.Queues.length > 0)).toHaveLength(1);
  });

  test('to depend on it is to depend on the queue and its policy', () => {
    const jobs = make();
    topicFor(jobs);
    expect(Dependable.of(jobs).dependencyRoots).toEqual([jobs.node.findChild('Queue')]);
  });

  test('are in the environment of the stack, under the name that was given', () => {
    const other = new Stack(stack.node.root, 'Other', { env: { account: '222222222222', region: 'eu-west-1' } });
    const jobs = make({ queueName: 'jobs' });
    expect(jobs.env).toMatchObject({ account: '111111111111', region: 'eu-west-1' });
    expect(other.resolve(jobs.queueArn)).toEqual({ 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':sqs:eu-west-1:111111111111:jobs']] });
  });

  test('a work queue is the dead-letter queue of another', () => {
    const failed = make({ retention: Duration.days(14), deadLetters: DeadLetters.none('Looked at by hand.') }, 'Failed');
    expect(make({ deadLetters: DeadLetters.existing(failed) }).deadLetterQueue).toBe(failed);
  });

  test('a dead-letter queue that admits its owner alone is refused, within its construct or without', () => {
    const shared = new SharedDeadLetterQueue(stack, 'Shared');
    for (const queue of [shared, shared.node.findChild('Queue') as sqs.Queue]) {
      expect(refusedProps(() => make({ deadLetters: DeadLetters.existing(queue) }, 'Refused'))).toEqual(['deadLetters']);
    }
  });
});
