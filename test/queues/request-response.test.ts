import { App, Aws, CfnParameter, Duration, Fn, IPropertyInjector, Stack, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Encryption } from '../../src/access';
import { DeadLetters, Ordering, ReplyQueues, RequestResponse, RequestResponseProps, TemporaryReplyQueuesOptions } from '../../src/queues';
import { SWEEPER_CODE } from '../../src/queues/private/sweeper-code';
import { problemsOf, readError, refusedProps } from '../support/problems';
import { resourcesOf, statementsOf } from '../support/resources';
import { errorOf, newStack, propertiesOf, synth, synthApp, warningsOf } from '../support/template';

type Json = any;

const CONSUME = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility', 'sqs:GetQueueAttributes', 'sqs:GetQueueUrl'];
const SEND = ['sqs:SendMessage', 'sqs:GetQueueAttributes', 'sqs:GetQueueUrl'];
const REPLY = ['sqs:SendMessage', 'sqs:GetQueueUrl'];
const HERE = { account: '111122223333', region: 'eu-west-1' };

let stack: Stack;
beforeEach(() => {
  stack = newStack();
});

const prices = (props?: RequestResponseProps) => new RequestResponse(stack, 'Prices', props);
const temporary = (options?: TemporaryReplyQueuesOptions) => prices({ replies: ReplyQueues.temporary(options) });
const role = (id: string, scope = stack) => new iam.Role(scope, id, { assumedBy: new iam.AccountRootPrincipal() });
const ofRole = (id: string, from: Json = synth(stack)) => statementsOf({
  Resources: Object.fromEntries(Object.entries<Json>(from.Resources).filter(([key]) => key.startsWith(id))),
}, 'AWS::IAM::Policy');
const actionsOf = (id: string) => ofRole(id).map(({ Action }) => Action);

