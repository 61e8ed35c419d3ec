import { Annotations, App, Aspects, Aws, CfnParameter, Duration, RemovalPolicy, Stack, Stage } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { ACCOUNT, ENV, OTHER_ACCOUNT, REGION, newStack, only, refusal, refusedAtSynth, resourceOf, resources, statementIn, statements, tree, warnings } from './support';
import { Encryption } from '../../src/access';
import { FanOut, FifoFanOut, FilterPolicy, QueueSubscription, QueueSubscriptionProps, Replay, SubscriptionDeadLetters } from '../../src/fanout';
import { DeadLetters, Ordering, SharedDeadLetterQueue, WorkQueue } from '../../src/queues';
import { WITH_FLAGS, writtenPartitions } from '../support/flag-differences';
import { ReportedProblem } from '../support/problems';

/** Where subscriptions are: under their queue. */
const PLACE = expect.stringMatching(/^Stack\/\w+\/StackT\w+$/);

/** What is given to a topic and to its subscription. */
interface Subscribing extends QueueSubscriptionProps {
  readonly topic: sns.ITopic;
  readonly queue: sqs.IQueue;
}

const add = ({ topic, queue, ...props }: Subscribing) => topic.addSubscription(new QueueSubscription(queue, props));

function subscribe(stack: Stack, queue: sqs.IQueue, props: QueueSubscriptionProps = {}, topic: sns.ITopic = new sns.Topic(stack, 'Topic')) {
  return add({ topic, queue, ...props });
}

function refused(make: (stack: Stack) => Subscribing, stack = newStack({ env: ENV })): ReportedProblem[] {
  const given = make(stack);
  const before = tree(stack);
  const { construct, path, problems } = refusal(() => add(given));
  expect({ construct, path }).toEqual({ construct: 'QueueSubscription', path: expect.stringContaining(given.queue.node.path) });
  expect(tree(stack)).toEqual(before);
  return problems;
}

describe('defaults', () => {
  test('of a work queue: its dead-letter queue, complete policies, in that order', () => {
    const stack = newStack();
    const topic = new sns.Topic(stack, 'Topic');
    const queue = new WorkQueue(stack, 'Jobs');
    const { deadLetterQueue } = queue;
    const subscription = subscribe(stack, queue, {}, topic);

    expect(subscription.deadLetterQueue!.node).toBe(deadLetterQueue!.node);
    const resource = resourceOf(subscription);
    expect(resource.Properties).toEqual({
      TopicArn: stack.resolve(topic.topicArn),
      Endpoint: stack.resolve(queue.queueArn),
      Protocol: 'sqs',
      RawMessageDelivery: false,
      RedrivePolicy: { deadLetterTargetArn: stack.resolve(deadLetterQueue!.queueArn) },
    });
    expect(resource.DependsOn).toEqual(Object.keys(resources(stack, 'AWS::SQS::QueuePolicy')).sort());
    for (const target of [queue, deadLetterQueue!]) {
      const allow = statements(stack, 'AWS::SQS::QueuePolicy', 'sns.amazonaws.com').filter(s => JSON.stringify(s.Resource) === JSON.stringify(stack.resolve(target.queueArn)));
      expect(allow).toEqual([{
        Effect: 'Allow',
        Principal: { Service: 'sns.amazonaws.com' },
        Action: 'sqs:SendMessage',
        Resource: stack.resolve(target.queueArn),
        Condition: {
          ArnLike: { 'aws:SourceArn': stack.resolve(topic.topicArn) },
          StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
        },
      }]);
    }
  });

  test('of a queue without dead-letter queue: one of its own, 14 days, TLS only, SSE-SQS', () => {
    const stack = newStack();
    const subscription = subscribe(stack, new sqs.Queue(stack, 'Queue', { enforceSSL: true }));
    expect(resourceOf(subscription.deadLetterQueue!)).toMatchObject({
      DeletionPolicy: 'Delete', Properties: { MessageRetentionPeriod: 1_209_600, SqsManagedSseEnabled: true },
    });
    expect(resourceOf(subscription.deadLetterQueue!).Properties.FifoQueue).toBeUndefined();
    expect(statements(stack, 'AWS::SQS::QueuePolicy').filter(s => s.Effect === 'Deny')).toHaveLength(2);
    expect(statements(stack, 'AWS::SQS::QueuePolicy', 'sns.amazonaws.com')).toHaveLength(2);
  });

  test('undefined is the default, false is given', () => {
    const stack = newStack();
    subscribe(stack, new sqs.Queue(stack, 'Queue'), { rawMessageDelivery: undefined, filterPolicy: undefined, subscriptionDeadLetters: undefined, replay: undefined });
    expect(only(stack, 'AWS::SNS::Subscription').Properties).toMatchObject({ RawMessageDelivery: false, RedrivePolicy: expect.anything() });
  });
});

