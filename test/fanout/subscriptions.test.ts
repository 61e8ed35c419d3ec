import { App, CfnParameter, Duration, NestedStack, Stack, Stage } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as subs from 'aws-cdk-lib/aws-sns-subscriptions';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { cycles } from './references';
import { ACCOUNT, ENV, OTHER_ACCOUNT, REGION, newStack, only, refusal, resourceOf, resources, statementIn, statements, tree, warnings } from './support';
import { Encryption } from '../../src/access';
import { FanOut, FifoFanOut, QueueSubscription, SubscriptionDeadLetters } from '../../src/fanout';

const functionIn = (stack: Stack, id = 'Handler') => new lambda.Function(stack, id, {
  runtime: lambda.Runtime.NODEJS_22_X, handler: 'index.handler', code: lambda.Code.fromInline('exports.handler = () => {}'),
});
const streamIn = (stack: Stack) => new firehose.DeliveryStream(stack, 'Stream', { destination: new firehose.S3Bucket(new s3.Bucket(stack, 'Bucket')) });
const EMAIL = 'orders@example.com';
const URL = 'https://example.com/orders';

/** A subscription of each kind, and its protocol. */
const KINDS: [string, (stack: Stack, props?: subs.EmailSubscriptionProps) => sns.ITopicSubscription][] = [
  ['lambda', (stack, props) => new subs.LambdaSubscription(functionIn(stack), props)],
  ['email', (_, props) => new subs.EmailSubscription(EMAIL, props)],
  ['https', (_, props) => new subs.UrlSubscription(URL, props)],
  ['sms', (_, props) => new subs.SmsSubscription('+15555550100', props)],
  ['firehose', (stack, props) => new subs.FirehoseSubscription(streamIn(stack), props)],
  ['sqs', (stack, props) => new subs.SqsSubscription(new sqs.Queue(stack, 'Queue'), props)],
];

/** The statements that let SNS send to a queue. */
const letInTo = (queue: sqs.IQueue) => {
  const stack = Stack.of(queue);
  const arn = JSON.stringify(stack.resolve(queue.queueArn));
  return statements(stack, 'AWS::SQS::QueuePolicy', 'sns.amazonaws.com').filter(({ Resource }) => JSON.stringify(Resource) === arn);
};