describe('durable reply queues', () => {
  test('are the default: a request queue with dead letters, and a reply queue for each requester', () => {
    const subject = prices();
    const shop = subject.addRequester('Shop');
    subject.addRequester('Partner');
    expect(resourcesOf(stack, 'AWS::SQS::Queue')).toHaveLength(4);
    expect(resourcesOf(stack).map(({ Type }) => Type)).not.toContain('AWS::Lambda::Function');
    expect(propertiesOf(subject.requests)).toMatchObject({ RedrivePolicy: { maxReceiveCount: 5 }, SqsManagedSseEnabled: true });
    expect(propertiesOf(shop)).toEqual({
      MessageRetentionPeriod: 900,
      QueueName: expect.anything(),
      ReceiveMessageWaitTimeSeconds: 20,
      SqsManagedSseEnabled: true,
      VisibilityTimeout: 30,
    });
    expect(subject).toMatchObject({ sweeper: undefined, sweeperLogGroup: undefined, sweeperSchedule: undefined, replyQueueNamePrefix: undefined });
    expect(warningsOf(stack)).toEqual([]);
  });

  test('require TLS, and are deleted with the stack', () => {
    const shop = prices().addRequester('Shop');
    const queues = JSON.stringify([stack.resolve(shop.queueUrl)]);
    const policies = resourcesOf(stack, 'AWS::SQS::QueuePolicy').filter(({ Properties }) => JSON.stringify(Properties.Queues) === queues);
    const condition = { Bool: { 'aws:SecureTransport': 'false' } };
    expect(policies.map(({ Properties }) => Properties.PolicyDocument.Statement)).toEqual([[
      { Action: 'sqs:*', Condition: condition, Effect: 'Deny', Principal: { AWS: '*' }, Resource: stack.resolve(shop.queueArn) },
    ]]);
    expect(synth(stack).Resources[stack.getLogicalId(shop.node.defaultChild as Json)].DeletionPolicy).toBe('Delete');
  });

  test('take a retention, a name, and the key of the requests', () => {
    const key = new kms.Key(stack, 'Key');
    const subject = prices({
      requests: { encryption: Encryption.customerManaged(key), dataKeyReuse: Duration.hours(1) },
      replies: ReplyQueues.durable({ retention: Duration.minutes(2) }),
    });
    const shop = subject.addRequester('Shop', { queueName: 'shop-replies' });
    const shopRole = role('ShopRole');
    const pricing = role('Pricing');
    subject.grantRespond(pricing);
    shop.grantRequest(shopRole);
    expect(propertiesOf(shop)).toMatchObject({
      MessageRetentionPeriod: 120, QueueName: 'shop-replies', KmsMasterKeyId: stack.resolve(key.keyArn), KmsDataKeyReusePeriodSeconds: 3600,
    });
    expect(actionsOf('ShopRole').flat()).toEqual(expect.arrayContaining(['kms:GenerateDataKey', 'kms:Decrypt']));
    expect(actionsOf('Pricing').flat()).toEqual(expect.arrayContaining(['kms:GenerateDataKey', 'kms:Decrypt']));
  });

  test('a key created for the requests encrypts the replies too', () => {
    const subject = prices({ requests: { encryption: Encryption.customerManaged() } });
    const shop = subject.addRequester('Shop');
    expect(propertiesOf(shop).KmsMasterKeyId).toEqual(propertiesOf(subject.requests).KmsMasterKeyId);
    expect(resourcesOf(stack, 'AWS::KMS::Key')).toHaveLength(1);
  });

  test('a retention only known at deployment', () => {
    const retention = Duration.seconds(new CfnParameter(stack, 'Kept', { type: 'Number' }).valueAsNumber);
    const shop = prices({ replies: ReplyQueues.durable({ retention }) }).addRequester('Shop');
    expect(propertiesOf(shop).MessageRetentionPeriod).toEqual({ Ref: 'Kept' });
  });

  test('two in one stack share nothing', () => {
    const both = ['Prices', 'Stock'].map(id => new RequestResponse(stack, id));
    const [own, other] = both.map(subject => subject.addRequester('Shop'));
    both[0].grantRespond(role('Pricing'));
    const template = synth(stack);
    expect(resourcesOf(template, 'AWS::SQS::Queue')).toHaveLength(6);
    const granted = JSON.stringify(ofRole('Pricing', template));
    const idOf = (queue: typeof own) => stack.getLogicalId(queue.node.defaultChild as Json);
    expect([granted.includes(idOf(own)), granted.includes(idOf(other))]).toEqual([true, false]);
  });

  test('a FIFO request queue has standard reply queues', () => {
    const subject = prices({ requests: { ordering: Ordering.fifo() } });
    const shop = subject.addRequester('Shop');
    expect(propertiesOf(subject.requests).FifoQueue).toBe(true);
    expect(propertiesOf(shop).FifoQueue).toBeUndefined();
  });

  test('a requester may send requests and consume its own replies; a responder may consume requests and reply, whichever comes first', () => {
    const subject = prices();
    const pricing = role('Pricing');
    const shop = subject.addRequester('Shop');
    expect(subject.grantRespond(pricing).success).toBe(true);
    const partner = subject.addRequester('Partner');
    const shopRole = role('ShopRole');
    expect(shop.grantRequest(shopRole).success).toBe(true);
    const arn = (queue: { queueArn: string }) => stack.resolve(queue.queueArn);
    const allow = (Action: string[], Resource: unknown) => ({ Effect: 'Allow', Action, Resource });
    expect(ofRole('ShopRole')).toEqual([allow(SEND, arn(subject.requests)), allow(CONSUME, arn(shop))]);
    // With flags, statements that differ in the resource alone are one, and sorted.
    const ofResponder = ofRole('Pricing').flatMap(({ Action, Resource }) => [Resource].flat().map(one => [[Action].flat().sort(), one]));
    expect(ofResponder).toHaveLength(3);
    expect(ofResponder).toEqual(expect.arrayContaining([
      [[...CONSUME].sort(), arn(subject.requests)], ...[shop, partner].map(queue => [[...REPLY].sort(), arn(queue)]),
    ]));
  });

  test('a role of another account needs names', () => {
    const app = new App();
    stack = new Stack(app, 'Here', { env: HERE });
    const elsewhere = new Stack(app, 'Elsewhere', { env: { ...HERE, account: '999988887777' } });
    const other = new iam.Role(elsewhere, 'Other', { roleName: 'other', assumedBy: new iam.AccountRootPrincipal() });
    const unnamed = prices();
    const replies = unnamed.addRequester('Shop');
    const before = synth(stack);
    expect(problemsOf(() => unnamed.grantRespond(other))).toMatchObject([{ prop: 'grantRespond(grantee)', fix: expect.stringContaining('queueName in requests') }]);
    expect(problemsOf(() => replies.grantRequest(other))).toMatchObject([{ prop: 'grantRequest(grantee)', fix: expect.stringContaining('for the ReplyQueue') }]);
    expect(synth(stack)).toEqual(before);

    const named = new RequestResponse(stack, 'Named', { requests: { queueName: 'requests' } });
    named.grantRespond(other);
    // A reply queue that its responders cannot be told of is not left behind.
    expect(refusedProps(() => named.addRequester('Unnamed'))).toEqual(['grantRespond(grantee)']);
    expect(named.node.tryFindChild('Unnamed')).toBeUndefined();
    named.addRequester('Shop', { queueName: 'replies' }).grantRequest(other);
    const { Elsewhere, Here } = synthApp(app);
    expect(JSON.stringify(statementsOf(Elsewhere, 'AWS::IAM::Policy'))).toContain(':sqs:eu-west-1:111122223333:replies');
    expect(statementsOf(Here, 'AWS::SQS::QueuePolicy').filter(({ Effect }) => Effect === 'Allow')).toHaveLength(4);
  });

  test('a role in another stack depends on the stack of the queues', () => {
    const app = new App();
    stack = new Stack(app, 'Queues');
    const roles = new Stack(app, 'Roles');
    const subject = prices();
    subject.grantRespond(role('Pricing', roles));
    subject.addRequester('Shop').grantRequest(role('Shop', roles));
    synthApp(app);
    expect(roles.dependencies).toEqual([stack]);
    expect(stack.dependencies).toEqual([]);
  });

  test('requesters need ids of their own', () => {
    const subject = prices();
    subject.addRequester('Shop');
    for (const id of ['Shop', 'Requests', '', Aws.REGION]) expect(refusedProps(() => subject.addRequester(id))).toEqual(['addRequester(id)']);
    expect(errorOf(() => subject.addRequester('Partner', { queueName: 'a.fifo' }))).toContain('queueName');
    expect(subject.node.tryFindChild('Partner')).toBeUndefined();
  });

  test('have neither a sweeper nor a prefix to grant', () => {
    const subject = prices();
    expect(refusedProps(() => subject.grantRequest(role('Shop')))).toEqual(['grantRequest()']);
    expect(refusedProps(() => subject.metricSweeperErrors())).toEqual(['metricSweeperErrors()']);
  });

  test('a service principal can neither request nor respond', () => {
    const subject = prices();
    const shop = subject.addRequester('Shop');
    const service = new iam.ServicePrincipal('lambda.amazonaws.com');
    expect(refusedProps(() => subject.grantRespond(service))).toEqual(['grantRespond(grantee)']);
    expect(refusedProps(() => shop.grantRequest(service))).toEqual(['grantRequest(grantee)']);
    // A refused responder is not granted anything on a later reply queue.
    subject.addRequester('Partner');
    expect(statementsOf(stack, 'AWS::SQS::QueuePolicy').every(({ Effect }) => Effect === 'Deny')).toBe(true);
  });
});

