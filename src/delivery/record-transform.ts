import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Buffering } from './buffering';

/**
 * A function that Firehose passes the records through before it writes them.
 *
 * It receives a batch of base64 records and returns each of them with its `recordId` with the result `Ok`, `Dropped` or
 * `ProcessingFailed`; request and response are at most 6 MB.
 *
 * @see https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html
 */
export interface RecordTransform {
  /**
   * The function, a version or an alias of it. Firehose waits for it 5 minutes at most. Firehose is allowed
   * `lambda:InvokeFunction` and `lambda:GetFunctionConfiguration` on it.
   */
  readonly handler: lambda.IFunction;

  /**
   * How much is collected for one invocation: 0 to 900 seconds and 0.2 to 3 MiB.
   *
   * @default - 60 seconds and 1 MiB
   * @see https://docs.aws.amazon.com/firehose/latest/dev/buffering-hints.html
   */
  readonly buffering?: Buffering;

  /**
   * How often a failed invocation is repeated, at least 0; 0 means never.
   *
   * @default 3
   */
  readonly retries?: number;
}
