import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import { Problem, at, blankProblems } from '../../private/problems';
import { ConversionOptions } from '../private/conversion-options';

/**
 * A table of the Glue Data Catalog whose columns the converted records have.
 */
export interface GlueTableSchema {
  /**
   * Name of the database.
   */
  readonly databaseName: string;

  /**
   * Name of the table.
   */
  readonly tableName: string;

  /**
   * The account whose catalog it is.
   *
   * @default - the account of the delivery
   */
  readonly catalogId?: string;

  /**
   * The Region of the catalog.
   *
   * @default - the Region of the delivery
   */
  readonly region?: string;

  /**
   * The version of the table. `LATEST` follows every change of the table.
   *
   * @default 'LATEST'
   */
  readonly versionId?: string;

  /**
   * Whether the table takes its columns from the Glue Schema Registry. Firehose then also needs `glue:GetSchemaVersion`,
   * which cannot be limited to one schema.
   *
   * @default false
   */
  readonly schemaRegistry?: boolean;
}

/**
 * Options of conversion to Parquet.
 */
export interface ParquetConversionOptions extends ConversionOptions {
  /**
   * Compression, block and page size of the files.
   *
   * @default - compressed with Snappy
   */
  readonly output?: firehose.ParquetOutputFormat;
}

/**
 * Options of conversion to ORC.
 */
export interface OrcConversionOptions extends ConversionOptions {
  /**
   * Compression, stripe and block size of the files.
   *
   * @default - compressed with Snappy
   */
  readonly output?: firehose.OrcOutputFormat;
}

/**
 * Conversion of JSON records to a columnar format, which Athena reads faster and cheaper. Billed by the volume converted.
 *
 * The format compresses by itself, so that `compression` can only be `UNCOMPRESSED` beside it, and the buffer is 64 MiB or more.
 *
 * @see https://docs.aws.amazon.com/firehose/latest/dev/record-format-conversion.html
 */
export class RecordConversion {
  /**
   * To Apache Parquet.
   */
  public static toParquet(options: ParquetConversionOptions): RecordConversion {
    return new RecordConversion(options.schema, options.output ?? firehose.OutputFormat.PARQUET, options.input);
  }

  /**
   * To Apache ORC.
   */
  public static toOrc(options: OrcConversionOptions): RecordConversion {
    return new RecordConversion(options.schema, options.output ?? firehose.OutputFormat.ORC, options.input);
  }

  private constructor(
    /** The table whose columns the converted records have. */
    public readonly schema: GlueTableSchema,
    /** The format that the records are converted to. */
    public readonly outputFormat: firehose.IOutputFormat,
    /** How the incoming JSON is read. */
    public readonly inputFormat: firehose.IInputFormat = firehose.InputFormat.OPENX_JSON,
  ) {}

  /** @internal */
  public _check(): Problem[] {
    const { schema } = this;
    return at('schema', [
      ...(['databaseName', 'tableName'] as const).flatMap(name => blankProblems(name, schema[name], 'Specify the Glue database and table that have the columns.')),
      ...(['catalogId', 'region', 'versionId'] as const).flatMap(name => blankProblems(name, schema[name], 'Omit it for the default.')),
    ]);
  }
}