describe('temporary reply queues', () => {
  const prefixOf = (subject: RequestResponse) => stack.resolve(subject.replyQueueNamePrefix);
  const STACK_IDENTIFIER = { 'Fn::Select': [2, { 'Fn::Split': ['/', { Ref: 'AWS::StackId' }] }] };

  test('have a name prefix of at most 60 characters that is unique to the stack', () => {
    expect(prefixOf(temporary())).toEqual({ 'Fn::Join': ['', [expect.stringMatching(/^Stack-Prices-[0-9A-F]{8}-$/), STACK_IDENTIFIER, '-']] });
    const long = new RequestResponse(stack, 'PricesThatAreCalculatedForEveryShopAndEveryPartner', { replies: ReplyQueues.temporary() });
    const [readable] = prefixOf(long)['Fn::Join'][1];
    expect(readable.length + 36 + 1).toBe(60);
  });

  test('two in one stack have other prefixes, neither of which starts with the other', () => {
    const [one, other] = ['Prices', 'PricesToo'].map(id => JSON.stringify(stack.resolve(new RequestResponse(stack, id, { replies: ReplyQueues.temporary() }).replyQueueNamePrefix)));
    expect(one).not.toBe(other);
    synth(stack);
  });

  test('a role that is imported as it is gets nothing: the warnings carry every statement', () => {
    stack = newStack({ env: HERE });
    const subject = temporary();
    const fixed = iam.Role.fromRoleArn(stack, 'Fixed', `arn:aws:iam::${HERE.account}:role/fixed`, { mutable: false });
    subject.grantRequest(fixed);
    subject.grantRespond(fixed);
    expect(resourcesOf(stack, 'AWS::IAM::Policy')).toEqual([]);
    const found = warningsOf(stack).map(({ path, text }) => ({ path, id: /cdk-decouple:([^\]]*)/.exec(text)![1], statement: JSON.parse(/\{\n[^]*\n\}/.exec(text)![0]) }));
    const own = { path: '/Stack/Prices', id: 'RequestResponse.immutableRole' };
    const ofRequests = { path: '/Stack/Prices/Requests', id: 'WorkQueue.immutableRole' };
    expect(found).toMatchObject([
      { ...own, statement: { Action: ['sqs:CreateQueue', 'sqs:TagQueue'], Condition: { StringLike: { 'aws:RequestTag/ReplyQueueHeartbeat': '*' } }, Resource: expect.stringMatching(/-\*$/) } },
      { ...own, statement: { Action: ['sqs:DeleteQueue', 'sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:GetQueueUrl'] } },
      { ...own, statement: { Action: REPLY } },
      { ...ofRequests, statement: { Action: SEND } },
      { ...ofRequests, statement: { Action: CONSUME } },
    ]);
  });

  test('a requester may create queues with a heartbeat, consume and delete them, under the prefix only', () => {
    const subject = temporary();
    expect(subject.grantRequest(role('Shop')).success).toBe(true);
    const Resource = { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':sqs:', { Ref: 'AWS::Region' }, ':', { Ref: 'AWS::AccountId' }, expect.stringMatching(/^:Stack-Prices-[0-9A-F]{8}-$/), STACK_IDENTIFIER, '-*']] };
    expect(ofRole('Shop')).toEqual([
      { Effect: 'Allow', Action: ['sqs:CreateQueue', 'sqs:TagQueue'], Resource, Condition: { StringLike: { 'aws:RequestTag/ReplyQueueHeartbeat': '*' } } },
      { Effect: 'Allow', Action: ['sqs:DeleteQueue', 'sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:GetQueueUrl'], Resource },
      { Effect: 'Allow', Action: SEND, Resource: stack.resolve(subject.requests.queueArn) },
    ]);
  });

  test('a responder may consume requests, and reply under the prefix', () => {
    const subject = temporary();
    expect(subject.grantRespond(role('Pricing')).success).toBe(true);
    expect(ofRole('Pricing')).toEqual([
      { Effect: 'Allow', Action: REPLY, Resource: expect.objectContaining({ 'Fn::Join': expect.anything() }) },
      { Effect: 'Allow', Action: CONSUME, Resource: stack.resolve(subject.requests.queueArn) },
    ]);
  });

  test('a role in another stack gets the prefix of this one', () => {
    const app = new App();
    stack = new Stack(app, 'Queues', { env: HERE });
    const roles = new Stack(app, 'Roles', { env: HERE });
    temporary().grantRequest(role('Shop', roles));
    const { Roles, Queues } = synthApp(app);
    const [{ Resource }] = statementsOf(Roles, 'AWS::IAM::Policy');
    expect(JSON.stringify(Resource)).toMatch(/"Fn::(ImportValue|GetStackOutput)":/);
    expect(JSON.stringify(Resource)).not.toContain('"Ref":"AWS::StackId"');
    expect(JSON.stringify(Queues.Outputs)).toContain('AWS::StackId');
  });

  test.each<[string, (app: App) => iam.IGrantable]>([
    ['of another account', () => new iam.AccountPrincipal('999988887777')],
    ['without policies', () => new iam.AccountPrincipal(HERE.account)],
    ['of another Region', app => new iam.Role(new Stack(app, 'Elsewhere', { env: { ...HERE, region: 'us-east-1' } }), 'Other', { roleName: 'other', assumedBy: new iam.AccountRootPrincipal() })],
    ['that is a service', () => new iam.ServicePrincipal('lambda.amazonaws.com')],
  ])('a principal %s is refused', (_, make) => {
    const app = new App();
    stack = new Stack(app, 'Here', { env: HERE });
    const subject = prices({ requests: { queueName: 'requests' }, replies: ReplyQueues.temporary() });
    const grantee = make(app);
    const before = synth(stack);
    expect(refusedProps(() => subject.grantRequest(grantee))).toEqual(['grantRequest(grantee)']);
    expect(refusedProps(() => subject.grantRespond(grantee))).toEqual(['grantRespond(grantee)']);
    expect(synth(stack)).toEqual(before);
  });

  test('an imported role of this account is extended', () => {
    const subject = temporary();
    expect(subject.grantRequest(iam.Role.fromRoleName(stack, 'Given', 'given')).success).toBe(true);
    expect(statementsOf(stack, 'AWS::IAM::Policy')).toHaveLength(3);
  });

  test('have no requesters in the template', () => {
    expect(problemsOf(() => temporary().addRequester('Shop'))).toMatchObject([{ prop: 'addRequester()', got: 'ReplyQueues.temporary()', fix: expect.stringContaining('grantRequest()') }]);
  });
});

