import { App, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { s3Stream } from './s3-stream';
import { MessagingEndpoints } from '../../src/access';
import { BucketEventFanOut, BucketEventRoute, FanOut, FifoFanOut, MobilePushSubscription, QueueSubscription, SubscriberStacks } from '../../src/fanout';
import { LargePayloads, Ordering, ReplyQueues, RequestResponse, SharedDeadLetterQueue, WorkQueue } from '../../src/queues';
import { ContainerCommand, Ec2Workers, FargateWorkers, FunctionSource, FunctionWorker, QueueScaling, WorkerCommand, WorkerFunction } from '../../src/workers';

/** A network by reference, so that no finding about it is taken for one of ours. */
export function network(stack: Stack): ec2.IVpc {
  return ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
    vpcId: 'vpc-0123456789abcdef0',
    vpcCidrBlock: '10.0.0.0/16',
    availabilityZones: ['eu-west-1a', 'eu-west-1b'],
    privateSubnetIds: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'],
    privateSubnetRouteTableIds: ['rtb-0123456789abcdef0', 'rtb-0123456789abcdef1'],
  });
}

/** A script that starts a worker. */
export function workerScript(): ec2.UserData {
  return ec2.UserData.custom('#!/bin/bash\n/opt/worker &');
}

/** A function on a queue, which is created unless it is given. */
export function functionWorker(stack: Stack, props: Partial<lambda.FunctionProps> = {}, queue?: sqs.IQueue): FunctionWorker {
  return new FunctionWorker(stack, 'Resizer', {
    source: FunctionSource.queue(queue ?? new WorkQueue(stack, 'Jobs')),
    function: WorkerFunction.create({
      runtime: lambda.Runtime.NODEJS_24_X, handler: 'index.handler', code: lambda.Code.fromInline('exports.handler = async () => {};'), ...props,
    }),
  });
}

/** A container that is a worker. */
export function workerContainer(): ContainerCommand {
  return WorkerCommand.container(ecs.ContainerImage.fromRegistry('public.ecr.aws/images/worker:1'));
}

/** A bucket by reference, for the same reason. */
function bucketByName(stack: Stack): s3.IBucket {
  return s3.Bucket.fromBucketName(stack, 'Images', 'images');
}

/** Every construct of the library with nothing but its required props. */
export const DEFAULTS: Record<string, (stack: Stack) => void> = {
  'WorkQueue': stack => { new WorkQueue(stack, 'Jobs'); },
  'WorkQueue (FIFO)': stack => { new WorkQueue(stack, 'Jobs', { ordering: Ordering.fifo() }); },
  'WorkQueue (large payloads)': stack => { new WorkQueue(stack, 'Jobs', { largePayloads: LargePayloads.dedicated() }); },
  'SharedDeadLetterQueue': stack => { new SharedDeadLetterQueue(stack, 'Failed'); },
  'RequestResponse': stack => { new RequestResponse(stack, 'Prices').addRequester('Shop'); },
  'RequestResponse (temporary reply queues)': stack => { new RequestResponse(stack, 'Prices', { replies: ReplyQueues.temporary() }); },
  'FanOut': stack => {
    const orders = new FanOut(stack, 'Orders');
    orders.addQueue('Billing');
    orders.addSubscription(new QueueSubscription(new sqs.Queue(stack, 'AuditQueue', { enforceSSL: true, deadLetterQueue: { queue: new WorkQueue(stack, 'Other'), maxReceiveCount: 5 } })));
  },
  'FanOut (delivery status logs, mobile push)': stack => {
    const orders = new FanOut(stack, 'Orders', { loggingConfigs: [{ protocol: sns.LoggingProtocol.APPLICATION }] });
    orders.addSubscription(new MobilePushSubscription(Stack.of(stack).formatArn({ service: 'sns', resource: 'endpoint', resourceName: 'GCM/shop/1' })));
  },
  'FifoFanOut': stack => {
    const ledger = new FifoFanOut(stack, 'Ledger');
    ledger.addQueue('Balances');
    ledger.addQueue('Search', { ordering: Ordering.standard() });
  },
  'BucketEventFanOut': stack => { new BucketEventFanOut(stack, 'Uploads', { bucket: bucketByName(stack) }).addQueue('Thumbnails'); },
  'BucketEventFanOut (topic)': stack => {
    new BucketEventFanOut(stack, 'Uploads', { bucket: bucketByName(stack), route: BucketEventRoute.topic() }).addQueue('Thumbnails');
  },
  'SubscriberStacks': stack => {
    new SubscriberStacks(stack, 'Subscribers', { topic: new FanOut(stack, 'Orders'), stackCount: 1 }).addQueue('Billing');
  },
  'Ec2Workers': stack => {
    new Ec2Workers(stack, 'Workers', {
      vpc: network(stack),
      queue: new WorkQueue(stack, 'Jobs'),
      scaling: QueueScaling.onBacklog({ backlogPerWorker: 10, min: 0, max: 4 }),
      userData: workerScript(),
    });
  },
  'Ec2Workers (shell command)': stack => {
    new Ec2Workers(stack, 'Workers', {
      vpc: network(stack),
      queue: new WorkQueue(stack, 'Jobs'),
      scaling: QueueScaling.onBacklog({ backlogPerWorker: 10, min: 0, max: 4 }),
      command: WorkerCommand.shell('/opt/resize-images'),
    });
  },
  'FargateWorkers': stack => {
    new FargateWorkers(stack, 'Workers', {
      vpc: network(stack),
      queue: new WorkQueue(stack, 'Jobs'),
      scaling: QueueScaling.onBacklog({ backlogPerWorker: 10, min: 0, max: 4 }),
      command: workerContainer(),
    });
  },
  'FunctionWorker': stack => { functionWorker(stack); },
  'MessagingEndpoints': stack => { new MessagingEndpoints(stack, 'Endpoints', { vpc: network(stack), queues: [new WorkQueue(stack, 'Jobs')] }); },
  'FirehoseStream': stack => { s3Stream(stack, 'Clicks'); },
};

/** A stack with one construct in it. */
export function build(make: (stack: Stack) => void, context: Record<string, unknown> = {}): { app: App; stack: Stack } {
  const app = new App({ context, analyticsReporting: false });
  const stack = new Stack(app, 'Subject');
  make(stack);
  return { app, stack };
}
