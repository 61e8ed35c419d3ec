// The patterns with this library, from the L2s of aws-cdk-lib, and with AWS Solutions Constructs. Each adds its stacks to an app.
'use strict';
const { App, Aws, CfnWaitConditionHandle, Duration, Fn, Names, RemovalPolicy, Stack } = require('aws-cdk-lib');

/**
 * The same app for every variant; its built-in template validation is off (CDK_VALIDATION=false).
 *
 * @param limited whether a stack may have 500 resources only, which is the limit of CloudFormation
 */
function app(outdir, limited) {
  return new App({ analyticsReporting: false, outdir, context: limited ? {} : { '@aws-cdk/core:stackResourceLimit': 0 } });
}

const ids = count => Array.from({ length: count }, (_, i) => `Subscriber${i + 1}`);

const stackIdentifier = () => Fn.select(2, Fn.split('/', Aws.STACK_ID));

const queueNameOf = (own, stackId) => `${Names.uniqueResourceName(own, { maxLength: 43, separator: '-' })}-${stackId}`;

/** A queue with its dead-letter queue as the library makes them, from L2s. */
function handQueue(scope, id, stackId) {
  const sqs = require('aws-cdk-lib/aws-sqs');
  const { Construct } = require('constructs');
  const own = new Construct(scope, id);
  const common = { encryption: sqs.QueueEncryption.SQS_MANAGED, enforceSSL: true, removalPolicy: RemovalPolicy.DESTROY };
  const queueName = queueNameOf(own, stackId);
  const dead = new sqs.Queue(own, 'DeadLetterQueue', { ...common, retentionPeriod: Duration.days(14) });
  const queueArn = Stack.of(scope).formatArn({ service: 'sqs', resource: queueName });
  dead.node.defaultChild.redriveAllowPolicy = { redrivePermission: 'byQueue', sourceQueueArns: [queueArn] };
  const queue = new sqs.Queue(own, 'Queue', {
    ...common,
    queueName,
    visibilityTimeout: Duration.seconds(30),
    deliveryDelay: Duration.seconds(0),
    retentionPeriod: Duration.days(4),
    receiveMessageWaitTime: Duration.seconds(20),
    maxMessageSizeBytes: 1_048_576,
    deadLetterQueue: { queue: dead, maxReceiveCount: 5 },
  });
  return { own, queue, dead };
}

function handTopic(scope) {
  const sns = require('aws-cdk-lib/aws-sns');
  const topic = new sns.Topic(scope, 'Topic', { enforceSSL: true, signatureVersion: '2' });
  topic.node.defaultChild.kmsMasterKeyId = 'alias/aws/sns';
  topic.applyRemovalPolicy(RemovalPolicy.DESTROY);
  return topic;
}

