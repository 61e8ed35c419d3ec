import { App, CfnParameter, Stack, Stage } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as s3n from 'aws-cdk-lib/aws-s3-notifications';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { IConstruct } from 'constructs';
import { cycles } from './references';
import { ACCOUNT, ENV, OTHER_ACCOUNT, newStack, only, refusal, refusedAtSynth, resources, statements, tree, warnings } from './support';
import { Encryption } from '../../src/access';
import { BucketEventFanOut, BucketEventOptions, BucketEventRoute, SubscriptionDeadLetters } from '../../src/fanout';
import { DeadLetters, Ordering, SharedDeadLetterQueue, WorkQueue } from '../../src/queues';
import { refusedProps } from '../support/problems';
import { synthApp } from '../support/template';

const { EventType } = s3;
const ROUTES: [string, () => BucketEventRoute][] = [['EventBridge', () => BucketEventRoute.eventBridge()], ['a topic', () => BucketEventRoute.topic()]];

const fanOut = (stack: Stack, route?: BucketEventRoute, bucket: s3.IBucket = new s3.Bucket(stack, 'Images')) => new BucketEventFanOut(stack, 'Uploads', { bucket, route });
const cyclesOf = (stack: Stack) => Object.values(cycles(stack.node.root as App)).flat();
const BUCKET = { Ref: expect.stringMatching(/^Images/) };

/** The pattern of the only rule, or the filter policy of the only subscription, for a queue with these options. */
const pattern = (options: BucketEventOptions) => {
  const stack = newStack();
  fanOut(stack).addQueue('Thumbnails', options);
  return only(stack, 'AWS::Events::Rule').Properties.EventPattern;
};
const patterns = (events: s3.EventType[]) => {
  const stack = newStack();
  fanOut(stack).addQueue('Thumbnails', { events });
  return Object.values(resources(stack, 'AWS::Events::Rule')).map(({ Properties }) => {
    const { bucket, ...detail } = Properties.EventPattern.detail;
    return { type: Properties.EventPattern['detail-type'], ...detail };
  });
};
const filter = (options: BucketEventOptions) => {
  const stack = newStack();
  fanOut(stack, BucketEventRoute.topic()).addQueue('Thumbnails', options);
  return only(stack, 'AWS::SNS::Subscription').Properties.FilterPolicy.Records;
};
const notifications = (stack: Stack) => only(stack, 'Custom::S3BucketNotifications').Properties.NotificationConfiguration;

/** The constructs of a delivery by their paths. */
const pathsOf = ({ queue, subscription, deadLetterQueue }: { queue: IConstruct; subscription?: IConstruct; deadLetterQueue?: IConstruct }) =>
  [queue, subscription, deadLetterQueue].map(construct => construct?.node.path);

