import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import { Problem, at, blankProblems } from '../../private/problems';

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
 * What Parquet and ORC conversion have in common.
 */
export interface ConversionOptions {
  /**
   * The columns.
   */
  readonly schema: GlueTableSchema;

  /**
   * How the incoming JSON is read.
   *
   * @default firehose.InputFormat.OPENX_JSON
   */
  readonly input?: firehose.IInputFormat;
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
    return new RecordConversion(options, options.output ?? firehose.OutputFormat.PARQUET);
  }

  /**
   * To Apache ORC.
   */
  public static toOrc(options: OrcConversionOptions): RecordConversion {
    return new RecordConversion(options, options.output ?? firehose.OutputFormat.ORC);
  }

  private constructor(
    private readonly options: ConversionOptions,
    /** The format that the records are converted to. */
    public readonly outputFormat: firehose.IOutputFormat,
  ) {}

  /** The table whose columns the converted records have. */
  public get schema(): GlueTableSchema {
    return this.options.schema;
  }

  /** How the incoming JSON is read. */
  public get inputFormat(): firehose.IInputFormat {
    return this.options.input ?? firehose.InputFormat.OPENX_JSON;
  }

  /** @internal */
  public _check(): Problem[] {
    const { schema } = this.options;
    return at('schema', [
      ...(['databaseName', 'tableName'] as const).flatMap(name => blankProblems(name, schema[name], 'Name the Glue database and table that have the columns.')),
      ...(['catalogId', 'region', 'versionId'] as const).flatMap(name => blankProblems(name, schema[name], 'Leave it out for the default.')),
    ]);
  }
}
