// The same patterns three times: with this library, wired by hand from the L2s of aws-cdk-lib, and with AWS Solutions Constructs.
'use strict';
const { App, Aws, Duration, Fn, Names, RemovalPolicy, Stack } = require('aws-cdk-lib');

/**
 * The same app for every variant; its built-in template validation is off (CDK_VALIDATION=false).
 *
 * @param limited whether a stack may have 500 resources only, which is the limit of CloudFormation
 */
function app(outdir, limited) {
  return new App({ analyticsReporting: false, outdir, context: limited ? {} : { '@aws-cdk/core:stackResourceLimit': 0 } });
}

function vpc(stack) {
  return require('aws-cdk-lib/aws-ec2').Vpc.fromVpcAttributes(stack, 'Vpc', {
    vpcId: 'vpc-0123456789abcdef0',
    availabilityZones: ['eu-west-1a', 'eu-west-1b'],
    privateSubnetIds: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'],
  });
}

const ids = count => Array.from({ length: count }, (_, i) => `Subscriber${i + 1}`);

/** What the import statements of a pattern name. */
const modules = {
  fanOut: { ours: ['cdk-decouple/fanout', 'cdk-decouple/queues'], peer: ['@aws-solutions-constructs/aws-sns-sqs'] },
  workers: { ours: ['cdk-decouple/workers', 'cdk-decouple/queues'] },
  delivery: { ours: ['cdk-decouple/delivery'], peer: ['@aws-solutions-constructs/aws-kinesisstreams-kinesisfirehose-s3'] },
};
const l2 = [
  'autoscaling', 'cloudwatch', 'cloudwatch-actions', 'ec2', 'events', 'iam', 'kinesis', 'kinesisfirehose', 'kms', 'lambda', 'logs', 's3', 'sns', 'sns-subscriptions', 'sqs',
].map(name => `aws-cdk-lib/aws-${name}`);