describe.each(KINDS)('a subscription of the CDK by %s', (protocol, make) => {
  test('gets a dead-letter queue that SNS can reach, and waits for its policy', () => {
    const app = new App();
    const stack = newStack({ env: ENV }, app);
    const orders = new FanOut(stack, 'Orders');
    const subscription = orders.addSubscription(make(stack));
    expect(subscription).toBeInstanceOf(sns.Subscription);
    expect(orders.subscriptions).toEqual([subscription]);
    const { Properties, DependsOn } = only(stack, 'AWS::SNS::Subscription');
    expect(Properties).toMatchObject({
      Protocol: protocol,
      TopicArn: stack.resolve(orders.topicArn),
      RedrivePolicy: { deadLetterTargetArn: stack.resolve(subscription.deadLetterQueue!.queueArn) },
    });
    expect(Properties.Region).toBeUndefined();
    expect(letInTo(subscription.deadLetterQueue!)).toMatchObject([{ Condition: { ArnLike: { 'aws:SourceArn': stack.resolve(orders.topicArn) }, StringEquals: { 'aws:SourceAccount': ACCOUNT } } }]);
    expect(DependsOn).toContain(stack.getLogicalId(subscription.deadLetterQueue!.node.findChild('Policy').node.defaultChild as sqs.CfnQueuePolicy));
    expect(cycles(app)).toEqual({});
    expect(warnings(app)).toEqual([]);
  });

  test('keeps its own dead-letter queue, which takes one statement', () => {
    const stack = newStack();
    const dead = new sqs.Queue(stack, 'Dead');
    const { deadLetterQueue } = new FanOut(stack, 'Orders').addSubscription(make(stack, { deadLetterQueue: dead }));
    expect(deadLetterQueue!.node).toBe(dead.node);
    expect(letInTo(dead)).toHaveLength(1);
  });

  test('can be told to have none, in a plain topic as well', () => {
    for (const topic of [(stack: Stack) => new FanOut(stack, 'Orders'), (stack: Stack) => new sns.Topic(stack, 'Orders')]) {
      const stack = newStack();
      const none = SubscriptionDeadLetters.none('the archive has every message').applyTo(make(stack));
      expect(topic(stack).addSubscription(none).deadLetterQueue).toBeUndefined();
      expect(only(stack, 'AWS::SNS::Subscription').Properties.RedrivePolicy).toBeUndefined();
    }
  });

  test('has the same logical id with other dead letters, since SNS deletes the subscription of the old id', () => {
    const idWith = (choose: (subscription: sns.ITopicSubscription) => sns.ITopicSubscription) => {
      const stack = newStack();
      new FanOut(stack, 'Orders').addSubscription(choose(make(stack)));
      return Object.keys(resources(stack, 'AWS::SNS::Subscription'));
    };
    const own = idWith(subscription => subscription);
    expect(own).toHaveLength(1);
    expect(idWith(subscription => SubscriptionDeadLetters.dedicated().applyTo(subscription))).toEqual(own);
    expect(idWith(subscription => SubscriptionDeadLetters.none('replaced').applyTo(SubscriptionDeadLetters.dedicated().applyTo(subscription)))).toEqual(own);
  });

  test('none without a reason is refused', () => {
    const stack = newStack();
    const blank = SubscriptionDeadLetters.none(' ').applyTo(make(stack));
    expect(refusal(() => new FanOut(stack, 'Orders').addSubscription(blank)).problems)
      .toMatchObject([{ prop: 'SubscriptionDeadLetters.applyTo(subscription)', allowed: expect.stringContaining('not empty') }]);
  });

  test('that is not a queue has no dead letters in common with one', () => {
    const stack = newStack();
    const add = () => new FanOut(stack, 'Orders').addSubscription(SubscriptionDeadLetters.sameAsQueue().applyTo(make(stack)));
    if (protocol === 'sqs') {
      expect(refusal(add).problems).toMatchObject([{ got: expect.stringContaining('not known to have'), allowed: expect.not.stringContaining('sameAsQueue') }]);
    } else {
      expect(refusal(add).problems).toMatchObject([{ got: expect.stringContaining('not a queue'), allowed: expect.not.stringContaining('sameAsQueue') }]);
    }
  });

  test('a dead-letter queue of a third stack is refused in the words of the subscription', () => {
    const app = new App();
    const [topics, dead, handlers] = ['Topics', 'Dead', 'Handlers'].map(id => new Stack(app, id));
    const subscription = make(handlers, { deadLetterQueue: new sqs.Queue(dead, 'Dead') });
    const [{ prop, fix }] = refusal(() => new FanOut(topics, 'Orders').addSubscription(subscription)).problems;
    expect(prop).toBe('deadLetterQueue');
    expect(fix).toContain('omit deadLetterQueue, or use SubscriptionDeadLetters.dedicated().applyTo(subscription)');
    expect(fix).not.toContain('subscriptionDeadLetters');
  });

  test('a dead-letter queue that SNS cannot reach is refused', () => {
    const stack = newStack({ env: ENV });
    const far = sqs.Queue.fromQueueArn(stack, 'Far', `arn:aws:sqs:us-east-1:${ACCOUNT}:dead`);
    expect(refusal(() => new FanOut(stack, 'Orders').addSubscription(make(stack, { deadLetterQueue: far }))).problems)
      .toMatchObject([{ prop: 'deadLetterQueue', got: expect.stringContaining('us-east-1'), allowed: expect.stringContaining(REGION) }]);
  });

  test('a filter policy that SNS refuses is refused', () => {
    const stack = newStack();
    const orders = new FanOut(stack, 'Orders');
    const kind = sns.SubscriptionFilter.stringFilter({ allowlist: [...Array(151).keys()].map(String) });
    expect(refusal(() => orders.addSubscription(make(stack, { filterPolicy: { kind } }))).problems)
      .toMatchObject([{ prop: 'filterPolicy', got: expect.stringContaining('151'), allowed: expect.stringContaining('150') }]);
    expect(orders.subscriptions).toEqual([]);
  });

  test('two filter policies are refused, of which the CDK would write one', () => {
    const [filter, body] = [sns.SubscriptionFilter.existsFilter(), sns.FilterOrPolicy.filter(sns.SubscriptionFilter.existsFilter())];
    const stack = newStack();
    const both = make(stack, { filterPolicy: { kind: filter }, filterPolicyWithMessageBody: { kind: body } });
    expect(refusal(() => new FanOut(stack, 'Orders').addSubscription(both)).problems)
      .toMatchObject([{ prop: 'filterPolicyWithMessageBody', got: expect.stringContaining('filterPolicy'), allowed: expect.stringContaining('one') }]);
  });

  test('one that is refused leaves nothing behind, and can be corrected', () => {
    const stack = newStack();
    const orders = new FanOut(stack, 'Orders');
    const [subscription, refused] = [{}, { filterPolicy: {} }].map(props => make(new Stack(stack, JSON.stringify(props).replace(/\W/g, '') || 'Good'), props));
    const before = tree(stack).filter(path => !path.includes('TopicSubscriptionRole'));
    refusal(() => orders.addSubscription(refused));
    expect(tree(stack).filter(path => !path.includes('TopicSubscriptionRole'))).toEqual(before);
    orders.addSubscription(subscription);
  });

  test('a FIFO topic delivers to queues alone', () => {
    const stack = newStack();
    const add = () => new FifoFanOut(stack, 'Ledger').addSubscription(make(stack));
    if (protocol === 'sqs') {
      expect(add().deadLetterQueue!.fifo).toBe(true);
    } else {
      expect(refusal(add)).toMatchObject({ construct: 'FifoFanOut', problems: [{ prop: 'protocol', got: `'${protocol}'`, allowed: expect.stringContaining("'sqs'") }] });
    }
  });
});