describe('overrides', () => {
  test.each([[true, true], [false, false]])('raw delivery %p', (rawMessageDelivery, expected) => {
    const stack = newStack();
    subscribe(stack, new sqs.Queue(stack, 'Queue'), { rawMessageDelivery });
    expect(only(stack, 'AWS::SNS::Subscription').Properties.RawMessageDelivery).toBe(expected);
  });

  test('a dead-letter queue of its own, though the queue has one', () => {
    const stack = newStack();
    const work = new WorkQueue(stack, 'Jobs');
    const subscription = subscribe(stack, work, { subscriptionDeadLetters: SubscriptionDeadLetters.dedicated() });
    expect(subscription.deadLetterQueue!.node).not.toBe(work.deadLetterQueue!.node);
    expect(subscription.deadLetterQueue!.node.path).toMatch(/^Stack\/Jobs\/.*StackTopic\w+\/DeadLetterQueue$/);
  });

  test('the same as the queue', () => {
    const stack = newStack();
    const work = new WorkQueue(stack, 'Jobs');
    const { deadLetterQueue } = subscribe(stack, work, { subscriptionDeadLetters: SubscriptionDeadLetters.sameAsQueue() });
    expect(deadLetterQueue!.node).toBe(work.deadLetterQueue!.node);
    Template.fromStack(stack).resourceCountIs('AWS::SQS::Queue', 2);
  });

  test('an existing one: a statement in each policy', () => {
    const stack = newStack();
    const dead = new sqs.Queue(stack, 'Dead');
    const subscription = subscribe(stack, new sqs.Queue(stack, 'Queue'), { subscriptionDeadLetters: SubscriptionDeadLetters.existing(dead) });
    expect(subscription.deadLetterQueue!.node).toBe(dead.node);
    expect(statements(stack, 'AWS::SQS::QueuePolicy', 'sns.amazonaws.com')).toHaveLength(2);
  });

  test.each([
    [undefined, 'Delete'], [RemovalPolicy.DESTROY, 'Delete'], [RemovalPolicy.RETAIN, 'Retain'], [RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE, 'RetainExceptOnCreate'],
  ])('a dead-letter queue of its own has the removal policy of the queue: %p', (removalPolicy, expected) => {
    const stack = newStack();
    const { deadLetterQueue } = subscribe(stack, new sqs.Queue(stack, 'Queue', { removalPolicy }));
    expect(resourceOf(deadLetterQueue!).DeletionPolicy).toBe(expected);
  });

  test('with an imported queue, it is deleted', () => {
    const stack = newStack();
    const { deadLetterQueue } = subscribe(stack, sqs.Queue.fromQueueArn(stack, 'Queue', `arn:aws:sqs:${REGION}:${ACCOUNT}:q`));
    expect(resourceOf(deadLetterQueue!).DeletionPolicy).toBe('Delete');
  });

  describe.each<[string, (stack: Stack) => sns.ITopic]>([
    ['a fan-out', stack => new FanOut(stack, 'Topic')], ['a plain topic', stack => new sns.Topic(stack, 'Topic')],
  ])('SubscriptionDeadLetters.applyTo replaces its dead letters in %s', (_, make) => {
    test('with none', () => {
      const stack = newStack();
      const subscription = new QueueSubscription(new WorkQueue(stack, 'Jobs'), { rawMessageDelivery: true });
      expect(make(stack).addSubscription(SubscriptionDeadLetters.none('a cache').applyTo(subscription)).deadLetterQueue).toBeUndefined();
      const { RawMessageDelivery, RedrivePolicy } = only(stack, 'AWS::SNS::Subscription').Properties;
      expect({ RawMessageDelivery, RedrivePolicy }).toEqual({ RawMessageDelivery: true, RedrivePolicy: undefined });
    });

    test('with an existing queue, of which the outermost is used', () => {
      const stack = newStack();
      const dead = new sqs.Queue(stack, 'Dead');
      const own = new QueueSubscription(new WorkQueue(stack, 'Jobs'), { subscriptionDeadLetters: SubscriptionDeadLetters.dedicated() });
      const applied = SubscriptionDeadLetters.existing(dead).applyTo(SubscriptionDeadLetters.none('replaced').applyTo(own));
      expect(make(stack).addSubscription(applied).deadLetterQueue!.node).toBe(dead.node);
      Template.fromStack(stack).resourceCountIs('AWS::SQS::Queue', 3);
    });

    test('and is refused by its own name', () => {
      const stack = newStack();
      const applied = SubscriptionDeadLetters.none(' ').applyTo(new QueueSubscription(new WorkQueue(stack, 'Jobs')));
      expect(refusal(() => make(stack).addSubscription(applied))).toMatchObject({
        construct: 'QueueSubscription', problems: [{ prop: 'SubscriptionDeadLetters.applyTo(subscription)', allowed: expect.stringContaining('not empty') }],
      });
    });

    test('and is not ignored where another subscription contains it', () => {
      const stack = newStack();
      const inside = new QueueSubscription(new WorkQueue(stack, 'Jobs'));
      const applied = SubscriptionDeadLetters.none('a cache').applyTo({ bind: topic => inside.bind(topic) });
      expect(refusal(() => make(stack).addSubscription(applied)).problems).toMatchObject([{ prop: 'SubscriptionDeadLetters.applyTo(subscription)' }]);
    });
  });

  test('none, with a reason', () => {
    const stack = newStack();
    const none = SubscriptionDeadLetters.none('only a cache is warmed');
    const subscription = subscribe(stack, new sqs.Queue(stack, 'Queue'), { subscriptionDeadLetters: none });
    expect(none.reason).toBe('only a cache is warmed');
    expect(SubscriptionDeadLetters.dedicated().reason).toBeUndefined();
    expect(subscription.deadLetterQueue).toBeUndefined();
    expect(only(stack, 'AWS::SNS::Subscription').Properties.RedrivePolicy).toBeUndefined();
    expect(only(stack, 'AWS::SQS::Queue')).toBeDefined();
  });
});

