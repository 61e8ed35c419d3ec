import { Duration, Stack } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { deliver, newStack } from './support';
import { DeliveryBucket, SourceBackup, StreamDelivery } from '../../src/delivery';
import { propertiesOf, synth } from '../support/template';

const OURS = { NoncurrentVersionExpiration: { NoncurrentDays: 30 }, Status: 'Enabled' };
const rulesOf = (bucket: s3.IBucket) => propertiesOf(bucket).LifecycleConfiguration?.Rules;
const rules = (lifecycleRules?: s3.LifecycleRule[]) => rulesOf(deliver({ destination: DeliveryBucket.create({ lifecycleRules }) }).delivery.bucket);

describe('noncurrent versions', () => {
  test.each<[string, s3.LifecycleRule[], object[]]>([
    ['one that expires objects', [{ expiration: Duration.days(90) }], [{ ExpirationInDays: 90, Status: 'Enabled' }]],
    ['several', [{ prefix: 'a/', expiration: Duration.days(1) }, { abortIncompleteMultipartUploadAfter: Duration.days(1) }], [
      { Prefix: 'a/', ExpirationInDays: 1, Status: 'Enabled' }, { AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 }, Status: 'Enabled' },
    ]],
    ['one that is not enabled', [{ expiration: Duration.days(90), enabled: false }], [{ ExpirationInDays: 90, Status: 'Disabled' }]],
    ['one that removes delete markers', [{ expiredObjectDeleteMarker: true }], [{ ExpiredObjectDeleteMarker: true, Status: 'Enabled' }]],
    ['one that moves current objects', [{ transitions: [{ storageClass: s3.StorageClass.GLACIER, transitionAfter: Duration.days(9) }] }], [
      { Transitions: [{ StorageClass: 'GLACIER', TransitionInDays: 9 }], Status: 'Enabled' },
    ]],
  ])('are removed after 30 days beside %s', (_, given, theirs) => {
    expect(rules(given)).toEqual([...theirs, OURS]);
  });

  test.each<[string, s3.LifecycleRule]>([
    ['an expiration', { noncurrentVersionExpiration: Duration.days(365) }],
    ['an expiration beside another', { expiration: Duration.days(9), noncurrentVersionExpiration: Duration.days(1) }],
    ['an expiration in one folder', { prefix: 'a/', noncurrentVersionExpiration: Duration.days(1) }],
    ['an expiration that is not enabled', { noncurrentVersionExpiration: Duration.days(365), enabled: false }],
    ['a number to retain', { noncurrentVersionExpiration: Duration.days(1), noncurrentVersionsToRetain: 3 }],
    ['a move', { noncurrentVersionTransitions: [{ storageClass: s3.StorageClass.GLACIER, transitionAfter: Duration.days(9) }] }],
  ])('are left to a rule with %s of them', (_, rule) => {
    expect(rules([rule])).toHaveLength(1);
    expect(rules([{ prefix: 'b/', expiration: Duration.days(3) }, rule])).toHaveLength(2);
  });

  test('are removed in both buckets, and in any number of deliveries', () => {
    const stack = newStack();
    const lifecycleRules = [{ expiration: Duration.days(90) }];
    const props = () => ({
      destination: DeliveryBucket.create({ lifecycleRules }), backup: SourceBackup.allRecords({ bucket: DeliveryBucket.create({ lifecycleRules }) }),
    });
    new StreamDelivery(stack, 'Clicks', props());
    new StreamDelivery(stack, 'Views', props());
    const buckets: any[] = Object.values(synth(stack).Resources).filter(({ Type }: any) => Type === 'AWS::S3::Bucket');
    expect(buckets).toHaveLength(4);
    buckets.forEach(({ Properties }) => {
      expect(Properties.VersioningConfiguration).toEqual({ Status: 'Enabled' });
      expect(Properties.LifecycleConfiguration.Rules).toEqual([{ ExpirationInDays: 90, Status: 'Enabled' }, OURS]);
    });
    expect(lifecycleRules).toHaveLength(1);
  });
});

test('no list means the default rule, and an empty one none', () => {
  expect(rules()).toEqual([{ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 }, NoncurrentVersionExpiration: { NoncurrentDays: 30 }, Status: 'Enabled' }]);
  expect(rules([])).toBeUndefined();
});

test('the rules of an existing bucket are its owner\'s', () => {
  const stack: Stack = newStack();
  const lake = new s3.Bucket(stack, 'Lake', { versioned: true, lifecycleRules: [{ expiration: Duration.days(90) }] });
  deliver({ destination: DeliveryBucket.existing(lake) }, stack);
  expect(rulesOf(lake)).toEqual([{ ExpirationInDays: 90, Status: 'Enabled' }]);
});