/** Lets a service send to a queue for one of its resources; returns what has to wait for that. */
function handAllow(receiver, service, sourceArn) {
  const iam = require('aws-cdk-lib/aws-iam');
  return receiver.addToResourcePolicy(new iam.PolicyStatement({
    actions: ['sqs:SendMessage'],
    principals: [new iam.ServicePrincipal(service)],
    resources: [receiver.queueArn],
    conditions: { ArnLike: { 'aws:SourceArn': sourceArn }, StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
  })).policyDependable;
}

/** What the library makes, statement for statement. */
function handSubscribe(topic, { own, queue, dead }, id = 'Subscription') {
  const sns = require('aws-cdk-lib/aws-sns');
  const policies = [queue, dead].map(receiver => handAllow(receiver, 'sns.amazonaws.com', topic.topicArn));
  const subscription = new sns.Subscription(own, id, { topic, protocol: sns.SubscriptionProtocol.SQS, endpoint: queue.queueArn, rawMessageDelivery: false });
  subscription.node.defaultChild.redrivePolicy = { deadLetterTargetArn: dead.queueArn };
  subscription.node.addDependency(...policies);
}

/** A topic with queues, in one stack. */
const fanOut = {
  ours(root, { count, shared }) {
    const { FanOut } = require('cdk-decouple/fanout');
    const { DeadLetters, SharedDeadLetterQueue } = require('cdk-decouple/queues');
    const stack = new Stack(root, 'Stack');
    const failed = shared ? new SharedDeadLetterQueue(stack, 'Failed') : undefined;
    const orders = new FanOut(stack, 'Orders');
    ids(count).forEach(id => orders.addQueue(id, failed ? { deadLetters: DeadLetters.shared(failed) } : {}));
  },
  hand(root, { count }) {
    const { Construct } = require('constructs');
    const orders = new Construct(new Stack(root, 'Stack'), 'Orders');
    const topic = handTopic(orders);
    const stackId = stackIdentifier();
    ids(count).forEach(id => handSubscribe(topic, handQueue(orders, id, stackId)));
  },
  /** TLS and dead letters, and otherwise the defaults of the CDK. */
  users(root, { count }) {
    const sns = require('aws-cdk-lib/aws-sns');
    const { SqsSubscription } = require('aws-cdk-lib/aws-sns-subscriptions');
    const sqs = require('aws-cdk-lib/aws-sqs');
    const stack = new Stack(root, 'Stack');
    const orders = new sns.Topic(stack, 'Orders', { enforceSSL: true });
    for (const id of ids(count)) {
      const failed = new sqs.Queue(stack, `${id}Failed`, { enforceSSL: true });
      const queue = new sqs.Queue(stack, id, { enforceSSL: true, deadLetterQueue: { queue: failed, maxReceiveCount: 5 } });
      orders.addSubscription(new SqsSubscription(queue));
    }
  },
  peer(root, { count }) {
    const { SnsToSqs } = require('@aws-solutions-constructs/aws-sns-sqs');
    const stack = new Stack(root, 'Stack');
    let topic;
    for (const id of ids(count)) topic = new SnsToSqs(stack, id, { existingTopicObj: topic }).snsTopic;
  },
};

/** A topic in one stack, subscribers in others. */
const manyStacks = {
  ours(root, { count, perStack }) {
    const { FanOut, QueueSubscription } = require('cdk-decouple/fanout');
    const { WorkQueue } = require('cdk-decouple/queues');
    const orders = new FanOut(new Stack(root, 'Topic'), 'Orders');
    spread(root, count, perStack, (stack, id) => orders.addSubscription(new QueueSubscription(new WorkQueue(stack, id))));
  },
  hand(root, { count, perStack }) {
    const { Construct } = require('constructs');
    const topic = handTopic(new Construct(new Stack(root, 'Topic'), 'Orders'));
    const stackId = stackIdentifier();
    spread(root, count, perStack, (stack, id) => handSubscribe(topic, handQueue(stack, id, stackId), Names.nodeUniqueId(topic.node)));
  },
};

/** The stacks of the subscribers made by one call. */
const subscriberStacks = {
  ours(root, { count, stackCount }) {
    const { FanOut, SubscriberStacks } = require('cdk-decouple/fanout');
    const stack = new Stack(root, 'Topic');
    const subscribers = new SubscriberStacks(stack, 'Subscribers', { topic: new FanOut(stack, 'Orders'), stackCount });
    ids(count).forEach(id => subscribers.addQueue(id));
  },
  hand(root, { count, stackCount }) {
    const { Construct } = require('constructs');
    const stack = new Stack(root, 'Topic');
    const topic = handTopic(new Construct(stack, 'Orders'));
    const subscribers = new Construct(stack, 'Subscribers');
    const stacks = Array.from({ length: stackCount }, (_, i) => new Stack(subscribers, `Stack${i + 1}`));
    stacks.forEach(one => new CfnWaitConditionHandle(one, 'cdk-decouple:Placeholder'));
    const stackId = stackIdentifier();
    ids(count).forEach(id => handSubscribe(topic, handQueue(stacks[handStack(id, stackCount)], id, stackId), Names.nodeUniqueId(topic.node)));
  },
};

/** The index of a stack that stays the same when other ids come and go: that of the highest hash. */
function handStack(id, stackCount) {
  const { createHash } = require('crypto');
  const hashes = Array.from({ length: stackCount }, (_, i) => createHash('sha256').update(`${i + 1}/${id}`).digest('hex'));
  return hashes.indexOf([...hashes].sort().pop());
}

function spread(root, count, perStack, make) {
  let stack;
  ids(count).forEach((id, i) => {
    if (i % perStack === 0) stack = new Stack(root, `Subscribers${i / perStack + 1}`);
    make(stack, id);
  });
}

/** The events of a bucket for queues, each with a prefix. */
const bucketEvents = {
  ours(root, { count }) {
    const s3 = require('aws-cdk-lib/aws-s3');
    const { BucketEventFanOut } = require('cdk-decouple/fanout');
    const stack = new Stack(root, 'Stack');
    const uploads = new BucketEventFanOut(stack, 'Uploads', { bucket: new s3.Bucket(stack, 'Images', { enforceSSL: true }) });
    ids(count).forEach(id => uploads.addQueue(id, { objects: [{ prefix: `${id}/` }] }));
  },
  hand(root, { count }) {
    const events = require('aws-cdk-lib/aws-events');
    const s3 = require('aws-cdk-lib/aws-s3');
    const { Construct } = require('constructs');
    const stack = new Stack(root, 'Stack');
    const bucket = new s3.Bucket(stack, 'Images', { enforceSSL: true, eventBridgeEnabled: true });
    const uploads = new Construct(stack, 'Uploads');
    const stackId = stackIdentifier();
    for (const id of ids(count)) {
      const { own, queue, dead } = handQueue(uploads, id, stackId);
      const rule = new events.Rule(new Construct(own, Names.nodeUniqueId(uploads.node)), 'Rule', {
        description: `Events of ${bucket.node.path} for ${own.node.path}`,
        eventPattern: { source: ['aws.s3'], detailType: ['Object Created'], detail: { bucket: { name: [bucket.bucketName] }, object: { key: [{ prefix: `${id}/` }] } } },
      });
      [queue, dead].forEach(receiver => handAllow(receiver, 'events.amazonaws.com', rule.ruleArn));
      // targets.SqsQueue would add other statements.
      rule.addTarget({ bind: () => ({ arn: queue.queueArn, deadLetterConfig: { arn: dead.queueArn } }) });
    }
  },
};

/** A queue for requests, and a reply queue for each requester. */
const requestResponse = {
  ours(root, { count }) {
    const { RequestResponse } = require('cdk-decouple/queues');
    const stack = new Stack(root, 'Stack');
    const quotes = new RequestResponse(stack, 'Quotes');
    quotes.grantRespond(taskRole(stack, 'Responder'));
    ids(count).forEach(id => quotes.addRequester(id).grantRequest(taskRole(stack, id)));
  },
  hand(root, { count }) {
    const { Construct } = require('constructs');
    const sqs = require('aws-cdk-lib/aws-sqs');
    const stack = new Stack(root, 'Stack');
    const quotes = new Construct(stack, 'Quotes');
    const stackId = stackIdentifier();
    const { queue: requests } = handQueue(quotes, 'Requests', stackId);
    const responder = taskRole(stack, 'Responder');
    const consume = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility', 'sqs:GetQueueAttributes', 'sqs:GetQueueUrl'];
    handGrant(responder, requests, consume);
    for (const id of ids(count)) {
      const own = new Construct(quotes, id);
      const replies = new sqs.Queue(own, 'Queue', {
        encryption: sqs.QueueEncryption.SQS_MANAGED,
        enforceSSL: true,
        queueName: queueNameOf(own, stackId),
        retentionPeriod: Duration.minutes(15),
        receiveMessageWaitTime: Duration.seconds(20),
        visibilityTimeout: Duration.seconds(30),
        removalPolicy: RemovalPolicy.DESTROY,
      });
      const requester = taskRole(stack, id);
      handGrant(responder, replies, ['sqs:SendMessage', 'sqs:GetQueueUrl']);
      handGrant(requester, requests, ['sqs:SendMessage', 'sqs:GetQueueAttributes', 'sqs:GetQueueUrl']);
      handGrant(requester, replies, consume);
    }
  },
};

function taskRole(stack, id) {
  const iam = require('aws-cdk-lib/aws-iam');
  return new iam.Role(stack, `${id}Role`, { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') });
}

function handGrant(role, queue, actions) {
  const iam = require('aws-cdk-lib/aws-iam');
  role.addToPolicy(new iam.PolicyStatement({ actions, resources: [queue.queueArn] }));
}

const delivery = {
  ours(root) {
    const { FirehoseStream } = require('cdk-decouple/delivery');
    new FirehoseStream(new Stack(root, 'Stack'), 'Clicks');
  },
  /** TLS, and otherwise the defaults of the CDK. */
  users(root) {
    const kinesis = require('aws-cdk-lib/aws-kinesis');
    const firehose = require('aws-cdk-lib/aws-kinesisfirehose');
    const s3 = require('aws-cdk-lib/aws-s3');
    const stack = new Stack(root, 'Stack');
    new firehose.DeliveryStream(stack, 'Clicks', {
      source: new firehose.KinesisStreamSource(new kinesis.Stream(stack, 'Source')),
      destination: new firehose.S3Bucket(new s3.Bucket(stack, 'Bucket', { enforceSSL: true })),
    });
  },
  peer(root) {
    const { KinesisStreamsToKinesisFirehoseToS3 } = require('@aws-solutions-constructs/aws-kinesisstreams-kinesisfirehose-s3');
    new KinesisStreamsToKinesisFirehoseToS3(new Stack(root, 'Stack'), 'Clicks', {});
  },
};

/** A function on a queue. */
const functionWorker = {
  ours(root) {
    const { WorkQueue } = require('cdk-decouple/queues');
    const { FunctionSource, FunctionWorker, WorkerFunction } = require('cdk-decouple/workers');
    const stack = new Stack(root, 'Stack');
    new FunctionWorker(stack, 'Resizer', { source: FunctionSource.queue(new WorkQueue(stack, 'Jobs')), function: WorkerFunction.create(resizer()) });
  },
  /** TLS, dead letters, the visibility timeout that Lambda recommends, failures of single messages, and otherwise the defaults of the CDK. */
  users(root) {
    const lambda = require('aws-cdk-lib/aws-lambda');
    const { SqsEventSource } = require('aws-cdk-lib/aws-lambda-event-sources');
    const stack = new Stack(root, 'Stack');
    const handler = new lambda.Function(stack, 'Resizer', resizer());
    handler.addEventSource(new SqsEventSource(queueOfUsers(stack, Duration.seconds(180)), { reportBatchItemFailures: true }));
  },
  peer(root) {
    const { SqsToLambda } = require('@aws-solutions-constructs/aws-sqs-lambda');
    new SqsToLambda(new Stack(root, 'Stack'), 'Resizer', { lambdaFunctionProps: resizer() });
  },
};

/** Fargate tasks on a queue. */
const fargateWorkers = {
  ours(root) {
    const ecs = require('aws-cdk-lib/aws-ecs');
    const { WorkQueue } = require('cdk-decouple/queues');
    const { FargateWorkers, QueueScaling, WorkerCommand } = require('cdk-decouple/workers');
    const stack = new Stack(root, 'Stack');
    new FargateWorkers(stack, 'Resizers', {
      vpc: networkOf(stack),
      queue: new WorkQueue(stack, 'Jobs'),
      command: WorkerCommand.container(ecs.ContainerImage.fromRegistry(IMAGE)),
      scaling: QueueScaling.onBacklog({ backlogPerWorker: 10, max: 10 }),
    });
  },
  /** The pattern of the CDK, with TLS and dead letters. */
  ecsPatterns(root) {
    const ecs = require('aws-cdk-lib/aws-ecs');
    const { QueueProcessingFargateService } = require('aws-cdk-lib/aws-ecs-patterns');
    const stack = new Stack(root, 'Stack');
    new QueueProcessingFargateService(stack, 'Resizers', {
      vpc: networkOf(stack),
      queue: queueOfUsers(stack),
      image: ecs.ContainerImage.fromRegistry(IMAGE),
      minScalingCapacity: 0,
      maxScalingCapacity: 10,
    });
  },
};

const IMAGE = 'public.ecr.aws/images/worker:1';

/** The options of a function. */
function resizer() {
  const lambda = require('aws-cdk-lib/aws-lambda');
  return {
    runtime: lambda.Runtime.NODEJS_24_X,
    handler: 'index.handler',
    timeout: Duration.seconds(30),
    code: lambda.Code.fromInline('exports.handler = async () => ({ batchItemFailures: [] });'),
  };
}

/** A queue with TLS and dead letters, and otherwise the defaults of the CDK. */
function queueOfUsers(stack, visibilityTimeout) {
  const sqs = require('aws-cdk-lib/aws-sqs');
  const failed = new sqs.Queue(stack, 'Failed', { enforceSSL: true });
  return new sqs.Queue(stack, 'Jobs', { enforceSSL: true, visibilityTimeout, deadLetterQueue: { queue: failed, maxReceiveCount: 5 } });
}

/** A network that exists already, because every variant needs one. */
function networkOf(stack) {
  const ec2 = require('aws-cdk-lib/aws-ec2');
  return ec2.Vpc.fromVpcAttributes(stack, 'Network', {
    vpcId: 'vpc-0123456789abcdef0',
    availabilityZones: ['eu-west-1a', 'eu-west-1b'],
    privateSubnetIds: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'],
  });
}

module.exports = { app, patterns: { fanOut, manyStacks, subscriberStacks, bucketEvents, requestResponse, delivery, functionWorker, fargateWorkers } };