describe('refused', () => {
  const standard = (stack: Stack) => new sns.Topic(stack, 'Topic');
  const fifo = (stack: Stack) => new sns.Topic(stack, 'Topic', { fifo: true });
  const sqsManaged = (stack: Stack, id: string, props: sqs.QueueProps = {}) =>
    new sqs.Queue(stack, id, { encryption: sqs.QueueEncryption.KMS_MANAGED, ...props });
  const dead = (subscriptionDeadLetters: SubscriptionDeadLetters) => (stack: Stack) => ({ topic: standard(stack), queue: new sqs.Queue(stack, 'Queue'), subscriptionDeadLetters });
  const elsewhere = (arn: string) => (stack: Stack) => dead(SubscriptionDeadLetters.existing(sqs.Queue.fromQueueArn(stack, 'Dead', arn)))(stack);
  const problem = (prop: 'queue' | 'subscriptionDeadLetters' | 'replay', got: string, allowed: string | RegExp) => ({
    prop, got: expect.stringContaining(got), allowed: expect.stringMatching(allowed),
  });
  const AWS_KEY = /SSE-SQS.*customer key/;
  const KNOWN = 'existing\\(\\)';
  const REASON = 'not empty';
  const ARCHIVE = 'a FIFO topic with an archive';

  test.each<[string, (stack: Stack) => Subscribing, ReturnType<typeof problem>]>([
    ['a FIFO queue on a standard topic', stack => ({ topic: standard(stack), queue: new sqs.Queue(stack, 'Queue', { fifo: true }) }),
      problem('queue', "FIFO queue 'Stack/Queue'", /^a standard queue/)],
    ['an imported FIFO queue on a standard topic', stack => ({ topic: standard(stack), queue: sqs.Queue.fromQueueArn(stack, 'Queue', `arn:aws:sqs:${REGION}:${ACCOUNT}:q.fifo`) }),
      problem('queue', "FIFO queue 'Stack/Queue'", /^a standard queue/)],
    ['a queue with the AWS managed key', stack => ({ topic: standard(stack), queue: sqsManaged(stack, 'Queue') }), problem('queue', "'Stack/Queue'", AWS_KEY)],
    ['dead letters in a queue with the AWS managed key', stack => dead(SubscriptionDeadLetters.existing(sqsManaged(stack, 'Dead')))(stack),
      problem('subscriptionDeadLetters', "'Stack/Dead'", AWS_KEY)],
    ['a FIFO queue for dead letters of a standard topic', stack => dead(SubscriptionDeadLetters.existing(new sqs.Queue(stack, 'Dead', { fifo: true })))(stack),
      problem('subscriptionDeadLetters', "FIFO queue 'Stack/Dead'", /^a standard queue/)],
    ['a standard queue for dead letters of a FIFO topic', stack => ({
      topic: fifo(stack), queue: new sqs.Queue(stack, 'Queue'), subscriptionDeadLetters: SubscriptionDeadLetters.existing(new sqs.Queue(stack, 'Dead')),
    }), problem('subscriptionDeadLetters', "standard queue 'Stack/Dead'", /^a FIFO queue/)],
    ['the standard dead-letter queue of the queue for a FIFO topic', stack => ({
      topic: fifo(stack), queue: new WorkQueue(stack, 'Jobs'), subscriptionDeadLetters: SubscriptionDeadLetters.sameAsQueue(),
    }), problem('subscriptionDeadLetters', "standard queue 'Stack/Jobs/DeadLetterQueue'", /^a FIFO queue/)],
    ['dead letters in another account', elsewhere(`arn:aws:sqs:${REGION}:${OTHER_ACCOUNT}:d`), problem('subscriptionDeadLetters', OTHER_ACCOUNT, ACCOUNT)],
    ['dead letters in another Region', elsewhere(`arn:aws:sqs:us-east-1:${ACCOUNT}:d`), problem('subscriptionDeadLetters', 'us-east-1', REGION)],
    ['the same as a queue without', dead(SubscriptionDeadLetters.sameAsQueue()), problem('subscriptionDeadLetters', 'sameAsQueue()', KNOWN)],
    ['the same as an imported queue', stack => ({
      topic: standard(stack), queue: sqs.Queue.fromQueueArn(stack, 'Queue', `arn:aws:sqs:${REGION}:${ACCOUNT}:q`), subscriptionDeadLetters: SubscriptionDeadLetters.sameAsQueue(),
    }), problem('subscriptionDeadLetters', 'sameAsQueue()', KNOWN)],
    ['none without reason', dead(SubscriptionDeadLetters.none('')), problem('subscriptionDeadLetters', "''", REASON)],
    ['none with a blank reason', dead(SubscriptionDeadLetters.none('  ')), problem('subscriptionDeadLetters', "'  '", REASON)],
    ['dead letters in the queue itself', stack => {
      const queue = new sqs.Queue(stack, 'Queue');
      return { topic: standard(stack), queue, subscriptionDeadLetters: SubscriptionDeadLetters.existing(queue) };
    }, problem('subscriptionDeadLetters', "'Stack/Queue'", /another queue/)],
    ['dead letters in the queue itself, by another import', stack => {
      const importing = (id: string) => sqs.Queue.fromQueueArn(stack, id, `arn:aws:sqs:${REGION}:${ACCOUNT}:q`);
      return { topic: standard(stack), queue: importing('Queue'), subscriptionDeadLetters: SubscriptionDeadLetters.existing(importing('Dead')) };
    }, problem('subscriptionDeadLetters', "'Stack/Dead'", /another queue/)],
    ['a replay of a standard topic', stack => ({ topic: standard(stack), queue: new sqs.Queue(stack, 'Queue'), replay: Replay.since(new Date(0)) }),
      problem('replay', 'a standard topic', ARCHIVE)],
    ['a replay of a topic without archive', stack => ({ topic: fifo(stack), queue: new sqs.Queue(stack, 'Queue'), replay: Replay.since(new Date(0)) }),
      problem('replay', "'Stack/Topic'", ARCHIVE)],
    ['a queue by an ARN of another service', stack => ({ topic: standard(stack), queue: sqs.Queue.fromQueueArn(stack, 'Queue', `arn:aws:sns:${REGION}:${ACCOUNT}:q`) }),
      problem('queue', 'sns', 'an ARN of sqs')],
  ])('%s', (_, make, expected) => {
    expect(refused(make)).toMatchObject([expected]);
  });

  test('a queue that is subscribed to the topic already', () => {
    const stack = newStack();
    const topic = standard(stack);
    const queue = new sqs.Queue(stack, 'Queue');
    topic.addSubscription(new QueueSubscription(queue));
    expect(refused(() => ({ topic, queue }), stack)).toMatchObject([problem('queue', "'Stack/Queue', which 'Stack/Queue/", 'once for each topic')]);
    // Neither another topic nor the same ARN made of pseudo parameters in another stack is the same subscription.
    expect(() => new sns.Topic(stack, 'Other').addSubscription(new QueueSubscription(queue))).not.toThrow();
    for (const id of ['A', 'B']) {
      const other = new Stack(stack.node.root as App, id);
      const imported = (service: string, resource: string) => `arn:aws:${service}:${Aws.REGION}:${Aws.ACCOUNT_ID}:${resource}`;
      FanOut.fromTopic(other, 'FanOut', sns.Topic.fromTopicArn(other, 'T', imported('sns', 't')))
        .addSubscription(new QueueSubscription(sqs.Queue.fromQueueArn(other, 'Q', imported('sqs', 'q'))));
    }
  });

  test('the dead-letter queue of the queue is not the default where SNS could not send to it', () => {
    const stack = newStack();
    const queue = new sqs.Queue(stack, 'Queue', { deadLetterQueue: { maxReceiveCount: 3, queue: sqsManaged(stack, 'Dead') } });
    expect(subscribe(stack, queue).deadLetterQueue!.node.path).toMatch(/^Stack\/\w+\/StackTopic\w+\/DeadLetterQueue$/);
  });

  test('every failure in one message', () => {
    expect(refused(stack => ({
      topic: standard(stack), queue: sqsManaged(stack, 'Queue', { fifo: true }), filterPolicy: FilterPolicy.onAttributes({}), subscriptionDeadLetters: SubscriptionDeadLetters.none(''),
    })).map(({ prop }) => prop)).toEqual(['queue', 'queue', 'filterPolicy', 'subscriptionDeadLetters']);
  });
});

