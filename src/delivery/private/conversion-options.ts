import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import type { GlueTableSchema } from '../destinations/record-conversion';

/**
 * What Parquet and ORC conversion have in common.
 *
 * A hidden base interface of jsii: its props are those of the public interfaces.
 * @internal
 */
export interface ConversionOptions {
  /** The columns. */
  readonly schema: GlueTableSchema;

  /**
   * How the incoming JSON is read.
   *
   * @default firehose.InputFormat.OPENX_JSON
   */
  readonly input?: firehose.IInputFormat;
}
