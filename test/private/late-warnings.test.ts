import { readFileSync } from 'fs';
import { join } from 'path';
import { Annotations, App, Duration, Stack, Stage } from 'aws-cdk-lib';
import { Annotations as Found, Match } from 'aws-cdk-lib/assertions';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as cloudwatch_actions from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { IConstruct } from 'constructs';
import { Encryption, MessagingEndpoints, ServiceSource } from '../../src/access';
import { FifoFanOut } from '../../src/fanout';
import { DeadLetters, LargePayloads, WorkQueue } from '../../src/queues';
import { Ec2Workers, FargateWorkers, QueueScaling } from '../../src/workers';
import { functionWorker, workerContainer, workerScript } from '../support/constructs';
import { letIn } from '../support/let-in';

function queueOfAnotherVpc(stack: Stack): sqs.IQueue {
  const queue = new WorkQueue(stack, 'Jobs');
  new MessagingEndpoints(stack, 'Endpoints', { vpc: new ec2.Vpc(stack, 'Other', { natGateways: 0 }), queues: [queue], subnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED } })
    .restrictQueue(queue);
  return queue;
}

/** What warns when the template is written, by the id of the warning. */
const LATE: Record<string, (stack: Stack) => IConstruct> = {
  'cdk-decouple:WorkQueue.maxReceiveCount': stack => new WorkQueue(stack, 'It', {
    retention: Duration.hours(1), visibilityTimeout: Duration.hours(1), deadLetters: DeadLetters.dedicated({ maxReceiveCount: 5 }),
  }),
  'cdk-decouple:WorkQueue.deadLetterRetention': stack => new WorkQueue(stack, 'It', {
    retention: Duration.days(14), deadLetters: DeadLetters.existing(sqs.Queue.fromQueueArn(stack, 'Failed', 'arn:aws:sqs:eu-west-1:111122223333:failed')),
  }),
  'cdk-decouple:WorkQueue.eventDeadLetters': stack => {
    const it = new WorkQueue(stack, 'It');
    new events.Rule(stack, 'Rule', { schedule: events.Schedule.rate(Duration.hours(1)), targets: [new targets.SqsQueue(it)] });
    return it;
  },
  'cdk-decouple:WorkQueue.payloadExpiration': stack => new WorkQueue(stack, 'It', {
    largePayloads: LargePayloads.existing(new s3.Bucket(stack, 'Payloads', { lifecycleRules: [{ expiration: Duration.days(1) }] })),
  }),
  'cdk-decouple:Ec2Workers.isolatedSubnets': stack => new Ec2Workers(stack, 'It', {
    vpc: new ec2.Vpc(stack, 'Vpc', { subnetConfiguration: [{ name: 'quiet', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }] }),
    vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
    queue: new sqs.Queue(stack, 'Queue'),
    scaling: QueueScaling.onBacklog({ backlogPerWorker: 10, max: 3 }),
    userData: workerScript(),
  }),
  'cdk-decouple:FargateWorkers.isolatedSubnets': stack => new FargateWorkers(stack, 'It', {
    vpc: new ec2.Vpc(stack, 'Vpc', { subnetConfiguration: [{ name: 'quiet', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }] }),
    vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
    queue: new sqs.Queue(stack, 'Queue'),
    scaling: QueueScaling.onBacklog({ backlogPerWorker: 10, max: 3 }),
    command: workerContainer(),
  }),
  'cdk-decouple:FargateWorkers.containerInsights': stack => {
    const vpc = new ec2.Vpc(stack, 'Vpc');
    return new FargateWorkers(stack, 'It', {
      vpc,
      cluster: new ecs.Cluster(stack, 'Cluster', { vpc }),
      queue: new sqs.Queue(stack, 'Queue'),
      scaling: QueueScaling.onBacklog({ backlogPerWorker: 10, max: 3 }),
      command: workerContainer(),
    });
  },
  'cdk-decouple:Ec2Workers.restrictedQueue': stack => new Ec2Workers(stack, 'It', {
    vpc: new ec2.Vpc(stack, 'Vpc', { natGateways: 1 }),
    queue: queueOfAnotherVpc(stack),
    scaling: QueueScaling.onBacklog({ backlogPerWorker: 10, max: 3 }),
    userData: workerScript(),
  }),
  'cdk-decouple:FargateWorkers.restrictedQueue': stack => new FargateWorkers(stack, 'It', {
    vpc: new ec2.Vpc(stack, 'Vpc', { natGateways: 1 }),
    queue: queueOfAnotherVpc(stack),
    scaling: QueueScaling.onBacklog({ backlogPerWorker: 10, max: 3 }),
    command: workerContainer(),
  }),
  'cdk-decouple:FunctionWorker.maxReceiveCount': stack => functionWorker(stack, {}, new WorkQueue(stack, 'It', { deadLetters: DeadLetters.dedicated({ maxReceiveCount: 2 }) })),
  'cdk-decouple:FunctionWorker.stopped': stack => functionWorker(stack, { reservedConcurrentExecutions: 0 }),
  'cdk-decouple:FunctionWorker.throttled': stack => functionWorker(stack, { reservedConcurrentExecutions: 1 }),
  'cdk-decouple:FifoFanOut.alarmAction': stack => {
    const it = letIn(new FifoFanOut(stack, 'It', { encryption: Encryption.customerManaged() }), ServiceSource.alarms());
    new cloudwatch.Alarm(stack, 'Alarm', { metric: new cloudwatch.Metric({ namespace: 'N', metricName: 'M' }), threshold: 1, evaluationPeriods: 1 })
      .addAlarmAction(new cloudwatch_actions.SnsAction(it));
    return it;
  },
};
const IDS = Object.keys(LATE);

/** How many warnings of an id a template comes with that are acknowledged on one construct after the last line. */
function remaining(id: string, on?: 'construct' | 'stack' | 'stage' | 'app'): number {
  const app = new App();
  const stage = new Stage(app, 'Prod', { env: { account: '111122223333', region: 'eu-west-1' } });
  const stack = new Stack(stage, 'Stack');
  const at = { construct: LATE[id](stack), stack, stage, app };
  if (on) Annotations.of(at[on]).acknowledgeWarning(id, 'known');
  return Found.fromStack(stack).findWarning('*', Match.stringLikeRegexp(`\\[ack: ${id}\\]$`)).length;
}

describe('a warning that comes when the template is written', () => {
  test.each(IDS)('%s is acknowledged on the construct, the stack or a stage', id => {
    expect(remaining(id)).toBe(1);
    for (const on of ['construct', 'stack', 'stage'] as const) expect(`${on}: ${remaining(id, on)}`).toBe(`${on}: 0`);
  });

  // Neither version looks at the root: `searchPaths` in core/lib/annotations.js. What docs/warnings.md says has to change when this does.
  test.each(IDS)('%s is not acknowledged on the app', id => {
    expect(remaining(id, 'app')).toBe(1);
  });

  test('is named as one in docs/warnings.md', () => {
    const text = readFileSync(join(__dirname, '..', '..', 'docs', 'warnings.md'), 'utf8').split('\n| id |')[0];
    const named = /^.*when the template is written[^]*?\n\n/m.exec(text)?.[0].match(/cdk-decouple:\w+\.\w+/g);
    expect(named?.sort()).toEqual([...IDS].sort());
  });
});
