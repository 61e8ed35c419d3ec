import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { World, expectAll, expectAllowedWithTwins, keyOf, legsToConsume, reportAtEnd } from './harness';
import { Encryption } from '../../src/access';
import { LargePayloads, WorkQueue } from '../../src/queues';
import { Ec2Workers, FargateWorkers, QueueScaling } from '../../src/workers';
import { network, workerContainer, workerScript } from '../support/constructs';

reportAtEnd('workers on queues with large payloads');

const CONSUME = ['sqs:ChangeMessageVisibility', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:GetQueueUrl', 'sqs:ReceiveMessage'];
const TAKE = ['s3:DeleteObject', 's3:GetObject'];
const OBJECT = 'data/object';
const scaling = QueueScaling.onBacklog({ backlogPerWorker: 10, max: 4 });

const kinds: [string, (stack: Stack, queue: sqs.IQueue) => Ec2Workers | FargateWorkers][] = [
  ['Ec2Workers', (stack, queue) => new Ec2Workers(stack, 'Workers', { vpc: network(stack), scaling, queue, userData: workerScript(), sessionManager: false })],
  ['FargateWorkers', (stack, queue) => new FargateWorkers(stack, 'Workers', { vpc: network(stack), scaling, queue, command: workerContainer() })],
];

const queues: [string, (stack: Stack) => WorkQueue][] = [
  ['in a dedicated bucket, with a customer key', stack => new WorkQueue(stack, 'Jobs', {
    encryption: Encryption.customerManaged(), largePayloads: LargePayloads.dedicated(),
  })],
  ['in an existing bucket with a customer key of its own', stack => new WorkQueue(stack, 'Jobs', {
    encryption: Encryption.customerManaged(),
    largePayloads: LargePayloads.existing(new s3.Bucket(stack, 'Payloads', { enforceSSL: true, encryptionKey: new kms.Key(stack, 'BucketKey') }), 'data/'),
  })],
];

describe.each(kinds)('%s', (_kind, makeWorkers) => {
  test.each(queues)('take the payloads of their queue, and no others, %s', async (_where, makeQueue) => {
    const stack = new Stack(new App({ analyticsReporting: false }), 'Stack');
    const jobs = makeQueue(stack);
    const others = new WorkQueue(stack, 'Others', { largePayloads: LargePayloads.dedicated() });
    const workers = makeWorkers(stack, jobs);
    const world = await World.of(stack);
    const role = world.arn(workers.role);
    const object = `${world.arn(jobs.payloadBucket!)}/${OBJECT}`;
    const ofBucket = jobs.payloadBucket!.encryptionKey;
    const keys = [keyOf(world, world.arn(jobs)), ofBucket && world.arn(ofBucket)].filter(key => key !== undefined);

    expect(await world.matrix(role)).toMatchObject({
      [world.arn(jobs)]: CONSUME, [object]: TAKE, ...Object.fromEntries(keys.map(key => [key, ['kms:Decrypt']])),
    });
    await expectAll(world, legsToConsume(world, role, world.arn(jobs)));
    for (const action of TAKE) await expectAllowedWithTwins(world, { principal: role, action, resource: object });
    for (const resource of keys) await expectAllowedWithTwins(world, { principal: role, action: 'kms:Decrypt', resource });
    for (const [action, resource] of [
      ['s3:PutObject', object],
      ['s3:GetObject', `${world.arn(others.payloadBucket!)}/${OBJECT}`],
      ...jobs.payloadBucket!.node.scope === stack ? [['s3:GetObject', `${world.arn(jobs.payloadBucket!)}/other/object`]] : [],
    ]) expect(await world.may({ principal: role, action, resource })).toBe('ImplicitlyDenied');
  });

  test('take the payloads of dead letters', async () => {
    const stack = new Stack(new App({ analyticsReporting: false }), 'Stack');
    const jobs = new WorkQueue(stack, 'Jobs', { largePayloads: LargePayloads.dedicated() });
    const workers = makeWorkers(stack, jobs.deadLetterQueue!);
    const world = await World.of(stack);
    const object = `${world.arn(jobs.payloadBucket!)}/${OBJECT}`;
    for (const action of TAKE) await expectAllowedWithTwins(world, { principal: world.arn(workers.role), action, resource: object });
  });

  test('have the permissions before the first worker starts', () => {
    const stack = new Stack(new App({ analyticsReporting: false }), 'Stack');
    makeWorkers(stack, new WorkQueue(stack, 'Jobs', { largePayloads: LargePayloads.dedicated() }));
    const template = Template.fromStack(stack);
    const [[policy]] = Object.entries(template.findResources('AWS::IAM::ManagedPolicy')).filter(([, resource]) => JSON.stringify(resource).includes('s3:GetObject'));
    const [starter] = Object.values({ ...template.findResources('AWS::AutoScaling::AutoScalingGroup'), ...template.findResources('AWS::ECS::Service') });
    expect(starter.DependsOn).toContain(policy);
  });
});