describe('with EventBridge, the default', () => {
  test('a bucket with a name in another stack is named without a reference, so that a role of that stack can consume', () => {
    const stack = newStack();
    const other = new Stack(stack.node.root as App, 'Buckets');
    const queue = fanOut(stack, undefined, new s3.Bucket(other, 'Images', { bucketName: 'images' })).addQueue('Thumbnails');
    queue.grantConsumeMessages(new iam.Role(other, 'Consumer', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') }));
    expect(only(stack, 'AWS::Events::Rule').Properties.EventPattern.detail.bucket).toEqual({ name: ['images'] });
    expect(cyclesOf(stack)).toEqual([]);
  });

  test('a rule sends the new objects of the bucket to the queue, with its dead-letter queue', () => {
    const stack = newStack();
    const uploads = fanOut(stack);
    const queue = uploads.addQueue('Thumbnails');
    expect(only(stack, 'AWS::Events::Rule').Properties).toMatchObject({
      State: 'ENABLED',
      EventPattern: { 'source': ['aws.s3'], 'detail-type': ['Object Created'], 'detail': { bucket: { name: [BUCKET] } } },
      Targets: [{ Arn: stack.resolve(queue.queueArn), DeadLetterConfig: { Arn: stack.resolve(queue.deadLetterQueue!.queueArn) } }],
    });
    expect(only(stack, 'AWS::Events::Rule').Properties.EventPattern.detail).toEqual({ bucket: { name: [BUCKET] } });
    expect(notifications(stack)).toEqual({ EventBridgeConfiguration: {} });
    expect(uploads.topic).toBeUndefined();
    const [delivery, ...others] = uploads.deliveries;
    expect(others).toEqual([]);
    expect(delivery.rules).toHaveLength(1);
    expect(pathsOf(delivery)).toEqual(pathsOf({ queue, deadLetterQueue: queue.deadLetterQueue }));
    for (const type of ['AWS::KMS::Key', 'AWS::SNS::Topic']) Template.fromStack(stack).resourceCountIs(type, 0);
    expect(warnings(stack)).toEqual([]);
  });

  test('the policies name the rule, also for a queue with a customer key', () => {
    const stack = newStack({ env: ENV });
    const uploads = fanOut(stack);
    uploads.addQueue('Thumbnails');
    uploads.addQueue('Secret', { encryption: Encryption.customerManaged() });
    const allowed = statements(stack, 'AWS::SQS::QueuePolicy', 'events.amazonaws.com');
    expect(allowed).toHaveLength(4);
    for (const { Action, Condition } of allowed) {
      expect(Action).toBe('sqs:SendMessage');
      expect(Condition).toEqual({
        ArnLike: { 'aws:SourceArn': { 'Fn::GetAtt': [expect.stringMatching(/Rule/), 'Arn'] } }, StringEquals: { 'aws:SourceAccount': ACCOUNT },
      });
    }
    expect(statements(stack, 'AWS::KMS::Key', 'events.amazonaws.com').map(({ Action, Condition }) => [Action, Condition.StringEquals])).toEqual([
      [['kms:Decrypt', 'kms:GenerateDataKey'], { 'aws:SourceAccount': ACCOUNT }],
    ]);
  });

  test.each<[string, BucketEventOptions['objects'], unknown]>([
    ['a prefix', [{ prefix: 'in/' }], [{ prefix: 'in/' }]],
    ['a suffix', [{ suffix: '.jpg' }], [{ suffix: '.jpg' }]],
    ['both', [{ prefix: 'in/', suffix: '.jpg' }], [{ wildcard: 'in/*.jpg' }]],
    ['both, with special characters', [{ prefix: 'a*b\\', suffix: '(1)' }], [{ wildcard: 'a\\*b\\\\*(1)' }]],
    ['both, which can overlap', [{ prefix: 'in/', suffix: '/x' }], [{ wildcard: 'in/*/x' }, 'in/x']],
    ['both, which could overlap only in keys that are too long', [{ prefix: `${'a'.repeat(1023)}b`, suffix: 'bc' }], [{ wildcard: `${'a'.repeat(1023)}b*bc` }]],
    ['both, which can overlap in two ways', [{ prefix: 'aa', suffix: 'aab' }], [{ wildcard: 'aa*aab' }, 'aaab', 'aab']],
    ['several', [{ prefix: 'a b/' }, { prefix: 'ü' }, { prefix: 'a b/' }], [{ prefix: 'a b/' }, { prefix: 'ü' }]],
  ])('the objects with %s', (_, objects, key) => {
    expect(pattern({ objects }).detail.object).toEqual({ key });
  });

  test('a prefix that is only known at deployment', () => {
    const stack = newStack();
    fanOut(stack).addQueue('Thumbnails', { objects: [{ prefix: new CfnParameter(stack, 'Prefix').valueAsString }] });
    expect(only(stack, 'AWS::Events::Rule').Properties.EventPattern.detail.object).toEqual({ key: [{ prefix: { Ref: 'Prefix' } }] });
  });

  const DELETED = { type: ['Object Deleted'] };
  test.each<[s3.EventType[], object[]]>([
    [[EventType.OBJECT_CREATED], [{ type: ['Object Created'] }]],
    [[EventType.OBJECT_CREATED_PUT], [{ type: ['Object Created'], reason: ['PutObject'] }]],
    [[EventType.OBJECT_CREATED_POST], [{ type: ['Object Created'], reason: ['POST Object'] }]],
    [[EventType.OBJECT_CREATED_COPY, EventType.OBJECT_CREATED_COMPLETE_MULTIPART_UPLOAD], [
      { type: ['Object Created'], reason: ['CopyObject', 'CompleteMultipartUpload'] },
    ]],
    [[EventType.OBJECT_CREATED_COPY, EventType.OBJECT_CREATED, EventType.OBJECT_CREATED], [{ type: ['Object Created'] }]],
    [[EventType.OBJECT_REMOVED], [{ ...DELETED, reason: ['DeleteObject'] }]],
    [[EventType.OBJECT_REMOVED_DELETE], [{ ...DELETED, 'reason': ['DeleteObject'], 'deletion-type': ['Permanently Deleted'] }]],
    [[EventType.OBJECT_REMOVED_DELETE_MARKER_CREATED], [{ ...DELETED, 'reason': ['DeleteObject'], 'deletion-type': ['Delete Marker Created'] }]],
    [[EventType.OBJECT_REMOVED, EventType.LIFECYCLE_EXPIRATION], [{ ...DELETED, reason: ['DeleteObject', 'Lifecycle Expiration'] }]],
    [[EventType.OBJECT_REMOVED, EventType.LIFECYCLE_EXPIRATION_DELETE], [
      { ...DELETED, reason: ['DeleteObject'] }, { ...DELETED, 'reason': ['Lifecycle Expiration'], 'deletion-type': ['Permanently Deleted'] },
    ]],
    [[EventType.OBJECT_REMOVED_DELETE, EventType.LIFECYCLE_EXPIRATION_DELETE_MARKER_CREATED], [
      { ...DELETED, 'reason': ['DeleteObject'], 'deletion-type': ['Permanently Deleted'] },
      { ...DELETED, 'reason': ['Lifecycle Expiration'], 'deletion-type': ['Delete Marker Created'] },
    ]],
    [[EventType.LIFECYCLE_TRANSITION, EventType.INTELLIGENT_TIERING, EventType.OBJECT_ACL_PUT], [
      { type: ['Object Storage Class Changed', 'Object Access Tier Changed', 'Object ACL Updated'] },
    ]],
    [[EventType.OBJECT_RESTORE], [{ type: ['Object Restore Initiated', 'Object Restore Completed', 'Object Restore Expired'] }]],
    [[EventType.OBJECT_RESTORE_POST], [{ type: ['Object Restore Initiated'] }]],
    [[EventType.OBJECT_RESTORE_COMPLETED, EventType.OBJECT_RESTORE_DELETE], [{ type: ['Object Restore Completed', 'Object Restore Expired'] }]],
    [[EventType.OBJECT_TAGGING], [{ type: ['Object Tags Added', 'Object Tags Deleted'] }]],
    [[EventType.OBJECT_TAGGING_PUT], [{ type: ['Object Tags Added'] }]],
    [[EventType.OBJECT_TAGGING_DELETE], [{ type: ['Object Tags Deleted'] }]],
    [[EventType.OBJECT_CREATED, EventType.OBJECT_REMOVED], [{ type: ['Object Created'] }, { ...DELETED, reason: ['DeleteObject'] }]],
  ])('the events %j', (events, expected) => {
    const found = patterns(events);
    expect(found).toEqual(expect.arrayContaining(expected));
    expect(found).toHaveLength(expected.length);
  });

  test.each([
    EventType.REDUCED_REDUNDANCY_LOST_OBJECT, EventType.REPLICATION,
    EventType.REPLICATION_OPERATION_FAILED_REPLICATION, EventType.REPLICATION_OPERATION_MISSED_THRESHOLD,
    EventType.REPLICATION_OPERATION_NOT_TRACKED, EventType.REPLICATION_OPERATION_REPLICATED_AFTER_THRESHOLD,
  ])('refuses %s, which EventBridge does not have', event => {
    const { problems: [problem, ...others] } = refusal(() => fanOut(newStack()).addQueue('Thumbnails', { events: [EventType.OBJECT_CREATED, event] }));
    expect(others).toEqual([]);
    expect(problem).toMatchObject({ prop: "addQueue('Thumbnails').events", got: `'${event}'` });
    expect(problem.fix).toContain('BucketEventRoute.topic()');
    expect(problem.allowed).toContain('s3:ObjectCreated:*');
    expect(problem.allowed).not.toMatch(/Replication|ReducedRedundancy/);
    expect(filter({ events: [event] }).eventName).toHaveLength(1);
  });

  test('every other event type of the CDK is known', () => {
    const others = Object.values(EventType).filter(event => !/Replication:|ReducedRedundancy/.test(event));
    expect(() => others.forEach((event, index) => fanOut(new Stack(new App(), `Stack${index}`)).addQueue('Queue', { events: [event] }))).not.toThrow();
  });

  test('other notifications of the bucket are kept', () => {
    const stack = newStack();
    const bucket = new s3.Bucket(stack, 'Images');
    bucket.addEventNotification(EventType.OBJECT_CREATED, new s3n.SqsDestination(new WorkQueue(stack, 'Direct')));
    fanOut(stack, undefined, bucket).addQueue('Thumbnails');
    new BucketEventFanOut(stack, 'Second', { bucket }).addQueue('Thumbnails');
    expect(refusedAtSynth(stack)).toEqual([]);
    expect(notifications(stack)).toMatchObject({ EventBridgeConfiguration: {}, QueueConfigurations: [{ Events: ['s3:ObjectCreated:*'] }] });
  });

  describe('the quotas of EventBridge', () => {
    const both = { objects: [{ prefix: 'in/', suffix: '.jpg' }] };
    const fill = (uploads: BucketEventFanOut, count: number) => Array.from({ length: count }, (_, index) => uploads.addQueue(`Queue${index}`, both));

    test('30 rules with a prefix and a suffix together in an account and Region, over all stacks of the app', () => {
      const app = new App();
      const stack = newStack({ env: ENV }, app);
      const uploads = fanOut(stack);
      fill(uploads, 28);
      const { OBJECT_CREATED: created, OBJECT_REMOVED: removed } = EventType;
      const second = new BucketEventFanOut(new Stack(app, 'Second', { env: ENV }), 'Uploads', { bucket: s3.Bucket.fromBucketName(stack, 'Others', 'others') });
      second.addQueue('TwoRules', { ...both, events: [created, removed] });
      const before = tree(app);
      const { problems: [problem] } = refusal(() => uploads.addQueue('TooMany', both));
      expect(problem).toMatchObject({ prop: 'objects', allowed: 'at most 30 rules with a wildcard in an account and Region' });
      expect(problem.got).toContain('rule 31');
      expect(tree(app)).toEqual(before);
      uploads.addQueue('Prefix', { objects: [{ prefix: 'in/' }, { suffix: '.jpg' }] });
      fill(fanOut(new Stack(app, 'Far', { env: { ...ENV, region: 'us-east-1' } })), 1);
    });

    test('the rules of a stack whose account is not known are counted alone', () => {
      const app = new App();
      fill(fanOut(newStack({}, app)), 30);
      fill(fanOut(new Stack(app, 'Second')), 1);
    });

    test('a topic has no such limit', () => {
      expect(fill(fanOut(newStack({ env: ENV }), BucketEventRoute.topic()), 31)).toHaveLength(31);
    });

    test('an event pattern of 2,048 characters', () => {
      const stack = newStack({ env: ENV });
      const uploads = fanOut(stack);
      const prefix = (length: number) => 'x'.repeat(length);
      uploads.addQueue('Long', { objects: [{ prefix: prefix(1024) }] });
      expect(warnings(stack)).toEqual([]);
      uploads.addQueue('TooLong', { objects: [{ prefix: prefix(1023) }, { prefix: prefix(1024) }] });
      expect(warnings(stack).map(({ id, path }) => [id, path])).toEqual([['BucketEventFanOut.patternSize', expect.stringMatching(/TooLong.*Rule$/)]]);
    });

    test('the policy of a dead-letter queue that many rules share', () => {
      const stack = newStack({ env: ENV });
      const uploads = fanOut(stack);
      const deadLetters = DeadLetters.shared(new SharedDeadLetterQueue(stack, 'DeadLetters'));
      for (let index = 0; index < 80; index++) uploads.addQueue(`Queue${index}`, { deadLetters });
      synthApp(stack);
      expect(warnings(stack).map(({ id, path }) => [id, path])).toEqual([['SharedDeadLetterQueue.policySize', 'Stack/DeadLetters']]);
    });
  });

  describe('dead letters', () => {
    const target = (stack: Stack) => only(stack, 'AWS::Events::Rule').Properties.Targets[0].DeadLetterConfig;

    test('dedicated', () => {
      const stack = newStack();
      const uploads = fanOut(stack);
      uploads.addQueue('Thumbnails', { subscriptionDeadLetters: SubscriptionDeadLetters.dedicated() });
      Template.fromStack(stack).resourceCountIs('AWS::SQS::Queue', 3);
      const { deadLetterQueue, queue } = uploads.deliveries[0];
      expect(target(stack)).toEqual({ Arn: stack.resolve(deadLetterQueue!.queueArn) });
      expect(deadLetterQueue).not.toBe((queue as WorkQueue).deadLetterQueue);
    });

    test('none, without a warning of the queue', () => {
      const stack = newStack();
      const uploads = fanOut(stack);
      uploads.addQueue('Thumbnails', { subscriptionDeadLetters: SubscriptionDeadLetters.none('rendered on demand') });
      expect(target(stack)).toBeUndefined();
      expect(uploads.deliveries[0].deadLetterQueue).toBeUndefined();
      (stack.node.root as App).synth();
      expect(warnings(stack)).toEqual([]);
    });

    test('existing', () => {
      const stack = newStack();
      const existing = new sqs.Queue(stack, 'Undelivered', { encryptionMasterKey: new kms.Key(stack, 'Key') });
      fanOut(stack).addQueue('Thumbnails', { subscriptionDeadLetters: SubscriptionDeadLetters.existing(existing) });
      expect(target(stack)).toEqual({ Arn: stack.resolve(existing.queueArn) });
      expect(statements(stack, 'AWS::KMS::Key', 'events.amazonaws.com')).toHaveLength(1);
    });

    test('dedicated by default if the queue has none, or one in a third stack', () => {
      const app = new App();
      const [stack, central] = [newStack({ env: ENV }, app), new Stack(app, 'Central', { env: ENV })];
      const uploads = fanOut(stack);
      uploads.addQueue('Metrics', { deadLetters: DeadLetters.none('safe to lose') });
      uploads.addQueue('Shared', { deadLetters: DeadLetters.shared(new SharedDeadLetterQueue(central, 'DeadLetters')) });
      expect(uploads.deliveries.map(({ deadLetterQueue }) => deadLetterQueue!.node.id)).toEqual(['DeadLetterQueue', 'DeadLetterQueue']);
      expect(refusedAtSynth(stack)).toEqual([]);
      expect(warnings(app)).toEqual([]);
    });

    test('an existing queue in a third stack accepts all rules, with a warning, so that there is no cycle', () => {
      const app = new App();
      const [stack, central] = [newStack({ env: ENV }, app), new Stack(app, 'Central', { env: ENV })];
      const existing = new WorkQueue(central, 'Undelivered', { encryption: Encryption.customerManaged() });
      fanOut(stack).addQueue('Thumbnails', { subscriptionDeadLetters: SubscriptionDeadLetters.existing(existing) });
      expect(refusedAtSynth(stack)).toEqual([]);
      expect(warnings(app).map(({ id }) => id)).toEqual(['BucketEventFanOut.sourceWidened']);
      expect(JSON.stringify(statements(central, 'AWS::SQS::QueuePolicy', 'events.amazonaws.com'))).toContain(':rule/*');
    });

    test.each<[string, (stack: Stack) => SubscriptionDeadLetters]>([
      ['a FIFO queue', stack => SubscriptionDeadLetters.existing(new sqs.Queue(stack, 'Fifo', { fifo: true }))],
      ['a queue of another Region', stack => SubscriptionDeadLetters.existing(sqs.Queue.fromQueueArn(stack, 'Far', `arn:aws:sqs:us-east-1:${ACCOUNT}:far`))],
      ['a queue with the AWS managed key', stack => SubscriptionDeadLetters.existing(new sqs.Queue(stack, 'Managed', { encryption: sqs.QueueEncryption.KMS_MANAGED }))],
      ['no reason', () => SubscriptionDeadLetters.none(' ')],
    ])('refuses %s, and leaves nothing', (_, deadLetters) => {
      const stack = newStack({ env: ENV });
      const uploads = fanOut(stack);
      const subscriptionDeadLetters = deadLetters(stack);
      const before = tree(stack);
      expect(refusedProps(() => uploads.addQueue('Thumbnails', { subscriptionDeadLetters }))[0]).toMatch(/^subscriptionDeadLetters/);
      expect(tree(stack)).toEqual(before);
    });

    test('refuses the queue itself, and the unknown one of an imported queue', () => {
      const stack = newStack({ env: ENV });
      const queue = sqs.Queue.fromQueueArn(stack, 'Theirs', `arn:aws:sqs:eu-west-1:${ACCOUNT}:theirs`);
      for (const subscriptionDeadLetters of [SubscriptionDeadLetters.existing(queue), SubscriptionDeadLetters.sameAsQueue()]) {
        expect(refusedProps(() => fanOut(newStack({ env: ENV })).addExistingQueue(queue, { subscriptionDeadLetters }))).toContain('subscriptionDeadLetters');
      }
    });
  });
});

describe('with a topic', () => {
  test('the bucket notifies a topic with a key, whose subscriptions filter by the body', () => {
    const stack = newStack({ env: ENV });
    const uploads = fanOut(stack, BucketEventRoute.topic());
    const queue = uploads.addQueue('Thumbnails', { objects: [{ prefix: 'in/', suffix: '.jpg' }] });
    expect(notifications(stack)).toEqual({ TopicConfigurations: [{ Events: ['s3:ObjectCreated:*'], TopicArn: stack.resolve(uploads.topic!.topicArn) }] });
    expect(only(stack, 'AWS::SNS::Subscription').Properties).toMatchObject({
      RawMessageDelivery: true,
      FilterPolicyScope: 'MessageBody',
      FilterPolicy: { Records: { eventName: [{ prefix: 'ObjectCreated:' }], s3: { object: { key: [{ wildcard: 'in/*.jpg' }] } } } },
      RedrivePolicy: { deadLetterTargetArn: stack.resolve(queue.deadLetterQueue!.queueArn) },
    });
    const [subscription] = uploads.topic!.subscriptions;
    const [delivery, ...others] = uploads.deliveries;
    expect(others).toEqual([]);
    expect(delivery.rules).toEqual([]);
    // By path: a comparison of constructs goes through the whole app.
    expect(pathsOf(delivery)).toEqual(pathsOf({ queue, subscription, deadLetterQueue: queue.deadLetterQueue }));
    expect(statements(stack, 'AWS::SNS::TopicPolicy', 's3.amazonaws.com')).toEqual([expect.objectContaining({
      Action: 'sns:Publish',
      Condition: { ArnLike: { 'aws:SourceArn': { 'Fn::GetAtt': [BUCKET.Ref, 'Arn'] } }, StringEquals: { 'aws:SourceAccount': ACCOUNT } },
    })]);
    expect(statements(stack, 'AWS::KMS::Key', 's3.amazonaws.com')).toHaveLength(1);
    expect(cyclesOf(stack)).toEqual([]);
    expect(refusedAtSynth(stack)).toEqual([]);
    expect(warnings(stack)).toEqual([]);
  });

  test('without objects, only the event name is matched, so that the test event of S3 does not arrive', () => {
    expect(filter({})).toEqual({ eventName: [{ prefix: 'ObjectCreated:' }] });
  });

  test('event names have no `s3:`, and each is matched once', () => {
    const { OBJECT_CREATED_PUT: put, OBJECT_REMOVED: removed, OBJECT_REMOVED_DELETE: deleted, LIFECYCLE_TRANSITION: moved } = EventType;
    const events = [put, removed, deleted, moved, put];
    expect(filter({ events }).eventName).toEqual(['ObjectCreated:Put', { prefix: 'ObjectRemoved:' }, 'LifecycleTransition']);
  });

  test('the bucket notifies of each family once, whatever its subscribers need of it', () => {
    const stack = newStack();
    const uploads = fanOut(stack, BucketEventRoute.topic());
    uploads.addQueue('Copies', { events: [EventType.OBJECT_CREATED_COPY, EventType.OBJECT_ACL_PUT] });
    uploads.addQueue('All', { events: [EventType.OBJECT_CREATED, EventType.OBJECT_REMOVED] });
    const notified = notifications(stack).TopicConfigurations.flatMap(({ Events }: any) => Events);
    expect(notified).toEqual(['s3:ObjectCreated:*', 's3:ObjectAcl:Put', 's3:ObjectRemoved:*']);
    expect(refusedAtSynth(stack)).toEqual([]);
  });

  test.each<[string, BucketEventOptions['objects'], unknown]>([
    ['a space', [{ prefix: 'my photos/' }], [{ prefix: 'my+photos/' }]],
    ['characters that are encoded', [{ suffix: '+=&ü"\\' }], [{ suffix: '%2B%3D%26%C3%BC%22%5C' }]],
    ['characters that are not', [{ prefix: 'a-Z_0.9/', suffix: '.JPG' }], [{ wildcard: 'a-Z_0.9/*.JPG' }]],
    ['both, which can overlap', [{ prefix: 'a b', suffix: ' bc' }], [{ wildcard: 'a+b*+bc' }, 'a+bc']],
    ['characters outside the basic plane', [{ prefix: '\u{1F4F7}/' }], [{ prefix: '%F0%9F%93%B7/' }]],
  ])('keys are URL-encoded: %s', (_, objects, key) => {
    expect(filter({ objects }).s3).toEqual({ object: { key } });
  });

  test.each(['!', "'", '(', ')', '*', '~'])('refuses %s, whose encoding is not documented', character => {
    for (const objects of [[{ prefix: `a${character}` }], [{ suffix: `a${character}` }]]) {
      expect(refusal(() => filter({ objects })).problems).toMatchObject([{ prop: expect.stringMatching(/objects\[0\]\.(prefix|suffix)$/), allowed: `a string without ${character}` }]);
      expect(() => pattern({ objects })).not.toThrow();
    }
  });

  test('refuses a prefix that is only known at deployment, which cannot be encoded', () => {
    const stack = newStack();
    const prefix = new CfnParameter(stack, 'Prefix').valueAsString;
    expect(refusedProps(() => fanOut(stack, BucketEventRoute.topic()).addQueue('Queue', { objects: [{ prefix }] }))).toEqual(["addQueue('Queue').objects[0].prefix"]);
  });

  test('a filter policy has at most 150 combinations: values count 2 times for event names, and 4 times for keys', () => {
    const objects = (count: number) => Array.from({ length: count }, (_, index) => ({ prefix: `${index}/` }));
    expect(filter({ objects: objects(18) }).s3.object.key).toHaveLength(18);
    const { problems } = refusal(() => filter({ objects: objects(19) }));
    expect(problems).toMatchObject([{ prop: "addQueue('Thumbnails').objects", allowed: 'at most 150 combinations' }]);
    expect(problems[0].got).toContain('152 combinations');
    expect(pattern({ objects: objects(19) }).detail.object.key).toHaveLength(19);
    const events = [EventType.OBJECT_CREATED, EventType.OBJECT_REMOVED];
    expect(() => filter({ events, objects: objects(9) })).not.toThrow();
    expect(refusedProps(() => filter({ events, objects: objects(10) }))).toEqual(["addQueue('Thumbnails').objects"]);
  });

  test('takes the props of the topic, with a key of yours', () => {
    const stack = newStack();
    const key = new kms.Key(stack, 'Key');
    const uploads = fanOut(stack, BucketEventRoute.topic({ topicName: 'uploads', encryption: Encryption.customerManaged(key) }));
    uploads.addQueue('Thumbnails', { encryption: Encryption.customerManaged(key) });
    expect(only(stack, 'AWS::SNS::Topic').Properties).toMatchObject({ TopicName: 'uploads', KmsMasterKeyId: stack.resolve(key.keyArn) });
    expect(statements(stack, 'AWS::KMS::Key', 's3.amazonaws.com')).toHaveLength(1);
    expect(cyclesOf(stack)).toEqual([]);
  });

  test('refuses the AWS managed key, and what the topic refuses, and leaves nothing', () => {
    const stack = newStack();
    const bucket = new s3.Bucket(stack, 'Images');
    const before = tree(stack);
    const route = BucketEventRoute.topic({ encryption: Encryption.serviceManaged(), topicName: 'not a name' });
    expect(refusedProps(() => fanOut(stack, route, bucket))).toEqual(['route.topicName', 'route.encryption']);
    expect(tree(stack)).toEqual(before);
  });

  describe('S3 refuses notifications that overlap', () => {
    const overlaps = (stack: Stack) => refusedAtSynth(stack).map(({ construct, problems }) => [construct, problems.map(({ prop }) => prop)]);

    test('those of two fan-outs', () => {
      const stack = newStack();
      const bucket = new s3.Bucket(stack, 'Images');
      fanOut(stack, BucketEventRoute.topic(), bucket).addQueue('Thumbnails', { objects: [{ prefix: 'a/' }] });
      new BucketEventFanOut(stack, 'Second', { bucket, route: BucketEventRoute.topic() }).addQueue('Index', { objects: [{ prefix: 'b/' }] });
      expect(overlaps(stack)).toEqual([['BucketEventFanOut', ['notifications']]]);
    });

    test('those of the user, by type', () => {
      const stack = newStack();
      const bucket = new s3.Bucket(stack, 'Images');
      const direct = new s3n.SqsDestination(new sqs.Queue(stack, 'Direct'));
      fanOut(stack, BucketEventRoute.topic(), bucket).addQueue('Thumbnails');
      bucket.addEventNotification(EventType.OBJECT_REMOVED, direct);
      expect(overlaps(stack)).toEqual([]);
      bucket.addEventNotification(EventType.OBJECT_CREATED_COPY, direct, { prefix: 'a/' });
      expect(overlaps(stack)).toEqual([['BucketEventFanOut', ['notifications']]]);
    });

    test('those of two imports of one bucket', () => {
      const stack = newStack();
      const second = new BucketEventFanOut(stack, 'Second', { bucket: s3.Bucket.fromBucketName(stack, 'Again', 'images'), route: BucketEventRoute.topic() });
      fanOut(stack, BucketEventRoute.topic(), s3.Bucket.fromBucketName(stack, 'Images', 'images')).addQueue('Thumbnails');
      fanOut(new Stack(stack.node.root as App, 'Far'), BucketEventRoute.topic(), s3.Bucket.fromBucketName(stack, 'Others', 'others')).addQueue('Thumbnails');
      expect(overlaps(stack)).toEqual([]);
      second.addQueue('Index');
      expect(overlaps(stack)).toEqual([['BucketEventFanOut', ['notifications']], ['BucketEventFanOut', ['notifications']]]);
    });
  });
});

describe.each(ROUTES)('with %s', (_, route) => {
  const isTopic = route().isEventBridge === false;

  test('subscribers can overlap', () => {
    const stack = newStack();
    const uploads = fanOut(stack, route());
    uploads.addQueue('All');
    uploads.addQueue('Some', { objects: [{ prefix: 'in/' }] });
    uploads.addQueue('Same', { objects: [{ prefix: 'in/' }] });
    expect(Object.keys(resources(stack, isTopic ? 'AWS::SNS::Subscription' : 'AWS::Events::Rule'))).toHaveLength(3);
    expect(refusedAtSynth(stack)).toEqual([]);
  });

  test('the queue takes the props of a work queue, and stays if the route changes', () => {
    const stack = newStack();
    const queue = fanOut(stack, route()).addQueue('Thumbnails', { queueName: 'thumbnails' });
    expect(queue.node.path).toBe('Stack/Uploads/Thumbnails');
    expect(stack.resolve(queue.queueName)).toEqual({ 'Fn::GetAtt': ['UploadsThumbnailsQueue504FF8BE', 'QueueName'] });
    Template.fromStack(stack).hasResourceProperties('AWS::SQS::Queue', { QueueName: 'thumbnails' });
  });

  test('two fan-outs and two buckets in one stack', () => {
    const stack = newStack();
    const [one, two] = ['One', 'Two'].map(id => new BucketEventFanOut(stack, id, { bucket: new s3.Bucket(stack, `${id}Images`), route: route() }));
    const queue = new WorkQueue(stack, 'Both');
    [one, two].forEach(each => each.addExistingQueue(queue));
    expect(refusedAtSynth(stack)).toEqual([]);
    expect(cyclesOf(stack)).toEqual([]);
  });

  test('an imported bucket', () => {
    const stack = newStack({ env: ENV });
    fanOut(stack, route(), s3.Bucket.fromBucketName(stack, 'Images', 'images')).addQueue('Thumbnails');
    expect(only(stack, 'Custom::S3BucketNotifications').Properties).toMatchObject({ BucketName: 'images', Managed: false });
    if (!isTopic) expect(only(stack, 'AWS::Events::Rule').Properties.EventPattern.detail.bucket).toEqual({ name: ['images'] });
    expect(refusedAtSynth(stack)).toEqual([]);
    expect(warnings(stack)).toEqual([]);
  });

  test.each([['without a name', undefined], ['with a name', 'images']])('a bucket %s in another stack, made before or after, without a cycle', (__, bucketName) => {
    for (const first of ['bucket', 'fan-out']) {
      const app = new App();
      const stacks = (first === 'bucket' ? ['Data', 'Stack'] : ['Stack', 'Data']).map(id => new Stack(app, id, { env: ENV }));
      const [data, stack] = first === 'bucket' ? stacks : stacks.reverse();
      fanOut(stack, route(), new s3.Bucket(data, 'Images', { bucketName })).addQueue('Thumbnails');
      expect(refusedAtSynth(stack)).toEqual([]);
      expect(warnings(app).map(({ id }) => id)).toEqual(isTopic && !bucketName ? ['FanOut.sourceWidened'] : []);
    }
  });

  test('a queue in another stack, whose stack has the rule or the subscription', () => {
    const app = new App();
    const [stack, jobs] = [newStack({ env: ENV }, app), new Stack(app, 'Jobs', { env: ENV })];
    const queue = new WorkQueue(jobs, 'Thumbnails', { encryption: Encryption.customerManaged() });
    const delivery = fanOut(stack, route()).addExistingQueue(queue, { objects: [{ suffix: '.jpg' }] });
    expect(delivery.queue).toBe(queue);
    expect(Stack.of(delivery.subscription ?? delivery.rules[0])).toBe(jobs);
    expect(refusedAtSynth(stack)).toEqual([]);
    expect(warnings(app)).toEqual([]);
  });

  test('an imported queue, for which warnings contain the statements to add', () => {
    const stack = newStack({ env: ENV });
    const key = kms.Key.fromKeyArn(stack, 'Key', `arn:aws:kms:eu-west-1:${ACCOUNT}:key/1`);
    const queue = sqs.Queue.fromQueueAttributes(stack, 'Theirs', { queueArn: `arn:aws:sqs:eu-west-1:${ACCOUNT}:theirs`, keyArn: key.keyArn });
    const { deadLetterQueue } = fanOut(stack, route()).addExistingQueue(queue);
    const construct = isTopic ? 'QueueSubscription' : 'BucketEventFanOut';
    expect(deadLetterQueue!.node.path).toContain('Theirs/');
    expect(warnings(stack).map(({ id }) => id)).toEqual(expect.arrayContaining([`${construct}.importedPolicy`, `${construct}.importedKey`]));
    expect(warnings(stack)[0].text).toContain(isTopic ? 'sns.amazonaws.com' : 'events.amazonaws.com');
  });

  test.each(['s3:*', 's3:ObjectCreated', 's3:ObjectCreated:put', 'ObjectCreated:Put', 'Object Created', 'constructor', '__proto__', ''])('refuses the event type %p, which S3 does not have, and names those it has', event => {
    const stack = newStack();
    const uploads = fanOut(stack, route());
    const before = tree(stack);
    const events = [EventType.OBJECT_CREATED, event as s3.EventType];
    const { problems: [problem, ...others] } = refusal(() => uploads.addQueue('Queue', { events }));
    expect(others).toEqual([]);
    expect(problem).toMatchObject({ prop: "addQueue('Queue').events", got: expect.stringContaining(`'${event}'`), allowed: expect.stringContaining('s3:ObjectCreated:*, s3:ObjectRemoved:*') });
    expect(problem.fix).not.toContain('BucketEventRoute');
    expect(problem.allowed.includes('s3:Replication:*')).toBe(isTopic);
    expect(tree(stack)).toEqual(before);
  });

  test.each<[string, BucketEventOptions, string]>([
    ['no events', { events: [] }, 'events'],
    ['no objects', { objects: [] }, 'objects'],
    ['an empty filter', { objects: [{ prefix: 'a' }, {}] }, 'objects[1]'],
    ['an empty prefix', { objects: [{ prefix: '' }] }, 'objects[0].prefix'],
    ['an empty suffix', { objects: [{ prefix: 'a', suffix: '' }] }, 'objects[0].suffix'],
    ['a prefix that is too long', { objects: [{ prefix: 'a'.repeat(1025) }] }, 'objects[0].prefix'],
    ['half of a character', { objects: [{ suffix: '\ud83d' }] }, 'objects[0].suffix'],
  ])('refuses %s, and leaves nothing', (__, options, prop) => {
    const stack = newStack();
    const uploads = fanOut(stack, route());
    const queue = new WorkQueue(stack, 'Jobs');
    const before = tree(stack);
    expect(refusedProps(() => uploads.addQueue('Queue', options))).toEqual([`addQueue('Queue').${prop}`]);
    expect(refusedProps(() => uploads.addExistingQueue(queue, options))).toEqual([`addExistingQueue(options).${prop}`]);
    expect(tree(stack)).toEqual(before);
    expect(uploads.deliveries).toEqual([]);
    uploads.addQueue('Queue', { objects: [{ prefix: 'a'.repeat(1024) }, { suffix: 'b' }] });
  });

  test('refuses a prefix and a suffix of which one is only known at deployment', () => {
    const stack = newStack();
    const suffix = new CfnParameter(stack, 'Suffix').valueAsString;
    expect(refusedProps(() => fanOut(stack, route()).addQueue('Queue', { objects: [{ prefix: 'a', suffix }] }))).toEqual(["addQueue('Queue').objects[0].suffix"]);
  });

  test('refuses FIFO queues, and names all problems at once', () => {
    const stack = newStack();
    const uploads = fanOut(stack, route());
    expect(refusedProps(() => uploads.addQueue('Queue', { ordering: Ordering.fifo(), objects: [] }))).toEqual(["addQueue('Queue').ordering", "addQueue('Queue').objects"]);
    expect(refusedProps(() => uploads.addExistingQueue(new sqs.Queue(stack, 'Fifo', { fifo: true })))).toEqual(['queue']);
  });

  test('refuses an id that is taken, and a queue that already receives events', () => {
    const stack = newStack();
    const uploads = fanOut(stack, route());
    const queue = uploads.addQueue('Queue');
    expect(refusedProps(() => uploads.addQueue('Queue'))).toEqual(['addQueue(id)']);
    expect(refusedProps(() => uploads.addExistingQueue(queue, { events: [EventType.OBJECT_REMOVED] }))).toEqual(['queue']);
    expect(uploads.deliveries).toHaveLength(1);
  });

  test('a refused queue leaves nothing', () => {
    const stack = newStack();
    const uploads = fanOut(stack, route());
    const before = tree(stack);
    refusal(() => uploads.addQueue('Queue', { queueName: 'not a name' }));
    refusal(() => uploads.addQueue('Queue', { subscriptionDeadLetters: SubscriptionDeadLetters.none('') }));
    expect(tree(stack)).toEqual(before);
  });

  test('refuses a queue with the AWS managed key, also if an aspect sets it', () => {
    const stack = newStack();
    const uploads = fanOut(stack, route());
    const managed = new sqs.Queue(stack, 'Managed', { encryption: sqs.QueueEncryption.KMS_MANAGED });
    expect(refusedProps(() => uploads.addExistingQueue(managed))).toEqual(['queue']);
    const plain = new sqs.Queue(stack, 'Plain');
    uploads.addExistingQueue(plain);
    (plain.node.defaultChild as sqs.CfnQueue).kmsMasterKeyId = 'alias/aws/sqs';
    expect(refusedAtSynth(stack).flatMap(({ problems }) => problems.map(({ prop }) => prop))).toEqual(['queue']);
  });

  test('refuses a bucket of another account, Region or stage, and leaves nothing', () => {
    const app = new App();
    const stack = newStack({ env: ENV }, app);
    const buckets = [
      s3.Bucket.fromBucketAttributes(stack, 'Far', { bucketName: 'far', region: 'us-east-1' }),
      s3.Bucket.fromBucketAttributes(stack, 'Theirs', { bucketName: 'theirs', account: OTHER_ACCOUNT }),
      new s3.Bucket(new Stack(new Stage(app, 'Prod', { env: ENV }), 'Data'), 'Images'),
    ];
    const before = tree(stack);
    for (const bucket of buckets) expect(refusedProps(() => fanOut(stack, route(), bucket))).toEqual(['bucket']);
    expect(tree(stack)).toEqual(before);
  });
});

describe('a queue of another account or Region', () => {
  const far = (stack: Stack) => new WorkQueue(new Stack(stack.node.root as App, 'Far', { env: { ...ENV, region: 'us-west-2' } }), 'Queue');

  test('receives events from a topic', () => {
    const stack = newStack({ env: ENV });
    fanOut(stack, BucketEventRoute.topic({ topicName: 'uploads' })).addExistingQueue(far(stack), { subscriptionDeadLetters: SubscriptionDeadLetters.none('tested elsewhere') });
    expect(refusedAtSynth(stack)).toEqual([]);
  });

  test('is refused with EventBridge, as one of another stage is', () => {
    const stack = newStack({ env: ENV });
    const app = stack.node.root as App;
    const uploads = fanOut(stack);
    const imported = sqs.Queue.fromQueueArn(stack, 'Theirs', `arn:aws:sqs:eu-west-1:${OTHER_ACCOUNT}:theirs`);
    const staged = new WorkQueue(new Stack(new Stage(app, 'Prod', { env: ENV }), 'Jobs'), 'Queue');
    for (const queue of [far(stack), imported, staged]) expect(refusedProps(() => uploads.addExistingQueue(queue))).toEqual(['queue']);
  });
});
