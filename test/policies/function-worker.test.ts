import { App, Stack } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { allowing, expectAll, expectAllowedWithTwins, keyOf, legsToConsume, OTHER_ACCOUNT, reportAtEnd, World } from './harness';
import { Encryption } from '../../src/access';
import { WorkQueue } from '../../src/queues';
import { FunctionSource, FunctionWorker, WorkerFunction } from '../../src/workers';

reportAtEnd('function worker');

const CONSUME = ['sqs:ChangeMessageVisibility', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:GetQueueUrl', 'sqs:ReceiveMessage'];
const LOG = ['logs:CreateLogStream', 'logs:PutLogEvents'];
const code: lambda.FunctionProps = {
  runtime: lambda.Runtime.NODEJS_22_X, handler: 'index.handler', code: lambda.Code.fromInline('exports.handler = async () => {};'),
};

async function workerOn(make: (stack: Stack) => sqs.IQueue) {
  const stack = new Stack(new App({ analyticsReporting: false }), 'Stack');
  const queue = make(stack);
  const worker = new FunctionWorker(stack, 'Worker', { source: FunctionSource.queue(queue), function: WorkerFunction.create(code) });
  const other = new WorkQueue(stack, 'Other', { encryption: Encryption.customerManaged() });
  new FunctionWorker(stack, 'OtherWorker', { source: FunctionSource.queue(other), function: WorkerFunction.create(code) });
  const world = await World.of(stack);
  return { world, role: world.arn(worker.role!), queue: world.arn(queue), logGroup: world.arn(worker.logGroup!) };
}

describe.each<[string, (stack: Stack) => sqs.IQueue]>([
  ['a queue with keys that SQS owns', stack => new WorkQueue(stack, 'Jobs')],
  ['a queue with a customer key', stack => new WorkQueue(stack, 'Jobs', { encryption: Encryption.customerManaged() })],
  ['a queue of the CDK with a customer key', stack => new sqs.Queue(stack, 'Jobs', { enforceSSL: true, encryptionMasterKey: new kms.Key(stack, 'JobsKey') })],
])('a function on %s', (_, make) => {
  test('uses its own queue, key and logs, and nothing else', async () => {
    const { world, role, queue, logGroup } = await workerOn(make);
    const key = keyOf(world, queue);
    expect(world.named(role)).toEqual([...LOG, ...key ? ['kms:Decrypt'] : [], ...CONSUME].sort());
    expect(await world.matrix(role)).toEqual({ [queue]: CONSUME, ...key ? { [key]: ['kms:Decrypt'] } : {} });
    await expectAll(world, legsToConsume(world, role, queue));
    const logStream = logGroup.replace(/:\*$/, ':log-stream:2026/01/01/1');
    // Log streams have names of their own, so that the twins of the harness, with another last part, are allowed too.
    const another = logStream.replace(':log-group:', ':log-group:other-');
    for (const action of LOG) {
      expect(await world.may({ principal: role, action, resource: logStream })).toBe('Allowed');
      expect(await world.may({ principal: role, action, resource: another })).toBe('ImplicitlyDenied');
    }
  });
});

test('the role trusts Lambda alone', async () => {
  const { world, role } = await workerOn(stack => new WorkQueue(stack, 'Jobs'));
  await expectAllowedWithTwins(world, { principal: 'lambda.amazonaws.com', action: 'sts:AssumeRole', resource: role });
  for (const principal of ['arn:aws:iam::111122223333:role/Administrator', `arn:aws:iam::${OTHER_ACCOUNT}:role/Administrator`]) {
    const request = { principal, action: 'sts:AssumeRole', resource: role, identityPolicies: [allowing(['sts:*'], '*')] };
    expect(await world.may(request)).toBe('ImplicitlyDenied');
  }
});
