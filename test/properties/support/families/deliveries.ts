import * as fc from 'fast-check';
import { s3Stream } from '../../../support/s3-stream';
import { DELIVERY_KINDS, deliveryProps } from '../deliveries';
import { Family, Step } from '../draws';
import { grantee } from '../existing';
import { alarmOn, metricOptions } from '../metrics';
import { oneFault, step, orNothing } from '../queues';
import { Mode } from '../values';

/** What records are most often; partitions of other kinds a little less. */
const KINDS = [...DELIVERY_KINDS, 'plain', 'partitioned', 'converted'] as const;
const METRICS = [
  'metricDataFreshness', 'metricDeliverySuccess', 'metricDeliveredRecords', 'metricMillisBehindLatest', 'metricIncomingBytes', 'metricIncomingRecords',
  'metricBackupToS3Bytes', 'metricBackupToS3DataFreshness', 'metricBackupToS3Records', 'metricBackupToS3Success',
] as const;

/** One or two deliveries, a writer and a metric. */
const deliveries = (mode: Mode): fc.Arbitrary<Step[]> => fc.array(
  fc.constantFrom(...KINDS), { minLength: 1, maxLength: 2 },
).chain(kinds => oneFault(mode,
  ...kinds.map((kind, index) => (inner: Mode) => step(inner, 'FirehoseStream', 'topic', orNothing(deliveryProps(kind)), (scope, props) => s3Stream(scope, `Clicks${index}`, props))),
  inner => step(inner, 'FirehoseStream.grantWrite', 'topic', grantee('grantWrite', 'either'), (_, principal, __, made) => made[0]?.grantWrite(principal)),
  // Those of the backup may not be there.
  inner => fc.constantFrom(...METRICS.filter(method => inner !== 'fault' || !method.includes('Backup'))).chain(method => step(inner, `FirehoseStream.${method}`, 'topic', metricOptions(method), (_, options, world, [delivery]) => {
    // Without backup it has no metrics; the tests of the room show the error.
    if (delivery && (delivery.backupBucket || !method.includes('Backup'))) alarmOn(world, delivery[method](options));
  })),
  inner => step(inner, 'FirehoseStream.metric', 'topic', metricOptions('metric'), (_, options, world, [delivery]) => delivery && alarmOn(world, delivery.metric('IncomingBytes', options))),
));

export const DELIVERIES: Family[] = [
  { name: 'deliveries', share: { valid: 160, fault: 250, wild: 230 }, steps: deliveries },
];