describe('replay', () => {
  const render = (replay: Replay) => {
    const stack = newStack();
    subscribe(stack, new sqs.Queue(stack, 'Queue', { fifo: true }), { replay }, new sns.Topic(stack, 'Topic', { fifo: true, messageRetentionPeriodInDays: 1 }));
    return only(stack, 'AWS::SNS::Subscription').Properties.ReplayPolicy;
  };
  const start = new Date('2026-01-31T00:00:00Z');
  const end = new Date('2026-01-31T00:00:00.001Z');

  test('since a time', () => {
    expect(render(Replay.since(start))).toEqual({ PointType: 'Timestamp', StartingPoint: '2026-01-31T00:00:00.000Z' });
  });

  test('since the beginning of time, which is zero and not nothing', () => {
    expect(render(Replay.since(new Date(0))).StartingPoint).toBe('1970-01-01T00:00:00.000Z');
  });

  test('until the last year of four digits', () => {
    expect(render(Replay.between(start, new Date('9999-12-31T23:59:59.999Z'))).EndingPoint).toBe('9999-12-31T23:59:59.999Z');
  });

  test('between two times', () => {
    expect(render(Replay.between(start, end))).toEqual({ PointType: 'Timestamp', StartingPoint: '2026-01-31T00:00:00.000Z', EndingPoint: '2026-01-31T00:00:00.001Z' });
  });

  test.each<[string, Replay, RegExp]>([
    ['an end that is the start', Replay.between(start, start), /after the start at 2026-01-31T00:00:00\.000Z$/],
    ['an end before the start', Replay.between(end, start), /after the start at 2026-01-31T00:00:00\.001Z$/],
    ['a date that is none', Replay.since(new Date('x')), /dates$/],
    ['an end that is no date', Replay.between(start, new Date(NaN)), /dates$/],
    ['a year of five digits', Replay.since(new Date('+010000-01-01T00:00:00Z')), /years 0 to 9999$/],
    ['an end in such a year', Replay.between(start, new Date(8.64e15)), /years 0 to 9999$/],
    ['a year before 0', Replay.since(new Date(-8.64e15)), /years 0 to 9999$/],
  ])('%s is refused', (_, replay, allowed) => {
    expect(refused(stack => ({ topic: new sns.Topic(stack, 'T', { fifo: true, messageRetentionPeriodInDays: 1 }), queue: new sqs.Queue(stack, 'Q', { fifo: true }), replay })))
      .toMatchObject([{ prop: 'replay', allowed: expect.stringMatching(allowed) }]);
  });

  test('from an imported topic, whose archive is not known', () => {
    const stack = newStack();
    const topic = sns.Topic.fromTopicArn(stack, 'Topic', `arn:aws:sns:${REGION}:${ACCOUNT}:t.fifo`);
    expect(() => subscribe(stack, new sqs.Queue(stack, 'Queue'), { replay: Replay.since(start) }, topic)).not.toThrow();
  });
});

