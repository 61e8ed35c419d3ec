import { Size, SizeRoundingBehavior, Tokenization } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import { IConstruct } from 'constructs';
import { TRANSFORM_BUFFERING } from './delivery-bounds';
import { DynamicPartitioning } from '../destinations/dynamic-partitioning';
import { RecordTransform } from '../record-transform';

/** What Firehose does to a record, in the order it is done. */
export function processors(scope: IConstruct, options: {
  readonly partitioning?: DynamicPartitioning;
  readonly transform?: RecordTransform;
  readonly newLineDelimiter: boolean;
  readonly role: iam.IRole;
}): firehose.IDataProcessor[] {
  const { partitioning, transform, role } = options;
  const queries = partitioning?._queries(scope) ?? [];
  return [
    ...(partitioning?._deaggregation ? [partitioning._deaggregation] : []),
    ...(transform ? [transformProcessor(transform, role)] : []),
    ...(queries.length > 0 ? [queryProcessor(queries)] : []),
    ...(options.newLineDelimiter ? [new firehose.AppendDelimiterToRecordProcessor()] : []),
  ];
}

/**
 * The transform function.
 *
 * Not `firehose.LambdaFunctionProcessor`: that one drops `retries: 0`, refuses a buffer that is not whole MiB although the
 * service starts at 0.2 MiB, and grants more than is needed (2.262.0 to 2.276.0).
 */
function transformProcessor(transform: RecordTransform, role: iam.IRole): firehose.IDataProcessor {
  const { buffering, handler, retries } = transform;
  const buffered = (buffering?.size ?? buffering?.interval) !== undefined;
  return processor('Lambda', [
    ['LambdaArn', handler.functionArn],
    ['RoleArn', role.roleArn],
    ['NumberOfRetries', retries === undefined ? undefined : Tokenization.stringifyNumber(retries)],
    // Firehose takes the two together only.
    ['BufferSizeInMBs', buffered ? mebibytes(buffering?.size ?? TRANSFORM_BUFFERING.size.default) : undefined],
    ['BufferIntervalInSeconds', buffered ? Tokenization.stringifyNumber((buffering?.interval ?? TRANSFORM_BUFFERING.interval.default).toSeconds()) : undefined],
  ]);
}

/**
 * The jq queries.
 *
 * Not `firehose.MetadataExtractionProcessor`: that one compares its keys with the text of the prefix, and so refuses a
 * prefix that is a token. Ours are compared before anything is built.
 */
function queryProcessor(queries: [string, string][]): firehose.IDataProcessor {
  return processor('MetadataExtraction', [
    ['MetadataExtractionQuery', metadataExtractionQuery(queries)],
    ['JsonParsingEngine', firehose.JsonParsingEngine.JQ_1_6.parsingEngine],
  ]);
}

/** One jq object construction out of all queries; a value with an operator compiles in parentheses only. */
export function metadataExtractionQuery(queries: [string, string][]): string {
  return `{${queries.map(([key, query]) => `${JSON.stringify(key)}:(${query})`).join(',')}}`;
}

/** Firehose takes fractions here, from 0.2 on. A token cannot be converted and was checked to be in MiB. */
function mebibytes(size: Size): string {
  return Tokenization.stringifyNumber(size.toMebibytes({ rounding: SizeRoundingBehavior.NONE }));
}

function processor(processorType: string, parameters: [string, string | undefined][]): firehose.IDataProcessor {
  return {
    props: {},
    bind: () => ({
      processorType,
      processorIdentifier: { parameterName: '', parameterValue: '' },
      parameters: parameters.flatMap(([parameterName, parameterValue]) => parameterValue === undefined ? [] : [{ parameterName, parameterValue }]),
    }),
  };
}
