import { App, Aws, CfnParameter, Fn, Stack } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { newStack, refused } from './support';
import { DeliveryBucket, DynamicPartitioning, SourceBackup } from '../../src/delivery';
import { S3StreamProps, s3Stream } from '../support/s3-stream';

const env = { account: '111111111111', region: 'eu-west-1' };
const HOUR = 'year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/hour=!{timestamp:HH}/';

/** A delivery whose data and source records go to the given buckets. */
const shared = (bucket: s3.IBucket, other: s3.IBucket, prefix?: string, backupPrefix?: string): S3StreamProps => ({
  bucket: DeliveryBucket.existing(bucket),
  prefix,
  backup: SourceBackup.allRecords({ bucket: DeliveryBucket.existing(other), prefix: backupPrefix }),
});
const lake = (stack: Stack, id = 'Lake') => s3.Bucket.fromBucketName(stack, id, 'lake');

function expectRefused(stack: Stack, props: S3StreamProps) {
  expect(refused(props, stack)).toEqual([expect.objectContaining({ prop: 'destination.backup.prefix', got: expect.stringMatching(/^'.*', where Firehose also writes the data/) })]);
}

describe('data and backup in one bucket', () => {
  test.each<[string | undefined, string | undefined]>([
    ['clicks/', 'clicks/'],
    ['', ''],
    ['clicks/!{timestamp:yyyy}/', 'clicks/!{timestamp:yyyy}/'],
    ['clicks/!{firehose:random-string}/', 'clicks/!{firehose:random-string}/'],
    // Without a timestamp Firehose adds one.
    ['clicks/', 'clicks/!{timestamp:yyyy/MM/dd/HH/}'],
    ['!{timestamp:yyyy/MM/dd/HH}/', ''],
    // The same in another spelling.
    ['clicks/!{timestamp:yyyy-MM}/', 'clicks/!{timestamp:yyyy}-!{timestamp:MM}/'],
    ['!{timestamp:yyyyMM}', '!{timestamp:yyyy}!{timestamp:MM}'],
    ['!{timestamp:\'day=\'dd}/', 'day=!{timestamp:dd}/'],
    // The default of the other.
    [`source/${HOUR}`, undefined],
    [undefined, `data/${HOUR}`],
  ])('cannot have the prefixes %p and %p', (prefix, backupPrefix) => {
    const stack = newStack({ env });
    const bucket = lake(stack);
    expectRefused(stack, shared(bucket, bucket, prefix, backupPrefix));
  });

  test.each<[string | undefined, string | undefined]>([
    [undefined, undefined],
    ['clicks/', undefined],
    ['clicks/', 'clicks'],
    ['clicks/', 'clicks/source/'],
    ['', 'source/'],
    ['clicks/!{timestamp:yyyy}/', 'clicks/!{timestamp:YYYY}/'],
    ['clicks/!{timestamp:yyyy}/', 'clicks/yyyy/'],
    ['!{timestamp:yyyy}/', '!{timestamp:yy}/'],
    ['!{timestamp:yyyy}/', '!{timestamp:yyyy\'\'}/'],
  ])('can have the prefixes %p and %p', (prefix, backupPrefix) => {
    const stack = newStack({ env });
    const bucket = lake(stack);
    expect(() => s3Stream(stack, 'Clicks', shared(bucket, bucket, prefix, backupPrefix))).not.toThrow();
  });

  test('can have partition keys in one of them', () => {
    const stack = newStack({ env });
    const bucket = lake(stack);
    const props = { ...shared(bucket, bucket, undefined, `data/${HOUR}`), partitioning: DynamicPartitioning.fromQuery({ customer: '.id' }) };
    expect(() => s3Stream(stack, 'Clicks', props)).not.toThrow();
  });

  test('a prefix only known at deployment is the same as itself, and as no other', () => {
    const stack = newStack({ env });
    const [one, other] = ['One', 'Other'].map(id => new CfnParameter(stack, id).valueAsString);
    const bucket = lake(stack);
    expectTokenRefused(stack, shared(bucket, bucket, `${one}/`, `${one}/`));
    expect(() => s3Stream(stack, 'Clicks', shared(bucket, bucket, one, other))).not.toThrow();
    expect(() => s3Stream(stack, 'Views', shared(bucket, bucket, one, 'clicks/'))).not.toThrow();
  });
});

function expectTokenRefused(stack: Stack, props: S3StreamProps) {
  expect(refused(props, stack)).toEqual([expect.objectContaining({ prop: 'destination.backup.prefix', got: expect.stringContaining('a value only known at deployment') })]);
}