test.each<[string, () => sns.ITopicSubscription]>([['an address', () => new subs.EmailSubscription(EMAIL)], ['a URL', () => new subs.UrlSubscription(URL)]])('%s is subscribed once', (_, make) => {
  const orders = new FanOut(newStack(), 'Orders');
  orders.addSubscription(make());
  expect(refusal(() => orders.addSubscription(make())).problems).toMatchObject([{ prop: 'endpoint', allowed: expect.stringContaining('once') }]);
  expect(orders.subscriptions).toHaveLength(1);
});

test('an endpoint without a name is refused', () => {
  expect(refusal(() => new FanOut(newStack(), 'Orders').addSubscription(new subs.EmailSubscription(''))).problems)
    .toMatchObject([{ prop: 'endpoint', allowed: expect.stringContaining('not empty') }]);
});

test('URLs that are only known at deployment have ids of their own', () => {
  const stack = newStack();
  const orders = new FanOut(stack, 'Orders');
  for (const id of ['One', 'Two']) {
    const url = new CfnParameter(stack, id).valueAsString;
    orders.addSubscription(new subs.UrlSubscription(url, { protocol: sns.SubscriptionProtocol.HTTPS }));
  }
  expect(Object.keys(resources(stack, 'AWS::SNS::Subscription'))).toHaveLength(2);
});

describe('SqsSubscription on a plain queue', () => {
  test('leaves one statement, with the account of the topic', () => {
    const stack = newStack({ env: ENV });
    const queue = new sqs.Queue(stack, 'Queue');
    new FanOut(stack, 'Orders').addSubscription(new subs.SqsSubscription(queue));
    expect(letInTo(queue)).toMatchObject([{ Condition: { StringEquals: { 'aws:SourceAccount': ACCOUNT } } }]);
  });

  test.each([['one stack', ['Keys', 'Keys', 'Keys']], ['three stacks', ['Keys', 'Topics', 'Queues']]])('shares a key with the topic, in %s', (_, ids) => {
    const app = new App();
    const [keys, topics, queues] = ids.map(id => app.node.tryFindChild(id) as Stack | undefined ?? new Stack(app, id, { env: ENV }));
    const key = new kms.Key(keys, 'Key');
    const orders = new FanOut(topics, 'Orders', { encryption: Encryption.customerManaged(key) });
    orders.addSubscription(new subs.SqsSubscription(new sqs.Queue(queues, 'Queue', { encryptionMasterKey: key })));
    expect(cycles(app)).toEqual({});
    app.synth();
    expect(statements(keys, 'AWS::KMS::Key', 'sns.amazonaws.com')).toMatchObject([{
      Condition: { ArnLike: { 'aws:SourceArn': expect.anything() }, StringEquals: { 'aws:SourceAccount': ACCOUNT } },
    }]);
  });
});

