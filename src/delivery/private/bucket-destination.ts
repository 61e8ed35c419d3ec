import { IResource, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { DestinationBinding, Reporter, WrittenBucket } from './binding';
import { BoundLogging } from './bound';
import { allowBuckets } from './cross-account';
import { invokeFunction, mayDiffer, writeBucket, writeLogs } from './permissions';
import { warnAboutProps } from './warn-about-props';
import { DeliveryBucket } from '../delivery-bucket';
import { RecordTransform } from '../record-transform';

/** A destination of ours: each writes to buckets, if only the backup, transforms records and reports errors. */
interface BucketDestination {
  readonly buckets: WrittenBucket[];
  readonly prefixes: (string | undefined)[];
  readonly transform: RecordTransform | undefined;
  readonly configuration: DestinationBinding['configuration'];
  /** What else may be in another account. */
  readonly resources?: IResource[];
  /** What else the role may do. */
  readonly statements: iam.PolicyStatement[];
  /** What else is allowed in other accounts. */
  readonly allowRole?: DestinationBinding['allowRole'];
}

/** The bucket that is given, or a new one, for the stream that the destination is bound to. */
export function writtenBucket(scope: Construct, bucket: DeliveryBucket | undefined, sid: string, prop: string, reporter: Reporter): WrittenBucket {
  return { sid, prop, bound: (bucket ?? DeliveryBucket.create())._bind(scope, sid, { ...reporter, prefix: `${reporter.prefix}${prop}.` }) };
}

/** The destination for the stream that it is bound to, with exactly the permissions that Firehose needs. */
export function bindDestination(scope: Construct, destination: BucketDestination): DestinationBinding {
  const { allowRole, buckets, configuration, resources = [], statements, transform } = destination;
  const { account } = Stack.of(scope);
  let log: BoundLogging | undefined;
  warnAboutProps(scope, destination);
  return {
    buckets,
    resources: [...buckets.flatMap(({ bound: { bucket, key } }) => [bucket, key]), ...resources],
    configuration: (stream, role, logging) => {
      log = logging;
      return configuration(stream, role, logging);
    },
    statements: () => [
      ...buckets.flatMap(({ sid, bound }) => writeBucket(sid, bound, mayDiffer(bound.bucket.env.account, account))),
      ...(log ? [writeLogs(scope, log.target)] : []),
      ...(transform ? [invokeFunction(transform.handler)] : []),
      ...statements,
    ],
    allowRole: role => {
      allowBuckets(scope, role, buckets);
      allowRole?.(role);
    },
  };
}