describe('the sweeper', () => {
  const handler = (): Json => resourcesOf(stack, 'AWS::Lambda::Function')[0].Properties;
  const environment = (): Json => handler().Environment.Variables;

  test('runs every 15 minutes, and deletes a queue whose heartbeat is older than an hour', () => {
    const subject = temporary();
    expect(resourcesOf(stack, 'AWS::Events::Rule')[0].Properties).toMatchObject({ ScheduleExpression: 'rate(15 minutes)', State: 'ENABLED' });
    expect(environment()).toEqual({ QUEUE_NAME_PREFIX: stack.resolve(subject.replyQueueNamePrefix), ORPHANED_AFTER_SECONDS: '3600' });
    expect(handler()).toMatchObject({
      Runtime: 'nodejs24.x', Handler: 'index.handler', MemorySize: 256, Timeout: 900, Code: { ZipFile: SWEEPER_CODE }, LoggingConfig: { LogGroup: stack.resolve(subject.sweeperLogGroup!.logGroupName) },
    });
    expect(resourcesOf(stack, 'AWS::Lambda::EventInvokeConfig')[0].Properties).toMatchObject({ MaximumRetryAttempts: 0 });
    expect(resourcesOf(stack, 'AWS::Logs::LogGroup')).toMatchObject([{ Properties: { RetentionInDays: 30 }, DeletionPolicy: 'Retain' }]);
    expect(warningsOf(stack)).toEqual([]);
  });

  test('takes other times', () => {
    temporary({ orphanedAfter: Duration.minutes(10), sweepInterval: Duration.days(1), logRetention: logs.RetentionDays.ONE_WEEK });
    expect(resourcesOf(stack, 'AWS::Events::Rule')[0].Properties.ScheduleExpression).toBe('rate(1 day)');
    expect(environment().ORPHANED_AFTER_SECONDS).toBe('600');
    expect(resourcesOf(stack, 'AWS::Logs::LogGroup')[0].Properties.RetentionInDays).toBe(7);
  });

  test('takes a time only known at deployment', () => {
    temporary({ orphanedAfter: Duration.seconds(new CfnParameter(stack, 'After', { type: 'Number' }).valueAsNumber) });
    expect(environment().ORPHANED_AFTER_SECONDS).toEqual({ Ref: 'After' });
  });

  test('may list queues, and look at and delete those under the prefix', () => {
    const subject = temporary();
    const Resource = stack.resolve(`arn:${Aws.PARTITION}:sqs:${Aws.REGION}:${Aws.ACCOUNT_ID}:${subject.replyQueueNamePrefix}*`);
    expect(statementsOf(stack, 'AWS::IAM::ManagedPolicy')).toEqual([
      { Effect: 'Allow', Action: 'sqs:ListQueues', Resource: '*' },
      { Effect: 'Allow', Action: ['sqs:GetQueueAttributes', 'sqs:ListQueueTags', 'sqs:DeleteQueue'], Resource },
      { Effect: 'Allow', Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Resource: stack.resolve(subject.sweeperLogGroup!.logGroupArn) },
    ]);
    expect(resourcesOf(stack, 'AWS::IAM::Role')[0].Properties.ManagedPolicyArns).toBeUndefined();
  });

  test('is invoked by its rule only', () => {
    const subject = temporary();
    expect(resourcesOf(stack, 'AWS::Lambda::Permission').map(({ Properties }) => Properties)).toEqual([{
      Action: 'lambda:InvokeFunction',
      FunctionName: stack.resolve(subject.sweeper!.functionArn),
      Principal: 'events.amazonaws.com',
      SourceAccount: { Ref: 'AWS::AccountId' },
      SourceArn: stack.resolve(subject.sweeperSchedule!.ruleArn),
    }]);
    expect(resourcesOf(stack, 'AWS::Events::Rule')[0].Properties.Targets).toEqual([{ Arn: stack.resolve(subject.sweeper!.functionArn), Id: 'Target0' }]);
  });

  test('needs no asset, and its code fits in the template of an example', () => {
    expect(SWEEPER_CODE.length).toBeLessThan(4096);
    temporary();
    expect(synth(stack).Parameters?.BootstrapVersion === undefined || !JSON.stringify(synth(stack).Resources).includes('cdk-hnb659fds')).toBe(true);
  });

  test('has a metric of its failed runs', () => {
    const subject = temporary({ sweepInterval: Duration.minutes(30) });
    expect(subject.metricSweeperErrors()).toMatchObject({ metricName: 'Errors', statistic: 'Sum', period: Duration.minutes(30) });
    expect(subject.metricSweeperErrors({ period: Duration.hours(1), statistic: 'Maximum' })).toMatchObject({ statistic: 'Maximum', period: Duration.hours(1) });
    expect(refusedProps(() => subject.metricSweeperErrors({ period: Duration.seconds(7) }))).toEqual(['metricSweeperErrors(options.period)']);
  });
});

