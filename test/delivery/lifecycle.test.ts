import { Duration, Lazy, Stack } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { deliver, newStack, refused, resourcesOf } from './support';
import { DeliveryBucket, SourceBackup } from '../../src/delivery';
import { s3Stream } from '../support/s3-stream';
import { propertiesOf, synth } from '../support/template';

const { GLACIER } = s3.StorageClass;
const OURS = { NoncurrentVersionExpiration: { NoncurrentDays: 30 }, Status: 'Enabled' };
const rulesOf = (bucket: s3.IBucket) => propertiesOf(bucket).LifecycleConfiguration?.Rules;
const rules = (lifecycleRules?: s3.LifecycleRule[]) => rulesOf(deliver({ bucket: DeliveryBucket.create({ lifecycleRules }) }).delivery.bucket!);

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
    ['one that moves noncurrent ones sooner', [{ noncurrentVersionTransitions: [{ storageClass: GLACIER, transitionAfter: Duration.days(29) }] }], [
      { NoncurrentVersionTransitions: [{ StorageClass: 'GLACIER', TransitionInDays: 29 }], Status: 'Enabled' },
    ]],
    ['one that removes them sooner in one folder', [{ prefix: 'data/', noncurrentVersionExpiration: Duration.days(1) }, { prefix: 'errors/', expiration: Duration.days(9) }], [
      { Prefix: 'data/', NoncurrentVersionExpiration: { NoncurrentDays: 1 }, Status: 'Enabled' }, { Prefix: 'errors/', ExpirationInDays: 9, Status: 'Enabled' },
    ]],
  ])('are removed after 30 days beside %s', (_, given, theirs) => {
    expect(rules(given)).toEqual([...theirs, OURS]);
  });

  test.each<[string, s3.LifecycleRule]>([
    ['an expiration', { noncurrentVersionExpiration: Duration.days(365) }],
    ['an expiration beside another', { expiration: Duration.days(9), noncurrentVersionExpiration: Duration.days(1) }],
    ['an expiration under every prefix', { prefix: '', tagFilters: {}, noncurrentVersionExpiration: Duration.days(1) }],
    ['an expiration that is not enabled', { noncurrentVersionExpiration: Duration.days(365), enabled: false }],
    ['a number to retain', { noncurrentVersionExpiration: Duration.days(1), noncurrentVersionsToRetain: 3 }],
    ['a number to retain in one folder', { prefix: 'a/', noncurrentVersionExpiration: Duration.days(1), noncurrentVersionsToRetain: 3 }],
    ['an expiration that is not enabled, in one folder', { prefix: 'a/', noncurrentVersionExpiration: Duration.days(1), enabled: false }],
    ['an expiration known at deployment, in one folder', { prefix: 'a/', noncurrentVersionExpiration: Duration.days(Lazy.number({ produce: () => 9 })) }],
    ['a move after as long', { noncurrentVersionTransitions: [{ storageClass: GLACIER, transitionAfter: Duration.days(30) }] }],
    ['a move known at deployment', { noncurrentVersionTransitions: [{ storageClass: GLACIER, transitionAfter: Duration.days(Lazy.number({ produce: () => 9 })) }] }],
  ])('are left to a rule with %s of them', (_, rule) => {
    expect(rules([rule])).toHaveLength(1);
    expect(rules([{ prefix: 'b/', expiration: Duration.days(3) }, rule])).toHaveLength(2);
  });

  test.each<[string, Partial<s3.LifecycleRule>]>([
    ['a prefix', { prefix: 'a/' }],
    ['a prefix known at deployment', { prefix: Lazy.string({ produce: () => 'a/' }) }], ['tags', { tagFilters: { a: 'b' } }],
    ['a lower size', { objectSizeGreaterThan: 0 }], ['an upper size', { objectSizeLessThan: 9 }],
  ])('are removed as late as in the rule with the longest time, where all of those have a filter: %s', (_, filter) => {
    const last = (...days: number[]) => rules(days.map(one => ({ ...filter, noncurrentVersionExpiration: Duration.days(one) }))).pop();
    expect([last(29), last(31), last(365, 90)].map(rule => rule.NoncurrentVersionExpiration.NoncurrentDays)).toEqual([30, 31, 365]);
    expect(last(365)).toEqual({ NoncurrentVersionExpiration: { NoncurrentDays: 365 }, Status: 'Enabled' });
  });

  test('are removed in both buckets, and in any number of deliveries', () => {
    const stack = newStack();
    const lifecycleRules = [{ expiration: Duration.days(90) }];
    const props = () => ({
      bucket: DeliveryBucket.create({ lifecycleRules }), backup: SourceBackup.allRecords({ bucket: DeliveryBucket.create({ lifecycleRules }) }),
    });
    s3Stream(stack, 'Clicks', props());
    s3Stream(stack, 'Views', props());
    const buckets = resourcesOf(synth(stack), 'AWS::S3::Bucket');
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

describe('refused', () => {
  const TRANSITION = { storageClass: GLACIER, transitionAfter: Duration.days(30) };
  const beside = (rule: s3.LifecycleRule) => DeliveryBucket.create({ lifecycleRules: [{ expiration: Duration.days(1) }, rule] });
  const refusals = (rule: s3.LifecycleRule) => refused({ bucket: beside(rule) });

  test('a number of noncurrent versions to retain without an expiration, which CDK drops', () => {
    const prop = 'destination.bucket.lifecycleRules[1].noncurrentVersionsToRetain';
    expect(refusals({ expiration: Duration.days(3), noncurrentVersionsToRetain: 2 })).toEqual([expect.objectContaining({ prop, got: '2 without noncurrentVersionExpiration' })]);
    expect(refusals({ noncurrentVersionsToRetain: Lazy.number({ produce: () => 2 }) })).toEqual([expect.objectContaining({ prop })]);
  });

  test.each<[string, (value: Duration) => s3.LifecycleRule, number]>([
    ['abortIncompleteMultipartUploadAfter', value => ({ abortIncompleteMultipartUploadAfter: value }), 1],
    ['expiration', value => ({ expiration: value }), 1],
    ['noncurrentVersionExpiration', value => ({ noncurrentVersionExpiration: value }), 1],
    ['transitions[1].transitionAfter', value => ({ transitions: [TRANSITION, { ...TRANSITION, transitionAfter: value }] }), 0],
    ['noncurrentVersionTransitions[1].transitionAfter',
      value => ({ noncurrentVersionTransitions: [TRANSITION, { ...TRANSITION, transitionAfter: value }] }), 0],
  ])('%s: what is not a number of whole days, or too few', (prop, rule, least) => {
    const token = Lazy.number({ produce: () => 24 });
    const path = `destination.bucket.lifecycleRules[1].${prop}`;
    const allowed = `at least ${least ? '1 day' : '0 seconds'}, in whole days`;
    for (const value of [Duration.hours(36), Duration.days(0.5), ...least ? [Duration.days(0)] : []]) {
      expect(refusals(rule(value))).toEqual([expect.objectContaining({ prop: path, allowed })]);
    }
    expect(refusals(rule(Duration.hours(token)))).toEqual([expect.objectContaining({ prop: path, allowed: 'a token created with Duration.days()' })]);
    expect(rules([rule(Duration.days(least))])[0]).toMatchObject({ Status: 'Enabled' });
    expect(rules([rule(Duration.hours(48))])[0]).toMatchObject({ Status: 'Enabled' });
    expect(rules([rule(Duration.days(Lazy.number({ produce: () => 5 })))])[0]).toMatchObject({ Status: 'Enabled' });
  });

  test('both of two wrong rules in one error', () => {
    const lifecycleRules = [{ expiration: Duration.days(0) }, { expiration: Duration.hours(1) }];
    expect(refused({ backup: SourceBackup.allRecords({ bucket: DeliveryBucket.create({ lifecycleRules }) }) })).toEqual([
      expect.objectContaining({ prop: 'destination.backup.bucket.lifecycleRules[0].expiration', got: '0 seconds' }),
      expect.objectContaining({ prop: 'destination.backup.bucket.lifecycleRules[1].expiration', got: '1 hour' }),
    ]);
  });
});

test('the rules of an existing bucket are its owner\'s', () => {
  const stack: Stack = newStack();
  const lake = new s3.Bucket(stack, 'Lake', { versioned: true, lifecycleRules: [{ expiration: Duration.days(90) }] });
  deliver({ bucket: DeliveryBucket.existing(lake) }, stack);
  expect(rulesOf(lake)).toEqual([{ ExpirationInDays: 90, Status: 'Enabled' }]);
});
