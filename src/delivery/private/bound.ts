import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';

/** A data stream, made or given, and the customer key it is known to have. */
export interface BoundStreamSource {
  readonly stream: kinesis.IStream;
  readonly key?: kms.IKey;
  /** It was imported, and nobody said whether it has a customer key. */
  readonly keyUnknown?: boolean;
}

/** A bucket, made or given, and the customer key of its objects. */
export interface BoundBucket {
  readonly bucket: s3.IBucket;
  readonly key?: kms.IKey;
  /** It was imported, and nobody said whether it has a customer key. */
  readonly keyUnknown?: boolean;
}

/** A log group, made or given. */
export interface BoundLogging {
  /** As the user sees it. */
  readonly logGroup: logs.ILogGroup;
  /** The one whose log streams belong to this delivery alone. */
  readonly target: logs.ILogGroup;
  readonly key?: kms.IKey;
}
