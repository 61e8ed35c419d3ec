import assert from 'node:assert/strict';
import { aws_s3 as s3, aws_s3_notifications as s3n } from 'aws-cdk-lib';
import { Deployment, deploy } from './deployment';
import { Emulator } from './emulator';
import { Refusal, refusalsFor } from './gate';
import { drain, send } from './messages';
import { describe, it } from './runner';
import { templateOf } from './templates';
import { Encryption } from '../../src/access';
import { WorkQueue } from '../../src/queues';

const template = () => templateOf(stack => {
  const uploads = new s3.Bucket(stack, 'Uploads');
  const incoming = new WorkQueue(stack, 'Incoming', { encryption: Encryption.customerManaged() });
  uploads.addEventNotification(s3.EventType.OBJECT_CREATED, new s3n.SqsDestination(incoming), { prefix: 'in/', suffix: '.csv' });
});

/** Who says that it is this bucket; the bucket itself by default. */
interface Source {
  readonly arn?: string;
  readonly account?: string;
}

/** What S3 does when an object is created; the emulator accepts the configuration and does nothing. */
async function objectCreated(deployment: Deployment, bucketArn: string, key: string, source: Source = {}): Promise<Refusal[]> {
  const [stack] = deployment.stacks;
  const [notifications] = stack.idsOf('Custom::S3BucketNotifications').map(id => stack.propertiesOf(id).NotificationConfiguration);
  for (const { Events, Filter, QueueArn } of notifications.QueueConfigurations) {
    assert.deepEqual(Events, ['s3:ObjectCreated:*']);
    const passes = Filter.Key.FilterRules.every(({ Name, Value }: { Name: string; Value: string }) => Name === 'prefix' ? key.startsWith(Value) : key.endsWith(Value));
    if (!passes) continue;
    const found = await refusalsFor(deployment.stacks, 's3.amazonaws.com', {
      'aws:SourceArn': source.arn ?? bucketArn, 'aws:SourceAccount': source.account ?? stack.account,
    }, QueueArn);
    if (found.length > 0) return found;
    const Records = [{ eventSource: 'aws:s3', eventName: 'ObjectCreated:Put', s3: { bucket: { arn: bucketArn }, object: { key } } }];
    await send(deployment.emulator, deployment.queue('IncomingQueue'), { body: JSON.stringify({ Records }) });
  }
  return [];
}

describe('events of a bucket', () => {
  it('reach the queue with a customer key, by prefix and suffix, and from this bucket alone', async () => {
    const emulator = await Emulator.start();
    try {
      const deployment = await deploy(emulator, template());
      const bucket = deployment.arn('AWS::S3::Bucket', 'Uploads');
      for (const key of ['in/a.csv', 'out/a.csv', 'in/a.txt', 'in/deep/b.csv']) assert.deepEqual(await objectCreated(deployment, bucket, key), []);
      const received = await drain(emulator, deployment.queue('IncomingQueue'));
      assert.deepEqual(received.map(({ Body }) => JSON.parse(Body!).Records[0].s3.object.key), ['in/a.csv', 'in/deep/b.csv']);

      const denied = [{ what: 'sqs:SendMessage', why: 'ImplicitlyDenied' }];
      const keyDenied = ['kms:GenerateDataKey', 'kms:Decrypt'].map(what => ({ what, why: 'ImplicitlyDenied' }));
      // One statement on the key serves every bucket of the account, so the queue alone tells them apart.
      assert.deepEqual(await objectCreated(deployment, bucket, 'in/c.csv', { arn: 'arn:aws:s3:::other' }), denied);
      assert.deepEqual(await objectCreated(deployment, bucket, 'in/c.csv', { account: '999999999999' }), [...denied, ...keyDenied]);
      assert.deepEqual(await drain(emulator, deployment.queue('IncomingQueue')), []);
    } finally {
      await emulator.stop();
    }
  });
});
