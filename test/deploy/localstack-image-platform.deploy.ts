import assert from 'node:assert/strict';
import { DeleteObjectCommand, GetBucketPolicyCommand, GetPublicAccessBlockCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { DeleteQueueCommand } from '@aws-sdk/client-sqs';
import { configureBucketNotifications, withoutBucketNotifications } from './bucket-notifications';
import { itIsAGap } from './checks';
import { Engine } from './engine';
import { itIsDeployed } from './example';
import { collect, takeOne } from './inbox';
import { before, describe, it } from '../flow/runner';

describe('the example image-platform, deployed to LocalStack', () => {
  const engine = Engine.running('LocalStack');
  const stack = itIsDeployed(engine, 'image-platform', withoutBucketNotifications);
  before(() => configureBucketNotifications(engine, stack(), 'image-platform'));

  const upload = (Key: string) => engine.s3.send(new PutObjectCommand({ Bucket: stack().id('Images'), Key, Body: 'an image' }));
  const remove = (Key: string, VersionId?: string) => engine.s3.send(new DeleteObjectCommand({ Bucket: stack().id('Images'), Key, VersionId }));
  /** The type and the key of each event, sorted. */
  const received = async (queue: string, expected: number) => {
    const messages = await collect(engine, stack().id(`ImageEvents${queue}Queue`), expected);
    return messages.map(({ Body }) => JSON.parse(Body!)).map(event => `${event['detail-type']}: ${event.detail.object.key}`).sort();
  };

  it('has the bucket policy of the template, and blocks public access', async () => {
    const { template } = stack();
    const propertiesOf = (type: string) => template.idsOf(type).map(id => template.propertiesOf(id));
    const [[bucket], [policy]] = [propertiesOf('AWS::S3::Bucket'), propertiesOf('AWS::S3::BucketPolicy')];
    const Bucket = stack().id('Images');
    const { Policy } = await engine.s3.send(new GetBucketPolicyCommand({ Bucket }));
    const { PublicAccessBlockConfiguration } = await engine.s3.send(new GetPublicAccessBlockCommand({ Bucket }));
    assert.deepEqual(JSON.parse(Policy!), policy.PolicyDocument);
    assert.deepEqual(PublicAccessBlockConfiguration, bucket.PublicAccessBlockConfiguration);
  });

  it('sends every upload to the queues that match, which overlap', async () => {
    for (const key of ['uploads/a.jpg', 'uploads/deep/b.png', 'uploads/c.txt', 'uploads/d.JPG', 'thumbnails/a.jpg', 'uploads.jpg']) await upload(key);
    assert.deepEqual({ thumbnails: await received('Thumbnails', 2), moderation: await received('Moderation', 4), search: await received('Search', 6) }, {
      thumbnails: ['Object Created: uploads/a.jpg', 'Object Created: uploads/deep/b.png'],
      moderation: ['Object Created: uploads/a.jpg', 'Object Created: uploads/c.txt', 'Object Created: uploads/d.JPG', 'Object Created: uploads/deep/b.png'],
      search: [
        'Object Created: thumbnails/a.jpg', 'Object Created: uploads.jpg', 'Object Created: uploads/a.jpg', 'Object Created: uploads/c.txt',
        'Object Created: uploads/d.JPG', 'Object Created: uploads/deep/b.png',
      ],
    });
  });

  it('sends a deleted version and a delete marker to the queue that asked for them, and to no other', async () => {
    const { VersionId } = await upload('uploads/short-lived.jpg');
    await remove('uploads/short-lived.jpg');
    await remove('uploads/short-lived.jpg', VersionId);
    const created = 'Object Created: uploads/short-lived.jpg';
    const deleted = 'Object Deleted: uploads/short-lived.jpg';
    assert.deepEqual({ thumbnails: await received('Thumbnails', 1), moderation: await received('Moderation', 1), search: await received('Search', 3) }, {
      thumbnails: [created], moderation: [created], search: [created, deleted, deleted],
    });
  });

  itIsAGap('deadLettersOfRule', async () => {
    await engine.sqs.send(new DeleteQueueCommand({ QueueUrl: stack().id('ImageEventsModerationQueue') }));
    await upload('uploads/undeliverable.jpg');
    assert.match((await takeOne(engine, stack().id('ImageEventsModerationDeadLetterQueue'))).Body!, /undeliverable/);
  });
});
