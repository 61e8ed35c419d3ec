import { Duration, Size } from 'aws-cdk-lib';

/**
 * How much Firehose collects before it writes an object. Whichever bound is reached first ends the object.
 *
 * @see https://docs.aws.amazon.com/firehose/latest/dev/buffering-hints.html
 */
export interface Buffering {
  /**
   * How long records are collected: 0 to 900 seconds, in whole seconds; 60 to 900 for the backup bucket and with dynamic
   * partitioning. Below 60 seconds Firehose writes by multipart upload, which costs more S3 requests.
   *
   * @default Duration.seconds(300)
   */
  readonly interval?: Duration;

  /**
   * How much is collected, before compression: 1 to 128 MiB, in whole MiB; 64 to 128 with conversion or dynamic
   * partitioning.
   *
   * @default - 5 MiB; 128 MiB with conversion or dynamic partitioning
   */
  readonly size?: Size;
}
