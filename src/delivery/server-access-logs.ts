import * as s3 from 'aws-cdk-lib/aws-s3';
import { checkInterface } from './private/checks';
import { Problems } from '../private/problems';

/**
 * Where S3 writes who read and wrote the objects of a bucket.
 */
export class ServerAccessLogs {
  /**
   * To a bucket in the same account and Region, which S3 is allowed to write to. For an imported bucket CDK warns that its
   * owner has to allow that.
   *
   * @param bucket the bucket of the logs; encrypted with S3 managed keys, since S3 cannot deliver logs to any other
   * @param prefix what the keys of the logs begin with; nothing when left out
   * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
   */
  public static to(bucket: s3.IBucket, prefix?: string): ServerAccessLogs {
    return new ServerAccessLogs(bucket, prefix);
  }

  private constructor(private readonly bucket: s3.IBucket, private readonly prefix?: string) {}

  /** @internal */
  public _check(problems: Problems, prop: string): void {
    checkInterface(problems, `${prop}.bucket`, this.bucket, 'addToResourcePolicy', 'an s3.IBucket', 'Give an s3.Bucket, or one imported with s3.Bucket.fromBucketName().');
  }

  /** @internal */
  public _props(): s3.BucketProps {
    return { serverAccessLogsBucket: this.bucket, serverAccessLogsPrefix: this.prefix };
  }
}