describe('in a nested stack of the stack of the topic', () => {
  test.each<[string, (stack: Stack) => sns.ITopicSubscription]>([
    ['a function', stack => new subs.LambdaSubscription(functionIn(stack))],
    ['a delivery stream', stack => new subs.FirehoseSubscription(streamIn(stack))],
    ['a queue', stack => new subs.SqsSubscription(new sqs.Queue(stack, 'Queue'))],
  ])('%s can be subscribed, and the subscription waits for its permission', (_, make) => {
    const app = new App();
    const stack = new Stack(app, 'Stack');
    const nested = new NestedStack(stack, 'Nested');
    new FanOut(stack, 'Orders').addSubscription(make(nested));
    const { DependsOn } = only(nested, 'AWS::SNS::Subscription');
    const permissions = ['AWS::Lambda::Permission', 'AWS::SQS::QueuePolicy'].flatMap(type => Object.keys(resources(nested, type)));
    expect(DependsOn).toEqual(expect.arrayContaining(permissions));
    app.synth();
  });
});

test.each<[string, (stack: Stack) => sns.ITopicSubscription]>([
  ['LambdaSubscription', stack => new subs.LambdaSubscription(functionIn(stack))],
  ['QueueSubscription', stack => new QueueSubscription(new sqs.Queue(stack, 'Queue'))],
])('a topic of another stage and the same environment is refused for %s', (_, make) => {
  const app = new App();
  const orders = new FanOut(new Stack(app, 'Topics', { env: ENV }), 'Orders', { topicName: 'orders' });
  const stack = new Stack(new Stage(app, 'Stage', { env: ENV }), 'Stack');
  expect(refusal(() => orders.addSubscription(make(stack))).problems).toMatchObject([{ prop: 'topic', allowed: expect.stringContaining('stage') }]);
});

test('a delivery stream with a role of the user: the subscription waits for the policy of the role', () => {
  const stack = newStack();
  const role = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('sns.amazonaws.com') });
  new FanOut(stack, 'Orders').addSubscription(new subs.FirehoseSubscription(streamIn(stack), { role }));
  expect(only(stack, 'AWS::SNS::Subscription').DependsOn).toContain(stack.getLogicalId(role.node.findChild('DefaultPolicy').node.defaultChild as iam.CfnPolicy));
});

