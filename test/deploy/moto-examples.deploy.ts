import assert from 'node:assert/strict';
import { CreateStackCommand, DeleteStackCommand } from '@aws-sdk/client-cloudformation';
import { DescribeStreamSummaryCommand, PutRecordCommand } from '@aws-sdk/client-kinesis';
import { GetBucketEncryptionCommand, GetObjectCommand, GetPublicAccessBlockCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { stringify } from 'yaml';
import { assertQueues, assertRoles } from './as-deployed';
import { Assembly, cdk, cdkOrFail } from './assembly';
import { withoutBucketNotifications } from './bucket-notifications';
import { itIsAGap } from './checks';
import { Engine } from './engine';
import { asRole, asStranger, assertAllowed, assertRefused, withPolicies } from './identities';
import { Recorder } from './recorder';
import { DeployedStack } from './stack';
import { publish, receive, remove, send } from '../flow/messages';
import { after, describe, it } from '../flow/runner';
import { WrittenTemplate } from '../support/written';

const ANY_GROUP = 'arn:aws:autoscaling:*:*:autoScalingGroup:*:autoScalingGroupName/*';
const engine = Engine.running('moto');

/** Writes what moto's CloudFormation cannot work out. That it cannot is a gap, of which each has a check. */
function givenGroupArn(template: WrittenTemplate): void {
  const text = JSON.stringify(template);
  const changed = text.replace(/\{"Fn::GetAtt":\["[^"]+","AutoScalingGroupARN"\]\}/g, JSON.stringify(ANY_GROUP));
  assert.notEqual(changed, text);
  Object.assign(template, JSON.parse(changed));
}

function givenFifoNames({ Resources }: WrittenTemplate): void {
  const unnamed = Object.entries(Resources).filter(([, { Properties }]) => Properties?.FifoQueue && Properties.QueueName === undefined);
  assert.equal(unnamed.length, 1);
  for (const [id, { Properties }] of unnamed) Properties.QueueName = `${id}.fifo`;
}

function givenVolumeSize({ Resources }: WrittenTemplate): void {
  const [template, ...others] = Object.values(Resources).filter(({ Type }) => Type === 'AWS::EC2::LaunchTemplate');
  assert.deepEqual(others, []);
  for (const { Ebs } of template.Properties.LaunchTemplateData.BlockDeviceMappings) Ebs.VolumeSize = 8;
}

/** Creates the stack without the CLI, which says little of an engine that ends with an error of its own. */
async function create(assembly: Assembly, end = 'AsWritten'): Promise<void> {
  const input = { StackName: `${assembly.stackName}${end}`, TemplateBody: JSON.stringify(assembly.template), Capabilities: ['CAPABILITY_IAM' as const] };
  await engine.cloudFormation.send(new CreateStackCommand(input)).catch(error => {
    throw new Error(`CreateStack ended with ${error.$metadata?.httpStatusCode}: ${error.message}`);
  });
}

/** Every resource of the template has been created. */
function assertCreated({ template, resources }: DeployedStack): void {
  const created = new Set(resources.filter(({ PhysicalResourceId }) => PhysicalResourceId).map(({ LogicalResourceId }) => LogicalResourceId));
  const missing = new Set(template.idsOf().filter(id => !created.has(id)).map(id => template.typeOf(id)));
  if (missing.size > 0) throw new Error(`not created: ${[...missing].sort().join(', ')}`);
}

function assertHas(stack: DeployedStack, types: Record<string, number>): void {
  const created = stack.resources.filter(({ PhysicalResourceId }) => PhysicalResourceId).map(({ ResourceType }) => ResourceType!);
  assert.deepEqual(Object.fromEntries(Object.keys(types).map(type => [type, created.filter(other => other === type).length])), types);
}

const receiveOne = async (caller: Engine, queueUrl: string) => {
  const [message] = await receive(caller, queueUrl, { wait: 1 });
  assert.ok(message);
  return message;
};

describe('the example ec2-workers, deployed to moto', () => {
  const assembly = new Assembly('ec2-workers');
  let stack: DeployedStack;

  itIsAGap('autoScalingGroupArn', async () => { await create(assembly); });

  it('is deployed by the CDK CLI', async () => {
    await cdkOrFail(engine, 'deploy', assembly.edit(givenGroupArn));
    stack = await DeployedStack.of(engine, assembly);
  });
  after(() => assembly.delete());

  it('has a network, a launch template and an Auto Scaling group', () => assertHas(stack, {
    'AWS::EC2::VPC': 1,
    'AWS::EC2::Subnet': 4,
    'AWS::EC2::NatGateway': 1,
    'AWS::EC2::EIP': 1,
    'AWS::EC2::SecurityGroup': 1,
    'AWS::EC2::LaunchTemplate': 1,
    'AWS::AutoScaling::AutoScalingGroup': 1,
    'AWS::IAM::InstanceProfile': 1,
    'AWS::SQS::Queue': 2,
  }));
  it('has the queues of the template', () => assertQueues(engine, stack, ['RedriveAllowPolicy']));
  itIsAGap('redriveAllowPolicyOfWorkers', () => assertQueues(engine, stack));
  it('has the roles of the template, and their policies', () => assertRoles(engine, stack));
  itIsAGap('typesOfWorkers', async () => assertCreated(stack));

  it('lets the instances receive and delete messages, and not send any', async () => {
    const queue = stack.id('VideosQueue');
    const workers = await asRole(engine, stack, 'TranscodersRole');
    await send(engine, queue, { body: 'a video' });
    await withPolicies(engine, async () => {
      await remove(workers, queue, await receiveOne(workers, queue));
      await assertRefused(send(workers, queue, { body: 'forged' }));
      await assertRefused(receive(workers, stack.id('VideosDeadLetterQueue')));
    });
  });

  it('lets the role of grantSendMessages send, and not receive', async () => {
    const queue = stack.id('VideosQueue');
    const uploads = await asRole(engine, stack, 'Uploads');
    await withPolicies(engine, async () => {
      await send(uploads, queue, { body: 'another video' });
      await assertRefused(receive(uploads, queue));
    });
  });

  it('lets a stranger do neither', async () => {
    const queue = stack.id('VideosQueue');
    const stranger = await asStranger(engine, 'stranger-to-workers');
    await withPolicies(engine, async () => {
      await assertRefused(receive(stranger, queue));
      await assertRefused(send(stranger, queue, { body: 'forged' }));
    });
  });

  itIsAGap('deletedNetwork', async () => { await engine.cloudFormation.send(new DeleteStackCommand({ StackName: assembly.stackName })); });
});

describe('the example order processing, deployed to moto', () => {
  const assembly = new Assembly('order-processing');
  let stack: DeployedStack;
  after(() => assembly.delete());

  it('is sent by the CDK CLI in one call, without a bucket and without a role of a bootstrap stack', async () => {
    const recorder = await Recorder.before(engine.endpoint);
    const sent = new Assembly('order-processing').rename('OrderProcessingSent');
    try {
      // The engine refuses the stack, for the reasons in the next checks; what counts is what it was asked for.
      await cdk(engine.at(recorder.endpoint), 'deploy', sent);
      const [call] = recorder.callsOf('CreateStack');
      const body = call.get('TemplateBody')!;
      assert.ok(Buffer.byteLength(body) <= 51_200, `the template has ${Buffer.byteLength(body)} bytes`);
      // What test/examples measures.
      assert.equal(body, stringify(sent.template, { schema: 'yaml-1.1', lineWidth: 0 }));
      assert.equal(call.get('RoleARN'), null);
      assert.deepEqual(recorder.callsOf('AssumeRole'), []);
    } finally {
      recorder.stop();
      sent.delete();
    }
  });

  itIsAGap('volumeOfUnknownSize', async () => { await create(assembly.edit(givenGroupArn)); });

  itIsAGap('unnamedFifoQueue', async () => { await create(assembly.edit(givenVolumeSize), 'WithVolumeSize'); });

  it('is deployed by the CDK CLI', async () => {
    await cdkOrFail(engine, 'deploy', assembly.edit(givenFifoNames));
    stack = await DeployedStack.of(engine, assembly);
  });

  it('has a network, workers, topics, queues, a stream and buckets', () => assertHas(stack, {
    'AWS::EC2::VPC': 1,
    'AWS::EC2::LaunchTemplate': 1,
    'AWS::AutoScaling::AutoScalingGroup': 1,
    'AWS::SNS::Topic': 2,
    'AWS::SQS::Queue': 8,
    'AWS::Kinesis::Stream': 1,
    'AWS::S3::Bucket': 2,
    'AWS::IAM::Role': 6,
  }));
  it('has the roles of the template, and their policies', () => assertRoles(engine, stack));
  itIsAGap('typesOfOrderProcessing', async () => assertCreated(stack));

  it('lets the role of grantConsumeMessages receive and delete, from its own queue alone', async () => {
    const queue = stack.id('OrdersBillingQueue');
    const billing = await asRole(engine, stack, 'BillingService');
    await send(engine, queue, { body: 'paid' });
    await withPolicies(engine, async () => {
      await remove(billing, queue, await receiveOne(billing, queue));
      await assertRefused(receive(billing, stack.id('OrdersAuditQueue')));
      await assertRefused(send(billing, queue, { body: 'forged' }));
    });
  });

  it('lets a stranger receive from no queue', async () => {
    const stranger = await asStranger(engine, 'stranger-to-orders');
    await withPolicies(engine, async () => {
      for (const queue of ['OrdersBillingQueue', 'OrdersAuditQueue', 'OrdersEmailQueue', 'LedgerBookkeepingQueue']) await assertRefused(receive(stranger, stack.id(queue)));
    });
  });

  itIsAGap('publish', async () => {
    const [shop, billing] = [await asRole(engine, stack, 'Shop'), await asRole(engine, stack, 'BillingService')];
    await withPolicies(engine, async () => {
      await assertAllowed(publish(shop, stack.id('OrdersTopic'), { body: 'paid' }));
      await assertRefused(publish(billing, stack.id('OrdersTopic'), { body: 'forged' }));
    });
  });
});

describe('the example stream delivery, deployed to moto', () => {
  const assembly = new Assembly('stream-delivery');
  let stack: DeployedStack;
  after(() => assembly.delete());
  const click = () => new PutRecordCommand({ StreamName: stack.id('ClicksStream'), Data: Buffer.from('{"page":"home"}'), PartitionKey: 'home' });

  it('is deployed by the CDK CLI as it is', async () => {
    await cdkOrFail(engine, 'deploy', assembly);
    stack = await DeployedStack.of(engine, assembly);
  });

  const buckets = () => ['ClicksBucket', 'ClicksBackupBucket'].map(name => stack.id(name));
  it('has encrypted buckets', async () => {
    for (const Bucket of buckets()) {
      const { ServerSideEncryptionConfiguration } = await engine.s3.send(new GetBucketEncryptionCommand({ Bucket }));
      assert.equal(ServerSideEncryptionConfiguration!.Rules![0].ApplyServerSideEncryptionByDefault!.SSEAlgorithm, 'AES256');
    }
  });
  itIsAGap('publicAccessBlock', async () => {
    for (const Bucket of buckets()) {
      const { PublicAccessBlockConfiguration } = await engine.s3.send(new GetPublicAccessBlockCommand({ Bucket }));
      assert.deepEqual(PublicAccessBlockConfiguration, {
        BlockPublicAcls: true, IgnorePublicAcls: true, BlockPublicPolicy: true, RestrictPublicBuckets: true,
      });
    }
  });
  itIsAGap('streamMode', async () => {
    const { StreamDescriptionSummary } = await engine.kinesis.send(new DescribeStreamSummaryCommand({ StreamName: stack.id('ClicksStream') }));
    assert.equal(StreamDescriptionSummary!.StreamModeDetails!.StreamMode, 'ON_DEMAND');
  });
  it('has the roles of the template, and their policies', () => assertRoles(engine, stack));
  itIsAGap('typesOfStreamDelivery', async () => assertCreated(stack));

  itIsAGap('putRecord', async () => {
    const [website, stranger] = [await asRole(engine, stack, 'Website'), await asStranger(engine, 'stranger-to-clicks')];
    await withPolicies(engine, async () => {
      await assertAllowed(website.kinesis.send(click()));
      await assertRefused(stranger.kinesis.send(click()));
    });
  });

  it('lets Firehose write objects, and the website neither write nor read them', async () => {
    const [firehose, website] = [await asRole(engine, stack, 'ClicksRole'), await asRole(engine, stack, 'Website')];
    const object = { Bucket: stack.id('ClicksBucket'), Key: 'data/click' };
    await withPolicies(engine, async () => {
      await firehose.s3.send(new PutObjectCommand({ ...object, Body: 'a click' }));
      await assertRefused(website.s3.send(new PutObjectCommand({ ...object, Body: 'forged' })));
      await assertRefused(website.s3.send(new GetObjectCommand(object)));
    });
  });
});

describe('the example image-platform, deployed to moto', () => {
  const assembly = new Assembly('image-platform');
  let stack: DeployedStack;
  after(() => assembly.delete());
  const object = (Key: string) => ({ Bucket: stack.id('Images'), Key });
  const put = (caller: Engine, key: string) => caller.s3.send(new PutObjectCommand({ ...object(key), Body: 'an image' }));
  const get = (caller: Engine, key: string) => caller.s3.send(new GetObjectCommand(object(key)));

  it('is deployed by the CDK CLI, without its notifications', async () => {
    await cdkOrFail(engine, 'deploy', assembly.edit(withoutBucketNotifications));
    stack = await DeployedStack.of(engine, assembly);
  });
  it('has the roles of the template, and their policies', () => assertRoles(engine, stack));

  it('lets the website upload, and neither read nor write elsewhere', async () => {
    const website = await asRole(engine, stack, 'Website');
    await withPolicies(engine, async () => {
      await put(website, 'uploads/a.jpg');
      await assertRefused(put(website, 'thumbnails/forged.jpg'));
      await assertRefused(get(website, 'uploads/a.jpg'));
    });
  });

  it('keeps the images when the stack is destroyed', async () => {
    await cdkOrFail(engine, 'destroy', assembly);
    await get(engine, 'uploads/a.jpg');
    // Not a queue with an export: moto 5.2.5 reads the exports of a stack after its deletion, and creates again what they refer to.
    await assert.rejects(receive(engine, stack.id('ImageEventsSearchDeadLetterQueue')));
  });
});

describe('the example request-response, deployed to moto', () => {
  const assembly = new Assembly('request-response');
  let stack: DeployedStack;
  after(() => assembly.delete());
  const queue = (name: string) => stack.id(`Quotes${name}Queue`);

  it('is deployed by the CDK CLI as it is', async () => {
    await cdkOrFail(engine, 'deploy', assembly);
    stack = await DeployedStack.of(engine, assembly);
  });
  it('has the roles of the template, and their policies', () => assertRoles(engine, stack));

  it('lets a branch send requests and receive its own replies, and nothing else', async () => {
    const accra = await asRole(engine, stack, 'AccraBranch');
    for (const name of ['Accra', 'Juneau', 'Requests']) await send(engine, queue(name), { body: `to ${name}` });
    await withPolicies(engine, async () => {
      await send(accra, queue('Requests'), { body: 'from Accra' });
      await remove(accra, queue('Accra'), await receiveOne(accra, queue('Accra')));
      await assertRefused(receive(accra, queue('Juneau')));
      await assertRefused(receive(accra, queue('Requests')));
      await assertRefused(send(accra, queue('Juneau'), { body: 'forged' }));
    });
  });

  it('lets a responder receive requests and send replies, and nothing else', async () => {
    const actuary = await asRole(engine, stack, 'Actuary');
    await withPolicies(engine, async () => {
      await remove(actuary, queue('Requests'), await receiveOne(actuary, queue('Requests')));
      for (const branch of ['Accra', 'Juneau']) {
        await send(actuary, queue(branch), { body: 'a quote' });
        await assertRefused(receive(actuary, queue(branch)));
      }
      await assertRefused(send(actuary, queue('Requests'), { body: 'forged' }));
      await assertRefused(receive(actuary, stack.id('QuotesRequestsDeadLetterQueue')));
    });
  });

  it('lets a stranger do neither', async () => {
    const stranger = await asStranger(engine, 'stranger-to-quotes');
    await withPolicies(engine, async () => {
      await assertRefused(send(stranger, queue('Requests'), { body: 'forged' }));
      await assertRefused(receive(stranger, queue('Accra')));
    });
  });
});
