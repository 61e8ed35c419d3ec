import { Duration, TimeZone, Token } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { checkFractionalMebibytes, checkInterface, checkMebibytes, checkOptions, isText, literalParts } from './checks';
import { checkMixedObjects } from './mixed-objects';
import { checkPrefixes, DEFAULT_BACKUP_ERROR_PREFIX, DEFAULT_BACKUP_PREFIX, DEFAULT_ERROR_PREFIX, defaultPrefix } from './prefixes';
import { metadataExtractionQuery } from './processors';
import { describe } from '../../private/describe';
import { Problems } from '../../private/problems';
import { Buffering } from '../buffering';
import { DeliveryBucket } from '../delivery-bucket';
import { DeliveryLogging } from '../delivery-logging';
import { DynamicPartitioning } from '../dynamic-partitioning';
import { RecordConversion } from '../record-conversion';
import { SourceBackup } from '../source-backup';
import { StreamDeliveryProps } from '../stream-delivery';

/** The longest parameter of a processor in the Firehose API. */
const MAX_QUERY_LENGTH = 5120;

/** Checks all props before anything is built. */
export function checkDelivery(problems: Problems, scope: Construct, props: StreamDeliveryProps): void {
  if (!checkUnions(problems, scope, props)) return;
  const areSound = !problems.any;
  const { backup, conversion, partitioning, transform } = props;
  conversion?._check(problems);
  partitioning?._check(problems, scope);
  checkDestination(problems, scope, props);
  problems.boolean('newLineDelimiter', props.newLineDelimiter, 'Give true for a line each, or leave it out.', true);
  checkPartitioning(problems, scope, props);
  if (transform !== undefined) checkTransform(problems, props);
  const kept = backup?._options;
  if (kept) {
    checkBuffering(problems, 'backup.buffering', kept.buffering, { interval: 60, size: 1, why: 'The backup cannot be written without buffering.' });
    checkCompression(problems, 'backup.compression', kept.compression);
    checkPrefixes(problems, scope, {
      prefixProp: 'backup.prefix',
      errorProp: 'backup.errorOutputPrefix',
      prefix: kept.prefix ?? DEFAULT_BACKUP_PREFIX,
      errorOutputPrefix: kept.errorOutputPrefix ?? DEFAULT_BACKUP_ERROR_PREFIX,
      partitioningAllowed: false,
    });
    // It compares the buckets, which can be anything where something is wrong with them.
    if (areSound) checkMixedObjects(problems, scope, props);
  }
}

/** Whether each choice is one, which the other checks read. */
function checkUnions(problems: Problems, scope: Construct, props: StreamDeliveryProps): boolean {
  const { backup, conversion, destination, logging, partitioning } = props;
  const isDestination = problems.union('destination', destination, DeliveryBucket, 'DeliveryBucket.create() or DeliveryBucket.existing()');
  const isBackup = problems.union('backup', backup, SourceBackup, 'SourceBackup.allRecords() or SourceBackup.none()');
  const isLogging = problems.union('logging', logging, DeliveryLogging, 'DeliveryLogging.create(), DeliveryLogging.existing() or DeliveryLogging.none()');
  const isConversion = problems.union('conversion', conversion, RecordConversion, 'RecordConversion.toParquet() or RecordConversion.toOrc()');
  const isPartitioning = problems.union('partitioning', partitioning, DynamicPartitioning, 'DynamicPartitioning.fromQuery(), .fromTransform() or .fromQueryAndTransform()');
  if (isDestination) destination?._check(problems, scope, 'destination');
  if (isBackup) backup?._check(problems, scope);
  if (isLogging) logging?._check(problems, scope);
  return isDestination && isBackup && isLogging && isConversion && isPartitioning;
}

function checkDestination(problems: Problems, scope: Construct, props: StreamDeliveryProps) {
  const { buffering, compression, conversion, fileExtension, partitioning } = props;
  checkPrefixes(problems, scope, {
    prefixProp: 'prefix',
    errorProp: 'errorOutputPrefix',
    prefix: props.prefix ?? defaultPrefix(scope, partitioning),
    errorOutputPrefix: props.errorOutputPrefix ?? DEFAULT_ERROR_PREFIX,
    partitioning,
    partitioningAllowed: true,
  });
  checkBuffering(problems, 'buffering', buffering, {
    interval: partitioning ? 60 : 0,
    size: partitioning || conversion ? 64 : 1,
    why: partitioning ? 'Dynamic partitioning needs a larger buffer.' : conversion ? 'Conversion needs a larger buffer.' : '',
  });
  if (checkCompression(problems, 'compression', compression)) {
    problems.require(!conversion || compression === undefined || compression.value === 'UNCOMPRESSED', {
      prop: 'compression', got: describe(compression?.value), allowed: 'UNCOMPRESSED or nothing beside conversion', fix: 'Leave it out: Parquet and ORC files are compressed within, as set by the output of the conversion.',
    });
  }
  if (fileExtension !== undefined && !Token.isUnresolved(fileExtension)) {
    problems.require(typeof fileExtension === 'string' && /^\.[0-9a-z!\-_.*'()]{1,127}$/.test(fileExtension), {
      prop: 'fileExtension', got: describe(fileExtension), allowed: 'a period followed by 1 to 127 (inclusive) of the characters 0-9a-z!-_.*\'()', fix: 'Give an extension such as \'.json.gz\', or leave it out for that of the format.',
    });
  }
  checkTimeZone(problems, props);
}