describe('a function', () => {
  test('is subscribed once, also where the CDK subscribed it', () => {
    const stack = newStack();
    const handler = functionIn(stack);
    const topic = new sns.Topic(stack, 'Topic');
    topic.addSubscription(new subs.LambdaSubscription(handler));
    const orders = new FanOut(stack, 'Orders');
    orders.addSubscription(new subs.LambdaSubscription(handler));
    for (const fanOut of [orders, FanOut.fromTopic(stack, 'Existing', topic)]) {
      expect(refusal(() => fanOut.addSubscription(new subs.LambdaSubscription(handler))).problems)
        .toMatchObject([{ prop: 'endpoint', got: expect.stringContaining(handler.node.path), allowed: expect.stringContaining('once') }]);
    }
    expect(Object.keys(resources(stack, 'AWS::Lambda::Permission'))).toHaveLength(2);
  });

  test('of another Region is refused where this stack would create its permission', () => {
    const stack = newStack({ env: ENV });
    const functionArn = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:handler`;
    const orders = new FanOut(stack, 'Orders');
    expect(refusal(() => orders.addSubscription(new subs.LambdaSubscription(lambda.Function.fromFunctionArn(stack, 'Far', functionArn)))).problems)
      .toMatchObject([{ prop: 'endpoint', got: expect.stringContaining('us-east-1'), allowed: expect.stringContaining(REGION) }]);
    const permitted = lambda.Function.fromFunctionAttributes(stack, 'Permitted', { functionArn, sameEnvironment: false, skipPermissions: true });
    orders.addSubscription(new subs.LambdaSubscription(permitted));
  });

  describe('that is imported', () => {
    const importedInto = (stack: Stack, account: string, more: Partial<lambda.FunctionAttributes> = {}) => lambda.Function.fromFunctionAttributes(stack, 'Handler', {
      functionArn: `arn:aws:lambda:${REGION}:${account}:function:handler`, ...more,
    });
    const permission = { Action: 'lambda:InvokeFunction', Principal: 'sns.amazonaws.com' };

    test.each([['of another account', { env: ENV }, OTHER_ACCOUNT], ['into a stack that does not know its environment', {}, ACCOUNT]])(
      '%s gets a warning with the permission to add', (_, props, account) => {
        const stack = newStack(props);
        const orders = new FanOut(stack, 'Orders', { topicName: 'orders' });
        orders.addSubscription(new subs.LambdaSubscription(importedInto(stack, account)));
        const [{ id, text, path }, ...others] = warnings(stack);
        expect(others).toEqual([]);
        expect([id, path]).toEqual(['FanOut.importedFunction', 'Stack/Handler/StackOrdersTopic2F4BF12F']);
        const functionName = `arn:aws:lambda:${REGION}:${account}:function:handler`;
        expect(statementIn(text)).toEqual({ ...permission, FunctionName: functionName, SourceArn: expect.stringMatching(/^arn:.*:orders$/) });
        expect(JSON.stringify(stack.node.findAll().flatMap(({ node }) => node.metadata))).not.toContain('UnclearLambdaEnvironment');
        expect(text.includes('confirmation')).toBe(account === OTHER_ACCOUNT);
        expect(resources(stack, 'AWS::Lambda::Permission')).toEqual({});
      });

    test.each<[string, Partial<lambda.FunctionAttributes>, number]>([
      ['with the permission', { skipPermissions: true }, 0], ['into its own environment', { sameEnvironment: true }, 1],
    ])('%s gets none', (_, attributes, permissions) => {
      const stack = newStack();
      new FanOut(stack, 'Orders').addSubscription(new subs.LambdaSubscription(importedInto(stack, ACCOUNT, attributes)));
      expect(warnings(stack)).toEqual([]);
      expect(Object.keys(resources(stack, 'AWS::Lambda::Permission'))).toHaveLength(permissions);
    });

    test('of a topic in an opt-in Region names the principal there', () => {
      const app = new App();
      const orders = new FanOut(new Stack(app, 'Topics', { env: { account: ACCOUNT, region: 'me-south-1' } }), 'Orders', { topicName: 'orders' });
      const stack = new Stack(app, 'Handlers', { env: ENV });
      orders.addSubscription(SubscriptionDeadLetters.none('tested elsewhere').applyTo(new subs.LambdaSubscription(importedInto(stack, OTHER_ACCOUNT))));
      expect(warnings(stack).map(({ text }) => statementIn(text))).toMatchObject([{ ...permission, Principal: 'sns.me-south-1.amazonaws.com' }]);
    });
  });

  test('takes two fan-outs of one name, each with a permission that its subscription waits for', () => {
    const stack = newStack();
    const handler = functionIn(stack);
    const fanOuts = ['A', 'B'].map(id => new FanOut(new Stack(stack, id), 'Orders'));
    fanOuts.forEach(fanOut => fanOut.addSubscription(new subs.LambdaSubscription(handler)));
    const permissions = resources(stack, 'AWS::Lambda::Permission');
    expect(Object.keys(permissions)).toHaveLength(2);
    const waited = Object.values(resources(stack, 'AWS::SNS::Subscription')).flatMap(({ DependsOn }) => DependsOn);
    expect(waited).toEqual(expect.arrayContaining(Object.keys(permissions)));
  });

  test.each([
    ['eu-west-1', 'us-east-1', []],
    ['eu-west-1', 'me-south-1', ['sns.me-south-1.amazonaws.com']],
    ['me-south-1', 'eu-west-1', ['sns.me-south-1.amazonaws.com']],
    ['me-south-1', 'af-south-1', ['sns.af-south-1.amazonaws.com']],
  ])('of a topic in %s, itself in %s, also lets the principals %p in', (topicRegion, region, principals) => {
    const app = new App();
    const topics = new Stack(app, 'Topics', { env: { account: ACCOUNT, region: topicRegion } });
    const handlers = new Stack(app, 'Handlers', { env: { account: ACCOUNT, region } });
    const orders = new FanOut(topics, 'Orders', { topicName: 'orders' });
    orders.addSubscription(SubscriptionDeadLetters.none('tested elsewhere').applyTo(new subs.LambdaSubscription(functionIn(handlers))));
    expect(Object.values(resources(handlers, 'AWS::Lambda::Permission')).map(({ Properties }) => Properties.Principal)).toEqual(['sns.amazonaws.com', ...principals]);
    expect(only(handlers, 'AWS::SNS::Subscription').Properties.Region).toBe(topicRegion);
    app.synth();
  });

  test('of another Region than the topic is told how to get dead letters', () => {
    const app = new App();
    const topics = new Stack(app, 'Topics', { env: { account: ACCOUNT, region: 'us-east-1' } });
    const handler = functionIn(new Stack(app, 'Handlers', { env: ENV }));
    const orders = new FanOut(topics, 'Orders', { topicName: 'orders' });
    expect(refusal(() => orders.addSubscription(new subs.LambdaSubscription(handler))).problems)
      .toMatchObject([{ prop: 'deadLetterQueue', allowed: expect.stringContaining('SubscriptionDeadLetters.existing(queue).applyTo(subscription)') }]);
  });

  test('in another stack: the subscription is there, and its stack depends on that of the topic', () => {
    const app = new App();
    const [topics, handlers] = ['Topics', 'Handlers'].map(id => new Stack(app, id));
    const subscription = new FanOut(topics, 'Orders').addSubscription(new subs.LambdaSubscription(functionIn(handlers)));
    expect(Stack.of(subscription)).toBe(handlers);
    expect(cycles(app)).toEqual({});
    expect(handlers.dependencies).toEqual([topics]);
    expect(topics.dependencies).toEqual([]);
  });
});

test('the delivery policy of a URL stays', () => {
  const stack = newStack();
  new FanOut(stack, 'Orders').addSubscription(new subs.UrlSubscription(URL, { deliveryPolicy: { healthyRetryPolicy: { minDelayTarget: Duration.seconds(5), numRetries: 10 } } }));
  expect(only(stack, 'AWS::SNS::Subscription').Properties.DeliveryPolicy.healthyRetryPolicy).toMatchObject({ minDelayTarget: 5, numRetries: 10 });
});

test('a queue that was subscribed by either class is subscribed', () => {
  const stack = newStack();
  const orders = new FanOut(stack, 'Orders');
  const queue = new sqs.Queue(stack, 'Queue');
  orders.addSubscription(new QueueSubscription(queue));
  expect(refusal(() => orders.addSubscription(new subs.SqsSubscription(queue))).problems).toMatchObject([{ prop: 'queue', allowed: expect.stringContaining('once') }]);
  Template.fromStack(stack).resourceCountIs('AWS::SNS::Subscription', 1);
});

test('QueueSubscription completes a plain topic', () => {
  const stack = newStack({ env: ENV });
  const queue = new sqs.Queue(stack, 'Queue');
  const subscription = new sns.Topic(stack, 'Topic').addSubscription(new QueueSubscription(queue));
  expect(subscription.deadLetterQueue).toBeDefined();
  expect(resourceOf(subscription).Properties.RawMessageDelivery).toBe(false);
  for (const { Condition } of statements(stack, 'AWS::SQS::QueuePolicy', 'sns.amazonaws.com')) expect(Condition.StringEquals).toEqual({ 'aws:SourceAccount': ACCOUNT });
});