describe('one bucket', () => {
  test.each<[string, (stack: Stack) => [s3.IBucket, s3.IBucket]]>([
    ['of this app', stack => { const made = new s3.Bucket(stack, 'Lake'); return [made, made]; }],
    ['of this app and imported by its name', stack => { const made = new s3.Bucket(stack, 'Lake'); return [made, s3.Bucket.fromBucketName(stack, 'Again', made.bucketName)]; }],
    ['of this app and imported by its ARN', stack => { const made = new s3.Bucket(stack, 'Lake'); return [s3.Bucket.fromBucketArn(stack, 'Again', made.bucketArn), made]; }],
    ['with a name and imported by it', stack => [new s3.Bucket(stack, 'Made', { bucketName: 'lake' }), lake(stack)]],
    ['imported twice', stack => [lake(stack), lake(stack, 'Again')]],
    ['imported by name and by ARN', stack => [lake(stack), s3.Bucket.fromBucketArn(stack, 'Again', 'arn:aws:s3:::lake')]],
    ['imported by an ARN with the partition', stack => [lake(stack), s3.Bucket.fromBucketArn(stack, 'Again', `arn:${Aws.PARTITION}:s3:::lake`)]],
    ['imported with the account in its name', stack => ['One', 'Two'].map(id => s3.Bucket.fromBucketName(stack, id, `lake-${Aws.ACCOUNT_ID}`)) as [s3.IBucket, s3.IBucket]],
    ['imported by one parameter', stack => {
      const name = new CfnParameter(stack, 'Name').valueAsString;
      return [s3.Bucket.fromBucketName(stack, 'One', name), s3.Bucket.fromBucketName(stack, 'Two', name)];
    }],
    ['imported by one export', stack => ['One', 'Two'].map(id => s3.Bucket.fromBucketName(stack, id, Fn.importValue('Lake'))) as [s3.IBucket, s3.IBucket]],
  ])('%s is known as such', (_, make) => {
    const stack = newStack({ env });
    expectRefused(stack, shared(...make(stack), 'clicks/', 'clicks/'));
  });

  test.each<[string, (stack: Stack) => [s3.IBucket, s3.IBucket]]>([
    ['two of this app', stack => [new s3.Bucket(stack, 'Lake'), new s3.Bucket(stack, 'Other')]],
    ['two with the same logical id in two stacks', stack => [new s3.Bucket(stack, 'Lake'), new s3.Bucket(new Stack(stack.node.root as App, 'Other', { env }), 'Lake')]],
    ['two imported by parameters of the same id in two stacks', stack => {
      const name = (of: Stack) => new CfnParameter(of, 'Name').valueAsString;
      return [s3.Bucket.fromBucketName(stack, 'One', name(stack)), s3.Bucket.fromBucketName(stack, 'Two', name(new Stack(stack.node.root as App, 'Other', { env })))];
    }],
    ['two imported by their names', stack => [lake(stack), s3.Bucket.fromBucketName(stack, 'Other', 'ocean')]],
    ['two imported by two exports', stack => ['One', 'Two'].map(id => s3.Bucket.fromBucketName(stack, id, Fn.importValue(id))) as [s3.IBucket, s3.IBucket]],
    ['two imported with and without the account', stack => [lake(stack), s3.Bucket.fromBucketName(stack, 'Two', `lake-${Aws.ACCOUNT_ID}`)]],
  ])('are not %s', (_, make) => {
    const stack = newStack({ env });
    expect(() => s3Stream(stack, 'Clicks', shared(...make(stack), 'clicks/', 'clicks/'))).not.toThrow();
  });

  test('is not what one value makes twice', () => {
    const stack = newStack();
    const bucket = DeliveryBucket.create();
    const { bucket: data, backupBucket } = s3Stream(stack, 'Clicks', {
      bucket: bucket, prefix: 'clicks/', backup: SourceBackup.allRecords({ bucket, prefix: 'clicks/' }),
    });
    expect(data).not.toBe(backupBucket);
  });

  test('of two deliveries in one stack is looked at for each', () => {
    const stack = newStack({ env });
    const bucket = lake(stack);
    s3Stream(stack, 'Views', shared(bucket, bucket));
    expectRefused(stack, shared(bucket, bucket, 'clicks/', 'clicks/'));
  });

  test('without a name, in another Region, is refused for that alone', () => {
    const stack = newStack({ env });
    const nameless = new s3.Bucket(new Stack(stack.node.root as App, 'Other', { env: { ...env, region: 'us-east-1' } }), 'Lake');
    expect(refused(shared(nameless, nameless, 'clicks/', 'clicks/'), stack).map(({ prop }) => prop)).toEqual(['destination.bucket.bucket', 'destination.backup.bucket.bucket']);
  });
});