describe('customer keys', () => {
  test('of the queue: for its dead-letter queue too, one statement, by account and the topics of the Region', () => {
    const stack = newStack({ env: ENV });
    const work = new WorkQueue(stack, 'Jobs', { encryption: Encryption.customerManaged() });
    subscribe(stack, work);
    expect(statements(stack, 'AWS::KMS::Key', 'sns.amazonaws.com')).toEqual([{
      Effect: 'Allow',
      Principal: { Service: 'sns.amazonaws.com' },
      Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
      Resource: '*',
      Condition: {
        ArnLike: { 'aws:SourceArn': { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:sns:${REGION}:${ACCOUNT}:*`]] } },
        StringEquals: { 'aws:SourceAccount': ACCOUNT },
      },
    }]);
  });

  test('a dedicated dead-letter queue uses it as well', () => {
    const stack = newStack();
    const key = new kms.Key(stack, 'Key');
    const subscription = subscribe(stack, new sqs.Queue(stack, 'Queue', { encryptionMasterKey: key }));
    expect(resourceOf(subscription.deadLetterQueue!).Properties).toMatchObject({ KmsMasterKeyId: stack.resolve(key.keyArn) });
    expect(resourceOf(subscription.deadLetterQueue!).Properties.SqsManagedSseEnabled).toBeUndefined();
    expect(statements(stack, 'AWS::KMS::Key', 'sns.amazonaws.com')).toHaveLength(1);
  });

  test('two keys: a statement in each', () => {
    const stack = newStack();
    const dead = new sqs.Queue(stack, 'Dead', { encryption: sqs.QueueEncryption.KMS });
    subscribe(stack, new sqs.Queue(stack, 'Queue', { encryption: sqs.QueueEncryption.KMS }), { subscriptionDeadLetters: SubscriptionDeadLetters.existing(dead) });
    const counts = Object.values(resources(stack, 'AWS::KMS::Key')).map(key => JSON.stringify(key.Properties.KeyPolicy).split('sns.amazonaws.com').length - 1);
    expect(counts).toEqual([1, 1]);
  });

  test.each([[`arn:aws:kms:us-east-1:${ACCOUNT}:key/1`, 'us-east-1', ACCOUNT], [`arn:aws:kms:${REGION}:${OTHER_ACCOUNT}:key/1`, REGION, OTHER_ACCOUNT]])(
    'a dedicated dead-letter queue does not use %s, which is not here', (keyArn, region, account) => {
      const stack = newStack({ env: ENV });
      const queue = sqs.Queue.fromQueueAttributes(stack, 'Queue', { queueArn: `arn:aws:sqs:${region}:${account}:q`, keyArn });
      const { deadLetterQueue } = subscribe(stack, queue);
      expect(resourceOf(deadLetterQueue!).Properties).toMatchObject({ SqsManagedSseEnabled: true });
      expect(resourceOf(deadLetterQueue!).Properties.KmsMasterKeyId).toBeUndefined();
    });
});

describe('imported queues', () => {
  const importing = (account: string, keyArn?: string, options?: QueueSubscriptionProps) => {
    const stack = newStack({ env: ENV });
    const topic = new sns.Topic(stack, 'Topic');
    const queue = sqs.Queue.fromQueueAttributes(stack, 'Queue', { queueArn: `arn:aws:sqs:${REGION}:${account}:q`, keyArn });
    const subscription = subscribe(stack, queue, options, topic);
    return { stack, topic, subscription };
  };

  test.each([ACCOUNT, OTHER_ACCOUNT])('of account %s: the warning carries the exact statement', account => {
    const { stack, topic, subscription } = importing(account);
    const [{ id, path, text }, ...rest] = warnings(stack).filter(warning => warning.id !== 'QueueSubscription.otherAccountQueue');
    expect([id, path, rest]).toEqual(['QueueSubscription.importedPolicy', PLACE, []]);
    expect(text).toContain("'Stack/Queue'");
    expect(statementIn(text)).toEqual({
      Effect: 'Allow',
      Principal: { Service: 'sns.amazonaws.com' },
      Action: 'sqs:SendMessage',
      Resource: `arn:aws:sqs:${REGION}:${account}:q`,
      Condition: {
        ArnLike: { 'aws:SourceArn': `\${${stack.getLogicalId(topic.node.defaultChild as sns.CfnTopic)}}` },
        StringEquals: { 'aws:SourceAccount': ACCOUNT },
      },
    });
    expect(resourceOf(subscription).Properties.Endpoint).toBe(`arn:aws:sqs:${REGION}:${account}:q`);
    // The dead letters of the subscription stay here, whose policy can be written.
    expect(statements(stack, 'AWS::SQS::QueuePolicy', 'sns.amazonaws.com')).toHaveLength(1);
  });

  test('with an imported key: a second warning carries its statement', () => {
    const { stack } = importing(ACCOUNT, `arn:aws:kms:${REGION}:${ACCOUNT}:key/1`, { subscriptionDeadLetters: SubscriptionDeadLetters.none('tested elsewhere') });
    const [policy, key, ...rest] = warnings(stack);
    expect([policy.id, key.id, key.path, rest]).toEqual(['QueueSubscription.importedPolicy', 'QueueSubscription.importedKey', PLACE, []]);
    expect(key.text).toContain("'Stack/Queue'");
    expect(statementIn(key.text)).toEqual({
      Effect: 'Allow',
      Principal: { Service: 'sns.amazonaws.com' },
      Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
      Resource: '*',
      Condition: { ArnLike: { 'aws:SourceArn': `arn:\${AWS::Partition}:sns:${REGION}:${ACCOUNT}:*` }, StringEquals: { 'aws:SourceAccount': ACCOUNT } },
    });
  });

  test('the warnings can be acknowledged', () => {
    const { stack } = importing(ACCOUNT, `arn:aws:kms:${REGION}:${ACCOUNT}:key/1`);
    expect(warnings(stack)).toHaveLength(2);
    Annotations.of(stack).acknowledgeWarning('cdk-decouple:QueueSubscription.importedPolicy', 'is there');
    Annotations.of(stack).acknowledgeWarning('cdk-decouple:QueueSubscription.importedKey', 'is there');
    expect(warnings(stack)).toEqual([]);
  });

  test('by an ARN only known at deployment', () => {
    const stack = newStack();
    subscribe(stack, sqs.Queue.fromQueueArn(stack, 'Queue', new CfnParameter(stack, 'Arn').valueAsString));
    expect(only(stack, 'AWS::SNS::Subscription').Properties).toMatchObject({ Endpoint: { Ref: 'Arn' } });
    expect(warnings(stack)).toHaveLength(1);
  });
});

describe('other accounts', () => {
  const warned = (topicAccount: string, queueAccount: string, stack = newStack({ env: ENV })) => {
    const topic = sns.Topic.fromTopicArn(stack, 'Topic', `arn:aws:sns:${REGION}:${topicAccount}:t`);
    const queue = sqs.Queue.fromQueueArn(stack, 'Queue', `arn:aws:sqs:${REGION}:${queueAccount}:q`);
    subscribe(stack, queue, {}, topic);
    return { stack, warned: warnings(stack).filter(warning => warning.id.startsWith('QueueSubscription.otherAccount')) };
  };

  test('none is warned of where none is known', () => {
    expect(warned(ACCOUNT, ACCOUNT).warned).toEqual([]);
    expect(warned(OTHER_ACCOUNT, OTHER_ACCOUNT, newStack()).warned).toEqual([]);
  });

  test('a queue of another account: the subscription has to be confirmed', () => {
    const [{ id, path, text }, ...rest] = warned(ACCOUNT, OTHER_ACCOUNT).warned;
    expect([id, path, rest]).toEqual(['QueueSubscription.otherAccountQueue', PLACE, []]);
    expect(text).toMatch(new RegExp(`'Stack/Queue'.*${OTHER_ACCOUNT}.*${ACCOUNT}`));
  });

  test('a topic of another account: the warning carries the statement, and both can be acknowledged', () => {
    const { stack, warned: [{ id, path, text }, ...rest] } = warned(OTHER_ACCOUNT, ACCOUNT);
    expect([id, path, rest]).toEqual(['QueueSubscription.otherAccountTopic', PLACE, []]);
    expect(text).toMatch(new RegExp(`'Stack/Topic'.*${OTHER_ACCOUNT}`));
    expect(statementIn(text)).toEqual({
      Effect: 'Allow',
      Principal: { AWS: `arn:\${AWS::Partition}:iam::${ACCOUNT}:root` },
      Action: 'sns:Subscribe',
      Resource: `arn:aws:sns:${REGION}:${OTHER_ACCOUNT}:t`,
      Condition: {
        StringEquals: { 'sns:Protocol': 'sqs' },
        StringLike: { 'sns:Endpoint': [`arn:\${AWS::Partition}:sqs:${REGION}:${ACCOUNT}:q`] },
      },
    });
    Annotations.of(stack).acknowledgeWarning('cdk-decouple:QueueSubscription.otherAccountTopic', 'is there');
    expect(warnings(stack).map(warning => warning.id)).toEqual(['QueueSubscription.importedPolicy']);
  });
});

describe('topics of this app, queues of other accounts', () => {
  const THIRD_ACCOUNT = '333333333333';
  const subscribeOf = (stack: Stack) => statements(stack, 'AWS::SNS::TopicPolicy').filter(s => s.Action === 'sns:Subscribe');
  const root = (account: string) => ({ 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:iam::${account}:root`]] });

  const endpoint = (account: string, name: string, region = REGION) => ({ 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:sqs:${region}:${account}:${name}`]] });
  /** The conditions of `sns:Subscribe`, by account. */
  const conditions = (stack: Stack) => Object.fromEntries(subscribeOf(stack).map(({ Principal, Condition }) => [/\d{12}/.exec(JSON.stringify(Principal))![0], Condition]));
  const allowed = (...endpoints: unknown[]) => ({ StringEquals: { 'sns:Protocol': 'sqs' }, StringLike: { 'sns:Endpoint': endpoints } });
  /** A topic with a name, and a stack in each account. */
  const topicAnd = (accounts: string[], flags: Record<string, boolean> = {}) => {
    const app = new App({ context: flags });
    const topics = new Stack(app, 'Topics', { env: ENV });
    const fanOut = new FanOut(topics, 'Orders', { topicName: 'orders' });
    const stacks = accounts.map((account, i) => new Stack(app, `Queues${i}`, { env: { account, region: REGION } }));
    return { app, topics, fanOut, stacks };
  };

  test.each([[false], [true]])('one statement for each account names its queues, nothing refers to them, and they wait for it (minimizePolicies: %p)', minimize => {
    const { app, topics, fanOut, stacks } = topicAnd([OTHER_ACCOUNT, THIRD_ACCOUNT, OTHER_ACCOUNT, THIRD_ACCOUNT], { '@aws-cdk/aws-iam:minimizePolicies': minimize });
    fanOut.addQueue('Own');
    stacks.forEach((stack, i) => fanOut.addSubscription(new QueueSubscription(new WorkQueue(stack, 'Jobs', { queueName: `jobs-${i}` }))));
    const statement = (account: string, ...names: string[]) => ({
      Sid: expect.any(String),
      Effect: 'Allow',
      Principal: { AWS: root(account) },
      Action: 'sns:Subscribe',
      Resource: topics.resolve(fanOut.topicArn),
      Condition: allowed(...names.map(name => endpoint(account, name))),
    });
    expect(subscribeOf(topics)).toEqual([statement(OTHER_ACCOUNT, 'jobs-0', 'jobs-2'), statement(THIRD_ACCOUNT, 'jobs-1', 'jobs-3')]);
    expect(stacks.map(stack => stack.dependencies)).toEqual([[topics], [topics], [topics], [topics]]);
    expect(topics.dependencies).toEqual([]);
    expect(warnings(app)).toEqual([]);
    app.synth();
  });

  test('a work queue without a name of its own is told by its construct path, and another queue by nothing', () => {
    const { app, topics, fanOut, stacks: [stack, other] } = topicAnd([OTHER_ACCOUNT, THIRD_ACCOUNT]);
    fanOut.addSubscription(new QueueSubscription(new WorkQueue(stack, 'Jobs')));
    fanOut.addSubscription(new QueueSubscription(new sqs.Queue(other, 'Queue')));
    const { [OTHER_ACCOUNT]: work, [THIRD_ACCOUNT]: plain } = conditions(topics);
    expect(JSON.stringify(work.StringLike['sns:Endpoint'])).toMatch(new RegExp(`:sqs:${REGION}:${OTHER_ACCOUNT}:Queues0-Jobs-[A-Za-z0-9-]+-\\*"`));
    expect(plain).toEqual(allowed(endpoint(THIRD_ACCOUNT, '*')));
    expect(topics.dependencies).toEqual([]);
    app.synth();
  });

  test('a queue that is added after the policy was rendered is named as well, and one that is added again once', () => {
    const { app, topics, fanOut, stacks: [stack] } = topicAnd([OTHER_ACCOUNT]);
    fanOut.addSubscription(new QueueSubscription(new sqs.Queue(stack, 'A', { queueName: 'a' })));
    topics.resolve(topics.node.findAll().find((one): one is sns.CfnTopicPolicy => one instanceof sns.CfnTopicPolicy)!.policyDocument);
    fanOut.addSubscription(new QueueSubscription(new sqs.Queue(stack, 'B', { queueName: 'b' })));
    FanOut.fromTopic(topics, 'Again', fanOut).addSubscription(new QueueSubscription(sqs.Queue.fromQueueArn(stack, 'Imported', `arn:aws:sqs:${REGION}:${OTHER_ACCOUNT}:b`)));
    expect(conditions(topics)).toEqual({ [OTHER_ACCOUNT]: allowed(endpoint(OTHER_ACCOUNT, 'a'), endpoint(OTHER_ACCOUNT, 'b')) });
    app.synth();
  });

  test.each<[string, (queue: sqs.CfnQueue) => void, string]>([
    ['an escape hatch', queue => queue.addPropertyOverride('QueueName', 'corp-orders'), 'corp-orders'],
    ['an escape hatch that deletes it', queue => queue.addPropertyDeletionOverride('QueueName'), '*'],
    ['an escape hatch that names a parameter', queue => queue.addPropertyOverride('QueueName', { 'Fn::Join': ['-', ['corp', { Ref: 'Name' }]] }), 'corp-*'],
    ['an escape hatch with a template', queue => queue.addPropertyOverride('QueueName', { 'Fn::Sub': 'corp-${Name}' }), 'corp-*'],
    ['a change of the L1', queue => { queue.queueName = 'corp-orders'; }, 'corp-orders'],
    ['an aspect', queue => Aspects.of(queue).add({ visit: () => { queue.queueName = 'corp-orders'; } }), 'corp-orders'],
  ])('a queue whose name was changed by %s is named as it is written, whenever that was', (_, change, name) => {
    const { app, topics, fanOut, stacks: [before, after] } = topicAnd([OTHER_ACCOUNT, THIRD_ACCOUNT], { '@aws-cdk/aws-iam:minimizePolicies': true });
    new CfnParameter(before, 'Name');
    new CfnParameter(after, 'Name');
    const [early, late] = [before, after].map(stack => new WorkQueue(stack, 'Jobs', { queueName: 'jobs' }));
    change(early.node.defaultChild as sqs.CfnQueue);
    fanOut.addSubscription(new QueueSubscription(early));
    fanOut.addSubscription(new QueueSubscription(late));
    change(late.node.defaultChild as sqs.CfnQueue);
    app.synth();
    const condition = (account: string) => allowed(endpoint(account, name));
    expect(conditions(topics)).toEqual({ [OTHER_ACCOUNT]: condition(OTHER_ACCOUNT), [THIRD_ACCOUNT]: condition(THIRD_ACCOUNT) });
    expect(topics.dependencies).toEqual([]);
  });

  test('a queue of another Region, and one of a third account that is subscribed from here', () => {
    const { topics, fanOut, stacks: [stack] } = topicAnd([OTHER_ACCOUNT]);
    const subscriptionDeadLetters = SubscriptionDeadLetters.none('tested elsewhere');
    const importing = (id: string, arn: string) => fanOut.addSubscription(new QueueSubscription(sqs.Queue.fromQueueArn(stack, `${id}Queue`, arn), { subscriptionDeadLetters }));
    importing('Far', `arn:aws:sqs:us-east-1:${OTHER_ACCOUNT}:far`);
    importing('Theirs', `arn:aws:sqs:${REGION}:${THIRD_ACCOUNT}:theirs`);
    expect(conditions(topics)).toEqual({ [OTHER_ACCOUNT]: allowed(endpoint(OTHER_ACCOUNT, 'far', 'us-east-1'), endpoint(THIRD_ACCOUNT, 'theirs')) });
  });

  test('an ARN that is only known at deployment leaves the protocol', () => {
    const { topics, fanOut, stacks: [stack] } = topicAnd([OTHER_ACCOUNT]);
    const queue = sqs.Queue.fromQueueArn(stack, 'Queue', new CfnParameter(stack, 'Arn').valueAsString);
    fanOut.addSubscription(new QueueSubscription(queue));
    expect(conditions(topics)).toEqual({ [OTHER_ACCOUNT]: allowed({ 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':sqs:*:*:*']] }) });
  });

  test('a topic of another stage is allowed as well, and nothing waits', () => {
    const app = new App();
    const topics = new Stack(new Stage(app, 'One'), 'Topics', { env: ENV });
    const queues = new Stack(new Stage(app, 'Two'), 'Queues', { env: { account: OTHER_ACCOUNT, region: REGION } });
    new FanOut(topics, 'Orders', { topicName: 'orders' }).addSubscription(new QueueSubscription(new WorkQueue(queues, 'Jobs')));
    expect(subscribeOf(topics)).toHaveLength(1);
    expect(queues.dependencies).toEqual([]);
    expect(warnings(app)).toEqual([]);
    app.synth();
  });
});

describe('the size of a queue policy', () => {
  const ours = (stack: Stack) => {
    expect(refusedAtSynth(stack)).toEqual([]);
    return warnings(stack).filter(({ id }) => id === 'QueueSubscription.policySize');
  };
  const feed = (stack: Stack, topics: sns.ITopic[]) => {
    const queue = new sqs.Queue(stack, 'Queue');
    topics.forEach(topic => topic.addSubscription(new QueueSubscription(queue, { subscriptionDeadLetters: SubscriptionDeadLetters.none('not tested here') })));
  };

  test('60 topics of generated names fit, 80 likely do not: one warning', () => {
    const stack = newStack();
    feed(stack, Array.from({ length: 60 }, (_, i) => new sns.Topic(stack, `T${i}`)));
    expect(ours(stack)).toEqual([]);
    const more = newStack();
    feed(more, Array.from({ length: 80 }, (_, i) => new sns.Topic(more, `T${i}`)));
    expect(ours(more)).toHaveLength(1);
    expect(ours(more)[0].text).toMatch(/'Stack\/Queue'.* 8192/);
    Annotations.of(more).acknowledgeWarning('cdk-decouple:QueueSubscription.policySize', 'the names are short');
    expect(ours(more)).toEqual([]);
  });

  test('ARNs that are written out are counted as they are', () => {
    const importing = (stack: Stack, count: number) => Array.from({ length: count }, (_, i) =>
      sns.Topic.fromTopicArn(stack, `T${i}`, `arn:${Aws.PARTITION}:sns:${Aws.REGION}:${Aws.ACCOUNT_ID}:${`${i}`.padStart(200, 't')}`));
    const few = newStack();
    feed(few, importing(few, 32));
    expect(ours(few)).toEqual([]);
    const many = newStack();
    feed(many, importing(many, 33));
    expect(ours(many).map(({ path }) => path)).toEqual([expect.stringMatching(/^Stack\/Queue\/StackT0/)]);
    // The true size, with the longest that the pseudo parameters are counted as.
    const PSEUDO_PARAMETERS: Record<string, string> = { 'AWS::Partition': 'aws', 'AWS::Region': 'eu-central-1', 'AWS::AccountId': ACCOUNT };
    const written = (value: unknown): unknown => {
      const { 'Fn::Join': join, 'Fn::GetAtt': attribute, Ref } = (value ?? {}) as { 'Fn::Join'?: [string, unknown[]]; 'Fn::GetAtt'?: string[]; 'Ref'?: string };
      return join ? join[1].map(written).join('') : attribute ? 'x'.repeat(110) : Ref ? PSEUDO_PARAMETERS[Ref] : value;
    };
    const size = (stack: Stack) => JSON.stringify(only(stack, 'AWS::SQS::QueuePolicy').Properties.PolicyDocument, (_, value) => written(value)).length;
    expect([size(few) <= 8192, size(many) > 8192]).toEqual([true, true]);
  });
});

describe('100 subscriptions of a FIFO topic', () => {
  test('are counted for the topic, whoever subscribes', () => {
    const stack = newStack();
    const topic = new sns.Topic(stack, 'Topic', { fifo: true });
    const queue = (i: number) => sqs.Queue.fromQueueArn(stack, `Q${i}`, `arn:aws:sqs:${REGION}:${ACCOUNT}:q${i}`);
    const subscriptionDeadLetters = SubscriptionDeadLetters.none('not tested here');
    const one = FifoFanOut.fromTopic(stack, 'One', topic);
    const two = FifoFanOut.fromTopic(stack, 'Two', topic);
    for (let i = 0; i < 99; i++) (i < 50 ? one : two).addSubscription(new QueueSubscription(queue(i), { subscriptionDeadLetters }));
    const last = queue(99);
    // What is refused does not count.
    refusal(() => topic.addSubscription(new QueueSubscription(last, { subscriptionDeadLetters: SubscriptionDeadLetters.none('') })));
    topic.addSubscription(new QueueSubscription(last, { subscriptionDeadLetters }));
    const full = { got: expect.stringContaining('101'), allowed: expect.stringMatching(/^at most 100 /) };
    expect(refusal(() => one.addQueue('More'))).toMatchObject({ construct: 'QueueSubscription', path: 'Stack/One/More/Subscription', problems: [{ prop: 'topic', ...full }] });
    const more = queue(100);
    expect(refused(() => ({ topic, queue: more, subscriptionDeadLetters }), stack)).toMatchObject([{ prop: 'topic', ...full }]);
  });
});

describe('one queue, many topics', () => {
  test.each([[false], [true]])('25 topics make one statement (minimizePolicies: %p)', minimize => {
    const app = new App({ context: { '@aws-cdk/aws-iam:minimizePolicies': minimize } });
    const stack = newStack({}, app);
    const work = new WorkQueue(stack, 'Jobs', { encryption: Encryption.customerManaged() });
    const topics = Array.from({ length: 25 }, (_, i) => new sns.Topic(stack, `Topic${i}`));
    topics.forEach(topic => topic.addSubscription(new QueueSubscription(work)));
    const allow = statements(stack, 'AWS::SQS::QueuePolicy', 'sns.amazonaws.com');
    expect(allow).toHaveLength(2);
    for (const statement of allow) {
      expect(statement.Condition).toEqual({
        ArnLike: { 'aws:SourceArn': topics.map(topic => stack.resolve(topic.topicArn)) },
        StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
      });
    }
    expect(statements(stack, 'AWS::SQS::QueuePolicy').length).toBeLessThanOrEqual(4);
    expect(statements(stack, 'AWS::KMS::Key', 'sns.amazonaws.com')).toHaveLength(1);
    app.synth();
  });

  test('every subscription waits for the policy, not only the first', () => {
    const stack = newStack();
    const work = new WorkQueue(stack, 'Jobs');
    for (const id of ['A', 'B', 'C']) new FanOut(stack, id).addSubscription(new QueueSubscription(work));
    const policies = Object.keys(resources(stack, 'AWS::SQS::QueuePolicy')).sort();
    expect(Object.values(resources(stack, 'AWS::SNS::Subscription')).map(s => s.DependsOn)).toEqual([policies, policies, policies]);
  });

  test('topics of two accounts are both named', () => {
    const stack = newStack({ env: ENV });
    const queue = new sqs.Queue(stack, 'Queue');
    [ACCOUNT, OTHER_ACCOUNT].forEach((account, i) => sns.Topic.fromTopicArn(stack, `T${i}`, `arn:aws:sns:${REGION}:${account}:t`).addSubscription(new QueueSubscription(queue, { subscriptionDeadLetters: SubscriptionDeadLetters.none('not tested here') })));
    expect(statements(stack, 'AWS::SQS::QueuePolicy', 'sns.amazonaws.com')).toMatchObject([{
      Condition: {
        ArnLike: { 'aws:SourceArn': [`arn:aws:sns:${REGION}:${ACCOUNT}:t`, `arn:aws:sns:${REGION}:${OTHER_ACCOUNT}:t`] },
        StringEquals: { 'aws:SourceAccount': [ACCOUNT, OTHER_ACCOUNT] },
      },
    }]);
  });
});

describe('Regions', () => {
  // https://docs.aws.amazon.com/sns/latest/dg/sns-cross-region-delivery.html
  test.each([
    ['eu-west-1', 'eu-west-1', 'sns.amazonaws.com', undefined],
    ['us-east-1', 'eu-west-1', 'sns.amazonaws.com', 'us-east-1'],
    ['eu-west-1', 'me-south-1', 'sns.me-south-1.amazonaws.com', 'eu-west-1'],
    ['me-south-1', 'eu-west-1', 'sns.me-south-1.amazonaws.com', 'me-south-1'],
    ['me-south-1', 'af-south-1', 'sns.af-south-1.amazonaws.com', 'me-south-1'],
    ['me-south-1', 'me-south-1', 'sns.amazonaws.com', undefined],
  ])('a topic in %s and a queue in %s: principal %s, Region %s', (topicRegion, queueRegion, principal, property) => {
    const app = new App();
    const topicStack = new Stack(app, 'Topics', { env: { account: ACCOUNT, region: topicRegion } });
    const queueStack = new Stack(app, 'Queues', { env: { account: ACCOUNT, region: queueRegion } });
    const fanOut = new FanOut(topicStack, 'Orders', { topicName: 'orders' });
    const work = new WorkQueue(queueStack, 'Jobs', { encryption: Encryption.customerManaged() });
    const subscriptionDeadLetters = SubscriptionDeadLetters.none('tested elsewhere');
    const subscription = fanOut.addSubscription(new QueueSubscription(work, { subscriptionDeadLetters }));
    expect(Stack.of(subscription)).toBe(queueStack);
    expect(resourceOf(subscription).Properties.Region).toBe(property);
    expect(statements(queueStack, 'AWS::SQS::QueuePolicy', principal)).toHaveLength(1);
    expect(statements(queueStack, 'AWS::KMS::Key', principal)).toMatchObject([{
      Condition: { ArnLike: { 'aws:SourceArn': { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:sns:${topicRegion}:${ACCOUNT}:*`]] } } },
    }]);
    app.synth();
  });

  test('an environment that is not known has no Region', () => {
    const stack = newStack();
    subscribe(stack, new sqs.Queue(stack, 'Queue'));
    expect(only(stack, 'AWS::SNS::Subscription').Properties.Region).toBeUndefined();
  });

  const PARTITIONS: Record<string, string> = {
    'eu-west-1': 'aws', 'cn-north-1': 'aws-cn', 'us-gov-west-1': 'aws-us-gov', 'us-iso-east-1': 'aws-iso', 'eusc-de-east-1': 'aws-eusc',
  };

  test.each(['eu-west-1', 'cn-north-1', 'us-gov-west-1', 'us-iso-east-1', 'eusc-de-east-1', 'xx-unknown-1', undefined])('%s: no partition is written out, but for the one that the flag knows', region => {
    const app = new App();
    const stack = newStack({ env: { region } }, app);
    const fanOut = new FanOut(stack, 'Orders');
    fanOut.addQueue('Billing', { encryption: Encryption.customerManaged() });
    expect(writtenPartitions(Template.fromStack(stack).toJSON())).toEqual(WITH_FLAGS && region && PARTITIONS[region] ? [PARTITIONS[region]] : []);
    expect(statements(stack, 'AWS::SQS::QueuePolicy', 'sns.amazonaws.com')).toHaveLength(2);
    app.synth();
  });
});

test('a queue whose dead letters are elsewhere: the default follows it', () => {
  const stack = newStack();
  const dead = new sqs.Queue(stack, 'Dead');
  const work = new WorkQueue(stack, 'Jobs', { deadLetters: DeadLetters.existing(dead), retention: Duration.days(1) });
  expect(subscribe(stack, work).deadLetterQueue!.node).toBe(dead.node);
});

test('a FIFO work queue under a FIFO topic: its FIFO dead-letter queue', () => {
  const stack = newStack();
  const work = new WorkQueue(stack, 'Jobs', { ordering: Ordering.fifo() });
  const subscription = subscribe(stack, work, {}, new sns.Topic(stack, 'Topic', { fifo: true }));
  expect(subscription.deadLetterQueue!.node).toBe(work.deadLetterQueue!.node);
  expect(resourceOf(subscription.deadLetterQueue!).Properties.FifoQueue).toBe(true);
});

describe('alias/aws/sqs when the template is written', () => {
  const managed = (prop: string, path: string) => ({
    construct: 'QueueSubscription', problems: expect.arrayContaining([expect.objectContaining({ prop, got: expect.stringContaining(`'${path}'`) })]),
  });
  const byAspect = (queue: sqs.IQueue) => Aspects.of(queue).add({ visit: node => { if (node instanceof sqs.CfnQueue) node.kmsMasterKeyId = 'alias/aws/sqs'; } });
  const byHatch = (queue: sqs.IQueue) => (queue.node.defaultChild as sqs.CfnQueue).addPropertyOverride('KmsMasterKeyId', 'alias/aws/sqs');
  const setUp = () => {
    const app = new App();
    const stack = newStack({}, app);
    return { app, stack, fanOut: new FanOut(stack, 'Orders') };
  };

  test.each([['an aspect', byAspect], ['an escape hatch', byHatch]])('%s on a plain queue, on its dead-letter queue and on a dedicated one is refused', (_, change) => {
    const { app, stack, fanOut } = setUp();
    const queue = new sqs.Queue(stack, 'Plain');
    const subscription = new QueueSubscription(queue, { subscriptionDeadLetters: SubscriptionDeadLetters.dedicated() });
    const dedicated = fanOut.addSubscription(subscription).deadLetterQueue!;
    const dead = new sqs.Queue(stack, 'Dead');
    fanOut.addSubscription(new QueueSubscription(new sqs.Queue(stack, 'Other', { deadLetterQueue: { queue: dead, maxReceiveCount: 3 } })));
    expect(refusedAtSynth(app)).toEqual([]);
    for (const [of, prop] of [[queue, 'queue'], [dedicated, 'subscriptionDeadLetters'], [dead, 'subscriptionDeadLetters']] as const) {
      change(of);
      expect(refusedAtSynth(app)).toContainEqual(expect.objectContaining(managed(prop, of.node.path)));
    }
  });

  test('a work queue and a shared dead-letter queue say so themselves, once', () => {
    const { app, stack, fanOut } = setUp();
    const shared = new SharedDeadLetterQueue(stack, 'Shared');
    const work = fanOut.addQueue('Jobs', { deadLetters: DeadLetters.shared(shared) });
    [work, shared].forEach(byAspect);
    expect(refusedAtSynth(app).map(({ construct }) => construct).sort()).toEqual(['SharedDeadLetterQueue', 'WorkQueue']);
  });
});