/** As CDK 2.276.0 does, which earlier releases leave to the deployment. */
function checkTimeZone(problems: Problems, { timeZone }: StreamDeliveryProps) {
  if (timeZone === undefined) return;
  // A text or null, as JavaScript lets through, is said as it is.
  const name: unknown = (timeZone as TimeZone | null)?.timezoneName ?? timeZone;
  const isTimeZone = name !== timeZone;
  if (isTimeZone && (Token.isUnresolved(name) || name === 'UTC')) return;
  const allowed = isTimeZone && typeof name === 'string' && /^[a-zA-Z/_]{1,50}$/.test(name) && !/^[A-Za-z]{3}$/.test(name) && !['Etc/UTC', 'Etc/GMT', 'Factory'].includes(name);
  problems.require(allowed, {
    prop: 'timeZone', got: describe(name), allowed: 'a TimeZone of the form Area/City without digits and hyphens, or UTC', fix: 'Use a TimeZone such as TimeZone.EUROPE_LONDON, or leave it out for UTC.',
  });
}

function checkPartitioning(problems: Problems, scope: Construct, { partitioning, transform }: StreamDeliveryProps) {
  if (!partitioning) return;
  problems.require(!partitioning._needsTransform || transform !== undefined, {
    prop: 'partitioning.keys', got: 'keys of a transform function without transform', allowed: 'keys that the transform function returns', fix: 'Give the function as transform, or use DynamicPartitioning.fromQuery().',
  });
  const queries = partitioning._queries(scope);
  // What is no text was said already.
  if (!queries.every(([, query]) => isText(query))) return;
  const length = literalParts(metadataExtractionQuery(queries)).length;
  problems.require(length <= MAX_QUERY_LENGTH, {
    prop: 'partitioning.queries', got: `${length} characters in all`, allowed: `at most ${MAX_QUERY_LENGTH} characters in all`, fix: 'Shorten the queries, or find the keys in a transform function.',
  });
}

function checkTransform(problems: Problems, { transform }: StreamDeliveryProps) {
  if (typeof (transform as { grantInvoke?: unknown } | null | undefined)?.grantInvoke === 'function') {
    problems.add({ prop: 'transform', got: 'a lambda.IFunction', allowed: 'a RecordTransform', fix: 'Write it as { handler: yourFunction }.' });
    return;
  }
  if (typeof transform !== 'object' || transform === null) {
    problems.add({ prop: 'transform', got: describe(transform), allowed: 'a RecordTransform', fix: 'Write it as { handler: yourFunction }, or leave it out.' });
    return;
  }
  checkInterface(problems, 'transform.handler', transform.handler, 'grantInvoke', 'a lambda.IFunction', 'Give a lambda.Function, a version or an alias of it, or an imported one.');
  const retries = transform.retries;
  problems.require(retries === undefined || (typeof retries === 'number' && (Token.isUnresolved(retries) || (Number.isInteger(retries) && retries >= 0))), {
    prop: 'transform.retries', got: describe(retries), allowed: 'a whole number, at least 0', fix: 'Give 0 for no retry, or leave it out for 3.',
  });
  if (!checkOptions(problems, 'transform.buffering', transform.buffering, '{ interval: Duration.seconds(60) }')) return;
  problems.seconds('transform.buffering.interval', transform.buffering?.interval, {
    min: Duration.seconds(0), max: Duration.seconds(900), fix: 'Give a time in this range, or leave it out for 60 seconds.',
  });
  checkFractionalMebibytes(problems, 'transform.buffering.size', transform.buffering?.size, {
    min: 0.2, max: 3, fix: 'Give a size in this range, or leave it out for 1 MiB.',
  });
}

function checkBuffering(problems: Problems, prop: string, buffering: Buffering | undefined, min: { interval: number; size: number; why: string }) {
  if (!checkOptions(problems, prop, buffering, '{ interval: Duration.seconds(300) }')) return;
  const advice = `${min.why} Leave it out for the default.`.trim();
  problems.seconds(`${prop}.interval`, buffering?.interval, { min: Duration.seconds(min.interval), max: Duration.seconds(900), fix: advice });
  checkMebibytes(problems, `${prop}.size`, buffering?.size, { min: min.size, max: 128, fix: advice });
}

function checkCompression(problems: Problems, prop: string, compression: unknown): boolean {
  const given = compression as { readonly value?: unknown } | undefined | null;
  if (given === undefined || typeof given?.value === 'string') return true;
  problems.add({ prop, got: describe(compression), allowed: 'one of firehose.Compression', fix: 'Use one of firehose.Compression, such as firehose.Compression.GZIP.' });
  return false;
}