describe('wrong props', () => {
  test('of a property injector are named, and nothing is left behind', () => {
    const injector: IPropertyInjector = {
      constructUniqueId: sqs.Queue.PROPERTY_INJECTION_ID,
      inject: (original: sqs.QueueProps) => ({ ...original, deliveryDelay: Duration.seconds(60), retentionPeriod: Duration.seconds(60) }),
    };
    stack = newStack({}, new App({ propertyInjectors: [injector] }));
    expect(refusedProps(() => prices({ requests: { deadLetters: DeadLetters.none('Not here.') } }))).toEqual(['deliveryDelay']);
    expect(stack.node.children).toEqual([]);
  });

  test('all are named in one error, and nothing is left behind', () => {
    const error = readError(errorOf(() => prices({
      requests: { visibilityTimeout: Duration.hours(13), deadLetters: DeadLetters.none(' ') }, replies: ReplyQueues.durable({ retention: Duration.seconds(59) }),
    })));
    expect(error).toMatchObject({ construct: 'RequestResponse', path: 'Stack/Prices' });
    expect(error.problems.map(({ prop }) => prop)).toEqual(['requests.visibilityTimeout', 'requests.deadLetters', 'replies.retention']);
    expect(stack.node.children).toEqual([]);
  });

  test.each<[string, ReplyQueues, ReplyQueues[]]>([
    ['retention', ReplyQueues.durable({ retention: Duration.seconds(60) }), [ReplyQueues.durable({ retention: Duration.seconds(59) }), ReplyQueues.durable({ retention: Duration.seconds(1_209_601) })]],
    ['retention', ReplyQueues.durable({ retention: Duration.days(14) }), [ReplyQueues.durable({ retention: Duration.minutes(Token.asNumber({})) })]],
    ['orphanedAfter', ReplyQueues.temporary({ orphanedAfter: Duration.seconds(600) }), [ReplyQueues.temporary({ orphanedAfter: Duration.seconds(599) })]],
    ['orphanedAfter', ReplyQueues.temporary({ orphanedAfter: Duration.days(14) }), [ReplyQueues.temporary({ orphanedAfter: Duration.seconds(1_209_601) })]],
    ['sweepInterval', ReplyQueues.temporary({ sweepInterval: Duration.seconds(60) }), [30, 90].map(seconds => ReplyQueues.temporary({ sweepInterval: Duration.seconds(seconds) }))],
    ['sweepInterval', ReplyQueues.temporary({ sweepInterval: Duration.days(1) }), [
      ReplyQueues.temporary({ sweepInterval: Duration.minutes(1_441) }), ReplyQueues.temporary({ sweepInterval: Duration.minutes(Token.asNumber(Fn.ref('Any'))) }),
    ]],
  ])('replies.%s', (prop, allowed, refused) => {
    for (const replies of refused) expect(refusedProps(() => prices({ replies }))).toEqual([`replies.${prop}`]);
    prices({ replies: allowed });
    synth(stack);
  });
});

test('the choice tells what it is', () => {
  expect(ReplyQueues.durable()).toMatchObject({ areTemporary: false, retention: Duration.minutes(15), orphanedAfter: undefined });
  expect(ReplyQueues.temporary()).toMatchObject({ areTemporary: true, retention: undefined, orphanedAfter: Duration.hours(1) });
});
