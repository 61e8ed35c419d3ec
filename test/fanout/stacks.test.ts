import { App, Names, NestedStack, PhysicalName, Stack, Stage } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { ACCOUNT, OTHER_ACCOUNT, REGION, newStack, refusal, resourceOf, resources, statements, tree, warnings } from './support';
import { Encryption, ServiceSource } from '../../src/access';
import { FanOut, FifoFanOut, QueueSubscription, SubscriptionDeadLetters } from '../../src/fanout';
import { Ordering, SharedDeadLetterQueue, DeadLetters, WorkQueue } from '../../src/queues';
import { letIn } from '../support/let-in';

/** Every order in which three stacks can be created. */
const ORDERS = [['key', 'topic', 'queue'], ['key', 'queue', 'topic'], ['topic', 'key', 'queue'], ['topic', 'queue', 'key'], ['queue', 'key', 'topic'], ['queue', 'topic', 'key']];

describe.each(ORDERS)('stacks created in the order %s, %s, %s', (...order) => {
  const make = (fifo: boolean) => {
    const app = new App();
    const stacks = Object.fromEntries(order.map(id => [id, new Stack(app, id)]));
    const key = new kms.Key(stacks.key, 'Key');
    const encryption = Encryption.customerManaged(key);
    const fanOut = () => fifo
      ? letIn(new FifoFanOut(stacks.topic, 'FanOut', { encryption }), ServiceSource.alarms())
      : letIn(new FanOut(stacks.topic, 'FanOut', { encryption }), ServiceSource.alarms());
    const work = () => new WorkQueue(stacks.queue, 'Jobs', { ordering: fifo ? Ordering.fifo() : undefined, encryption: Encryption.customerManaged(key) });
    return { app, stacks, key, fanOut, work };
  };

  test.each([[false, 'topic'], [false, 'queue'], [true, 'topic'], [true, 'queue']])(
    'one key for topic, queue and dead letters (FIFO: %p, %s made first)', (fifo, first) => {
      const { app, stacks, fanOut, work } = make(fifo);
      const early = first === 'topic' ? fanOut() : work();
      const late = first === 'topic' ? work() : fanOut();
      const [out, jobs] = (first === 'topic' ? [early, late] : [late, early]) as [FanOut, WorkQueue];
      const subscription = out.addSubscription(new QueueSubscription(jobs));

      app.synth();
      expect(Stack.of(subscription)).toBe(stacks.queue);
      expect(stacks.queue.dependencies.map(stack => stack.node.id).sort()).toEqual(['key', 'topic']);
      expect(stacks.topic.dependencies.map(stack => stack.node.id)).toEqual(['key']);
      expect(stacks.key.dependencies).toEqual([]);
      expect(resources(stacks.topic, 'AWS::SNS::Subscription')).toEqual({});
      expect(statements(stacks.queue, 'AWS::SQS::QueuePolicy', 'sns.amazonaws.com')).toHaveLength(2);
      expect(statements(stacks.key, 'AWS::KMS::Key').filter(s => s.Principal.Service)).toEqual(['cloudwatch', 'sns'].map(service => ({
        Effect: 'Allow',
        Principal: { Service: `${service}.amazonaws.com` },
        Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
        Resource: '*',
        Condition: { ArnLike: { 'aws:SourceArn': expect.anything() }, StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
      })));
      expect(warnings(app)).toEqual([]);
    });
});

test('one key for topic, queue, dead letters and everything in one stack: no cycle', () => {
  const app = new App();
  const stack = newStack({}, app);
  const key = new kms.Key(stack, 'Key');
  const fanOut = letIn(new FanOut(stack, 'Orders', { encryption: Encryption.customerManaged(key) }), ServiceSource.alarms());
  const deadLetters = DeadLetters.shared(new SharedDeadLetterQueue(stack, 'Dead', { encryption: Encryption.customerManaged(key) }));
  for (const id of ['A', 'B']) fanOut.addQueue(id, { deadLetters, encryption: Encryption.customerManaged(key) });
  fanOut.addSubscription(new QueueSubscription(new sqs.Queue(stack, 'C', { encryptionMasterKey: key }), { subscriptionDeadLetters: SubscriptionDeadLetters.dedicated() }));
  app.synth();
  expect(statements(stack, 'AWS::KMS::Key', 'sns.amazonaws.com')).toHaveLength(1);
  expect(Object.keys(resources(stack, 'AWS::KMS::Key'))).toHaveLength(1);
});

describe('nested stacks', () => {
  test.each<[string, (root: Stack, one: NestedStack, two: NestedStack) => [Stack, Stack]]>([
    ['the queue is nested', (root, one) => [root, one]],
    ['the topic is nested', (root, one) => [one, root]],
    ['both are nested beside one another', (_, one, two) => [one, two]],
    ['both are nested in one', (_, one) => [one, one]],
    ['the queue is nested within the nested stack of the topic', (_, one) => [one, new NestedStack(one, 'Inner')]],
  ])('%s', (_, place) => {
    const app = new App();
    const root = newStack({}, app);
    const [topicStack, queueStack] = place(root, new NestedStack(root, 'One'), new NestedStack(root, 'Two'));
    const standard = new FanOut(topicStack, 'Orders').addSubscription(new QueueSubscription(new WorkQueue(queueStack, 'Jobs')));
    const fifo = new FifoFanOut(topicStack, 'Ledger').addSubscription(new QueueSubscription(new WorkQueue(queueStack, 'Books', { ordering: Ordering.fifo() })));
    app.synth();
    expect([Stack.of(standard), Stack.of(fifo)]).toEqual([queueStack, queueStack]);
  });
});

test('two fan-outs of other stacks feed one queue: one statement, both topics, in the stack of the queue', () => {
  const app = new App();
  const queues = new Stack(app, 'Queues');
  const work = new WorkQueue(queues, 'Jobs');
  const fanOuts = ['A', 'B'].map(id => new FanOut(new Stack(app, id), 'Orders'));
  fanOuts.forEach(fanOut => fanOut.addSubscription(new QueueSubscription(work)));
  app.synth();
  expect(statements(queues, 'AWS::SQS::QueuePolicy', 'sns.amazonaws.com').map(s => s.Condition.ArnLike['aws:SourceArn'].length)).toEqual([2, 2]);
});

test('stages do not meet', () => {
  const app = new App();
  const bytes = ['Beta', 'Prod'].map(id => {
    const stage = new Stage(app, id);
    const topics = new Stack(stage, 'Topics');
    const queues = new Stack(stage, 'Queues');
    new FanOut(topics, 'Orders').addSubscription(new QueueSubscription(new WorkQueue(queues, 'Jobs')));
    return stage.synth().stacks.map(stack => JSON.stringify(stack.template).replaceAll(id, ''));
  });
  expect(bytes[0]).toHaveLength(2);
});

describe('another account or Region', () => {
  const place = (account: string, region: string) => {
    const app = new App();
    const topics = new Stack(app, 'Topics', { env: { account: ACCOUNT, region: 'us-east-1' } });
    const queues = new Stack(app, 'Queues', { env: { account, region } });
    return { app, topics, queues };
  };

  test.each([[ACCOUNT, REGION], [OTHER_ACCOUNT, 'us-east-1']])('%s %s: a topic needs a name, nothing is left without one, and with one it works', (account, region) => {
    const { app, topics, queues } = place(account, region);
    const queue = new WorkQueue(queues, 'Books', { ordering: Ordering.fifo() });
    const unnamed = new FifoFanOut(topics, 'Unnamed');
    const before = tree(app);
    for (let i = 0; i < 2; i++) {
      const subscriptionDeadLetters = SubscriptionDeadLetters.none('tested elsewhere');
      expect(refusal(() => unnamed.addSubscription(new QueueSubscription(queue, { subscriptionDeadLetters })))).toMatchObject({
        construct: 'QueueSubscription',
        path: `${queue.node.path}/${Names.nodeUniqueId(unnamed.node.findChild('Topic').node)}`,
        problems: [{
          prop: 'topic',
          got: expect.stringMatching(/^'Topics\/Unnamed\/Topic' in aws:\/\/111111111111\/us-east-1.*topicName/),
          allowed: expect.stringContaining(`aws://${account}/${region}`),
        }],
      });
    }
    expect(tree(app)).toEqual(before);
    expect(unnamed.subscriptions).toEqual([]);
    expect(warnings(app)).toEqual([]);

    const subscriptionDeadLetters = SubscriptionDeadLetters.none('tested elsewhere');
    const subscription = new FifoFanOut(topics, 'Ledger', { topicName: 'ledger.fifo' }).addSubscription(new QueueSubscription(queue, { subscriptionDeadLetters }));
    app.synth();
    // Not that of the topic without a name, which was refused.
    expect(statements(queues, 'AWS::SQS::QueuePolicy', 'sns.amazonaws.com').map(s => JSON.stringify(s.Condition.ArnLike).match(/[a-z]+\.fifo/g))).toEqual([['ledger.fifo']]);
    expect(resourceOf(subscription).Properties.TopicArn).toEqual({ 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:sns:us-east-1:${ACCOUNT}:ledger.fifo`]] });
    expect(resourceOf(subscription).Properties.Region).toBe(region === 'us-east-1' ? undefined : 'us-east-1');
  });

  test('the topic too, where only the policy of the queue is there', () => {
    const { topics, queues } = place(ACCOUNT, REGION);
    const queue = new WorkQueue(queues, 'Named', { queueName: 'jobs' });
    expect(refusal(() => new sns.Topic(topics, 'Topic').addSubscription(new QueueSubscription(queue))).problems).toContainEqual(expect.objectContaining({
      prop: 'topic',
      got: expect.stringMatching(`^'Topics/Topic' in aws://${ACCOUNT}/us-east-1.*topicName`),
      allowed: expect.stringContaining(`aws://${ACCOUNT}/${REGION}`),
    }));
  });

  test('a name that CDK makes up when it is needed', () => {
    const { app, topics, queues } = place(ACCOUNT, REGION);
    FanOut.fromTopic(topics, 'Orders', new sns.Topic(topics, 'Topic', { topicName: PhysicalName.GENERATE_IF_NEEDED }))
      .addSubscription(new QueueSubscription(new WorkQueue(queues, 'Jobs'), { subscriptionDeadLetters: SubscriptionDeadLetters.none('tested elsewhere') }));
    app.synth();
  });
});

test('a queue of another kind in another stack is refused there and leaves nothing', () => {
  const app = new App();
  const fanOut = new FanOut(new Stack(app, 'Topics'), 'Orders');
  const queue = new sqs.Queue(new Stack(app, 'Queues'), 'Queue', { fifo: true });
  const before = tree(app);
  expect(refusal(() => fanOut.addSubscription(new QueueSubscription(queue)))).toMatchObject({
    construct: 'QueueSubscription', path: expect.stringMatching(/^Queues\/Queue\/TopicsOrdersTopic[A-F0-9]{8}$/), problems: [{ prop: 'queue' }],
  });
  expect(tree(app)).toEqual(before);
});