/** A queue with its dead-letter queue as the library makes them, from L2s. */
function handQueue(scope, id, stackId, deadLetterQueue) {
  const sqs = require('aws-cdk-lib/aws-sqs');
  const { Construct } = require('constructs');
  const own = new Construct(scope, id);
  const common = { encryption: sqs.QueueEncryption.SQS_MANAGED, enforceSSL: true, removalPolicy: RemovalPolicy.DESTROY };
  const queueName = `${Names.uniqueResourceName(own, { maxLength: 43, separator: '-' })}-${stackId}`;
  const dead = deadLetterQueue ?? new sqs.Queue(own, 'DeadLetterQueue', { ...common, retentionPeriod: Duration.days(14) });
  if (!deadLetterQueue) {
    const queueArn = Stack.of(scope).formatArn({ service: 'sqs', resource: queueName });
    dead.node.defaultChild.redriveAllowPolicy = { redrivePermission: 'byQueue', sourceQueueArns: [queueArn] };
  }
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

const stackIdentifier = () => Fn.select(2, Fn.split('/', Aws.STACK_ID));

function handTopic(scope) {
  const sns = require('aws-cdk-lib/aws-sns');
  const topic = new sns.Topic(scope, 'Topic', { enforceSSL: true, signatureVersion: '2' });
  topic.node.defaultChild.kmsMasterKeyId = 'alias/aws/sns';
  topic.applyRemovalPolicy(RemovalPolicy.DESTROY);
  return topic;
}

/** What the L2 for it does: without aws:SourceAccount, and without waiting for the policy of the dead-letter queue. */
function plainSubscribe(topic, { queue, dead }) {
  const { SqsSubscription } = require('aws-cdk-lib/aws-sns-subscriptions');
  topic.addSubscription(new SqsSubscription(queue, { deadLetterQueue: dead, rawMessageDelivery: false }));
}

/** What the library makes, statement for statement. */
function handSubscribe(topic, { own, queue, dead }) {
  const iam = require('aws-cdk-lib/aws-iam');
  const sns = require('aws-cdk-lib/aws-sns');
  const policies = [queue, dead].map(receiver => receiver.addToResourcePolicy(new iam.PolicyStatement({
    actions: ['sqs:SendMessage'],
    principals: [new iam.ServicePrincipal('sns.amazonaws.com')],
    resources: [receiver.queueArn],
    conditions: { ArnLike: { 'aws:SourceArn': topic.topicArn }, StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
  })).policyDependable);
  const subscription = new sns.Subscription(own, 'Subscription', { topic, protocol: sns.SubscriptionProtocol.SQS, endpoint: queue.queueArn, rawMessageDelivery: false });
  subscription.node.defaultChild.redrivePolicy = { deadLetterTargetArn: dead.queueArn };
  subscription.node.addDependency(...policies);
}

const fanOut = {
  ours(stack, count, shared) {
    const { FanOut } = require('cdk-decouple/fanout');
    const { DeadLetters, SharedDeadLetterQueue } = require('cdk-decouple/queues');
    const failed = shared ? new SharedDeadLetterQueue(stack, 'Failed') : undefined;
    const orders = new FanOut(stack, 'Orders');
    ids(count).forEach(id => orders.addQueue(id, failed ? { deadLetters: DeadLetters.shared(failed) } : {}));
  },
  hand(stack, count, shared, subscribe = handSubscribe) {
    const sqs = require('aws-cdk-lib/aws-sqs');
    const { Construct } = require('constructs');
    const failed = shared
      ? new sqs.Queue(stack, 'Failed', { encryption: sqs.QueueEncryption.SQS_MANAGED, enforceSSL: true, retentionPeriod: Duration.days(14) })
      : undefined;
    const orders = new Construct(stack, 'Orders');
    const topic = handTopic(orders);
    const stackId = stackIdentifier();
    ids(count).forEach(id => subscribe(topic, handQueue(orders, id, stackId, failed)));
  },
  plain(stack, count, shared) {
    fanOut.hand(stack, count, shared, plainSubscribe);
  },
  peer(stack, count) {
    const { SnsToSqs } = require('@aws-solutions-constructs/aws-sns-sqs');
    let topic;
    for (const id of ids(count)) {
      const pattern = new SnsToSqs(stack, id, { existingTopicObj: topic });
      topic = pattern.snsTopic;
    }
  },
};

const workers = {
  ours(stack) {
    const { WorkQueue } = require('cdk-decouple/queues');
    const { Ec2Workers, QueueScaling } = require('cdk-decouple/workers');
    new Ec2Workers(stack, 'Workers', {
      vpc: vpc(stack), queue: new WorkQueue(stack, 'Jobs'), scaling: QueueScaling.onBacklog({ backlogPerWorker: 10, min: 0, max: 4 }),
      userData: require('aws-cdk-lib/aws-ec2').UserData.custom('#!/bin/bash\n/opt/worker &'),
    });
  },
  hand(stack) {
    const autoscaling = require('aws-cdk-lib/aws-autoscaling');
    const cloudwatch = require('aws-cdk-lib/aws-cloudwatch');
    const { AutoScalingAction } = require('aws-cdk-lib/aws-cloudwatch-actions');
    const ec2 = require('aws-cdk-lib/aws-ec2');
    const iam = require('aws-cdk-lib/aws-iam');
    const network = vpc(stack);
    const { queue } = handQueue(stack, 'Jobs', stackIdentifier());
    const role = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com') });
    const consume = new iam.ManagedPolicy(stack, 'Consume', {
      roles: [role],
      statements: [
        new iam.PolicyStatement({ actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility', 'sqs:GetQueueAttributes', 'sqs:GetQueueUrl'], resources: [queue.queueArn] }),
        new iam.PolicyStatement({
          actions: ['ssm:UpdateInstanceInformation', 'ssmmessages:CreateControlChannel', 'ssmmessages:CreateDataChannel', 'ssmmessages:OpenControlChannel', 'ssmmessages:OpenDataChannel'],
          resources: ['*'],
        }),
      ],
    });
    const launchTemplate = new ec2.LaunchTemplate(stack, 'LaunchTemplate', {
      machineImage: ec2.MachineImage.latestAmazonLinux2023({ cpuType: ec2.AmazonLinuxCpuType.ARM_64 }),
      instanceType: new ec2.InstanceType('t4g.small'),
      userData: ec2.UserData.custom('#!/bin/bash\n/opt/worker &'),
      role,
      securityGroup: new ec2.SecurityGroup(stack, 'SecurityGroup', { vpc: network }),
      associatePublicIpAddress: false,
      blockDevices: [{ deviceName: '/dev/xvda', volume: ec2.BlockDeviceVolume.ebs(8, { encrypted: true, volumeType: ec2.EbsDeviceVolumeType.GP3 }) }],
      detailedMonitoring: false,
      requireImdsv2: true,
      httpPutResponseHopLimit: 1,
      instanceMetadataTags: true,
    });
    const group = new autoscaling.AutoScalingGroup(stack, 'Group', {
      vpc: network,
      vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS },
      launchTemplate,
      minCapacity: 0,
      maxCapacity: 4,
      defaultInstanceWarmup: Duration.minutes(2),
      groupMetrics: [autoscaling.GroupMetrics.all()],
      healthChecks: autoscaling.HealthChecks.ec2({ gracePeriod: Duration.minutes(5) }),
      updatePolicy: autoscaling.UpdatePolicy.rollingUpdate(),
    });
    group.node.addDependency(consume);
    new iam.ManagedPolicy(stack, 'Protection', {
      roles: [role],
      statements: [new iam.PolicyStatement({ actions: ['autoscaling:CompleteLifecycleAction', 'autoscaling:RecordLifecycleActionHeartbeat'], resources: [group.node.defaultChild.attrAutoScalingGroupArn] })],
    });
    group.addLifecycleHook('Termination', {
      lifecycleHookName: 'finish-work',
      lifecycleTransition: autoscaling.LifecycleTransition.INSTANCE_TERMINATING,
      heartbeatTimeout: Duration.minutes(10),
      defaultResult: autoscaling.DefaultResult.CONTINUE,
    });
    const oneMinute = { period: Duration.minutes(1) };
    const visible = queue.metricApproximateNumberOfMessagesVisible({ ...oneMinute, statistic: 'Maximum' });
    const notVisible = queue.metricApproximateNumberOfMessagesNotVisible({ ...oneMinute, statistic: 'Maximum' });
    const capacity = new cloudwatch.Metric({
      ...oneMinute, namespace: 'AWS/AutoScaling', metricName: 'GroupInServiceInstances', dimensionsMap: { AutoScalingGroupName: group.autoScalingGroupName },
    });
    const query = (id, metric, stat, returnData) => ({
      id,
      metricStat: { metric: { namespace: metric.namespace, metricName: metric.metricName, dimensions: Object.entries(metric.dimensions).map(([name, value]) => ({ name, value })) }, stat },
      returnData,
    });
    new autoscaling.CfnScalingPolicy(stack, 'Backlog', {
      autoScalingGroupName: group.autoScalingGroupName,
      policyType: 'TargetTrackingScaling',
      targetTrackingConfiguration: {
        targetValue: 10,
        customizedMetricSpecification: {
          metrics: [
            query('visible', visible, 'Sum', false), query('notVisible', notVisible, 'Sum', false), query('capacity', capacity, 'Average', false),
            { id: 'backlog', expression: 'IF(capacity > 1, IF(FILL(visible + FILL(notVisible, 0), REPEAT) > 0, FILL(visible + FILL(notVisible, 0), REPEAT), 0.5) / capacity, '
              + 'IF(FILL(visible + FILL(notVisible, 0), REPEAT) > 9.5, FILL(visible + FILL(notVisible, 0), REPEAT), 9.5))', returnData: true },
          ],
        },
      },
    });
    const start = new autoscaling.StepScalingAction(stack, 'StartAction', { autoScalingGroup: group });
    start.addAdjustment({ adjustment: 1, lowerBound: 0 });
    const alarm = new cloudwatch.Alarm(stack, 'Start', {
      metric: new cloudwatch.MathExpression({ ...oneMinute, expression: 'IF(capacity > 0, 0, visible)', usingMetrics: { visible, capacity } }),
      threshold: 1,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(new AutoScalingAction(start));
    const stop = new autoscaling.StepScalingAction(stack, 'StopAction', { autoScalingGroup: group });
    stop.addAdjustment({ adjustment: -1, upperBound: 0 });
    const received = queue.metricNumberOfMessagesReceived(oneMinute);
    const idle = new cloudwatch.Alarm(stack, 'Stop', {
      metric: new cloudwatch.MathExpression({
        ...oneMinute,
        expression: 'IF(capacity == 1, FILL(visible + FILL(notVisible, 0), REPEAT) + FILL(received, 0), 1)',
        usingMetrics: { visible, notVisible, received, capacity },
      }),
      threshold: 1,
      comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
      evaluationPeriods: 15,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
    idle.addAlarmAction(new AutoScalingAction(stop));
  },
};

const delivery = {
  ours(stack) {
    const { FirehoseStream } = require('cdk-decouple/delivery');
    new FirehoseStream(stack, 'Clicks');
  },
  hand(stack) {
    const firehose = require('aws-cdk-lib/aws-kinesisfirehose');
    const iam = require('aws-cdk-lib/aws-iam');
    const kinesis = require('aws-cdk-lib/aws-kinesis');
    const logs = require('aws-cdk-lib/aws-logs');
    const s3 = require('aws-cdk-lib/aws-s3');
    const { Size } = require('aws-cdk-lib');
    const stream = new kinesis.Stream(stack, 'Stream', {
      streamMode: kinesis.StreamMode.ON_DEMAND, retentionPeriod: Duration.hours(24), encryption: kinesis.StreamEncryption.MANAGED, removalPolicy: RemovalPolicy.RETAIN,
    });
    const bucket = id => new s3.Bucket(stack, id, {
      encryption: s3.BucketEncryption.S3_MANAGED,
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      versioned: true,
      lifecycleRules: [{ abortIncompleteMultipartUploadAfter: Duration.days(7), noncurrentVersionExpiration: Duration.days(30) }],
      removalPolicy: RemovalPolicy.RETAIN,
    });
    const logGroup = new logs.LogGroup(stack, 'LogGroup', { retention: logs.RetentionDays.ONE_MONTH, removalPolicy: RemovalPolicy.RETAIN });
    const role = new iam.Role(stack, 'Role', {
      assumedBy: new iam.ServicePrincipal('firehose.amazonaws.com', { conditions: { StringEquals: { 'sts:ExternalId': Aws.ACCOUNT_ID } } }),
    });
    const loggingConfig = new firehose.EnableLogging(logGroup);
    const prefix = folder => `${folder}/year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/hour=!{timestamp:HH}/`;
    const errors = folder => `${folder}/!{firehose:error-output-type}/year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/`;
    const common = {
      bufferingInterval: Duration.seconds(300), bufferingSize: Size.mebibytes(5), compression: firehose.Compression.GZIP, loggingConfig,
    };
    const [data, backup] = [bucket('Bucket'), bucket('BackupBucket')];
    new firehose.DeliveryStream(stack, 'DeliveryStream', {
      role,
      source: new firehose.KinesisStreamSource(stream),
      destination: new firehose.S3Bucket(data, {
        ...common, role, dataOutputPrefix: prefix('data'), errorOutputPrefix: errors('errors'),
        s3Backup: { ...common, mode: firehose.BackupMode.ALL, bucket: backup, dataOutputPrefix: prefix('source'), errorOutputPrefix: errors('source-errors') },
      }),
    });
  },
  peer(stack) {
    const { KinesisStreamsToKinesisFirehoseToS3 } = require('@aws-solutions-constructs/aws-kinesisstreams-kinesisfirehose-s3');
    new KinesisStreamsToKinesisFirehoseToS3(stack, 'Clicks', {});
  },
};

/** A topic in one stack, subscribers in others. */
const manyStacks = {
  ours(root, count, perStack) {
    const { FanOut, QueueSubscription } = require('cdk-decouple/fanout');
    const { WorkQueue } = require('cdk-decouple/queues');
    const orders = new FanOut(new Stack(root, 'Topic'), 'Orders');
    spread(root, count, perStack, (stack, id) => orders.addSubscription(new QueueSubscription(new WorkQueue(stack, id))));
  },
  hand(root, count, perStack) {
    const { Construct } = require('constructs');
    const topic = handTopic(new Construct(new Stack(root, 'Topic'), 'Orders'));
    spread(root, count, perStack, (stack, id, stackId) => handSubscribe(topic, handQueue(stack, id, stackId)));
  },
};

function spread(root, count, perStack, make) {
  let stack, stackId;
  ids(count).forEach((id, i) => {
    if (i % perStack === 0) {
      stack = new Stack(root, `Subscribers${i / perStack + 1}`);
      stackId = stackIdentifier();
    }
    make(stack, id, stackId);
  });
}

module.exports = { app, modules, l2, patterns: { fanOut, workers, delivery }, manyStacks };
