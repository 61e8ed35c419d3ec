import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import { checkInterface, isText } from './private/checks';
import { describe } from '../private/describe';
import { Problems } from '../private/problems';

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
    return new RecordConversion(options, options?.output ?? firehose.OutputFormat.PARQUET, 'Parquet');
  }

  /**
   * To Apache ORC.
   */
  public static toOrc(options: OrcConversionOptions): RecordConversion {
    return new RecordConversion(options, options?.output ?? firehose.OutputFormat.ORC, 'Orc');
  }

  private constructor(
    private readonly options: ConversionOptions,
    /** The format that the records are converted to. */
    public readonly outputFormat: firehose.IOutputFormat,
    private readonly format: 'Parquet' | 'Orc',
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
  public _check(problems: Problems): void {
    for (const name of ['databaseName', 'tableName'] as const) {
      const value = this.options?.schema?.[name];
      const fix = 'Name the Glue database and table that have the columns.';
      if (isText(value)) problems.text(`conversion.schema.${name}`, value, fix);
      else problems.add({ prop: `conversion.schema.${name}`, got: describe(value), allowed: 'a text that is not empty', fix });
    }
    for (const name of ['catalogId', 'region', 'versionId'] as const) {
      problems.text(`conversion.schema.${name}`, this.options?.schema?.[name], 'Leave it out for the default.');
    }
    problems.boolean('conversion.schema.schemaRegistry', this.options?.schema?.schemaRegistry, 'Give true for the Schema Registry, or leave it out.', true);
    if (this.options?.input !== undefined) {
      checkInterface(problems, 'conversion.input', this.options.input, 'createInputFormatConfig', 'a firehose.OpenXJsonInputFormat or firehose.HiveJsonInputFormat', 'Leave it out for OpenX JSON.');
    }
    const allowed = `a firehose.${this.format}OutputFormat`;
    const fix = 'Leave it out for the default.';
    if (!checkInterface(problems, 'conversion.output', this.outputFormat, 'createOutputFormatConfig', allowed, fix)) return;
    const serializer = this.outputFormat.createOutputFormatConfig().serializer;
    problems.require(`${this.format.toLowerCase()}SerDe` in Object(serializer), { prop: 'conversion.output', got: 'the output format of another conversion', allowed, fix });
  }
}
