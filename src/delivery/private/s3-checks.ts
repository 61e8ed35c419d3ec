import { TimeZone, Token } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { BUFFERING, CONVERTED_BUFFERING, PARTITIONED_BUFFERING, TRANSFORM, TRANSFORM_BUFFERING } from './delivery-bounds';
import { checkMixedObjects } from './mixed-objects';
import { checkPrefixes, DEFAULT_ERROR_PREFIX, defaultPrefix } from './prefixes';
import { reachableProblems } from './reachable';
import { checkBounds } from '../../private/bounds';
import { describe } from '../../private/describe';
import { Problem, at, unless } from '../../private/problems';
import { Buffering } from '../buffering';
import { S3DestinationProps } from '../destinations/s3-destination';
import { RecordTransform } from '../record-transform';

/** The bounds and defaults of the buffer, which depend on what is done to the records. */
export function bufferingBounds({ conversion, partitioning }: S3DestinationProps) {
  if (partitioning) return PARTITIONED_BUFFERING;
  return conversion ? CONVERTED_BUFFERING : BUFFERING;
}

/** Checks all props before anything is created. */
export function checkS3Destination(scope: Construct, props: S3DestinationProps): Problem[] {
  const { backup, buffering, compression, conversion, partitioning, transform } = props;
  return [
    ...at('bucket', props.bucket?._check(scope) ?? []),
    ...at('backup', backup?._check(scope) ?? []),
    ...at('logging', props.logging?._check(scope) ?? []),
    ...at('conversion', conversion?._check() ?? []),
    ...at('partitioning', partitioning?._check(scope) ?? []),
    ...checkPrefixes(scope, {
      prefix: props.prefix ?? defaultPrefix(scope, partitioning),
      errorOutputPrefix: props.errorOutputPrefix ?? DEFAULT_ERROR_PREFIX,
      partitioning,
      partitioningAllowed: true,
    }),
    ...at('buffering', checkBounds<Buffering>(bufferingBounds(props), buffering ?? {})),
    ...unless(!conversion || compression === undefined || compression.value === 'UNCOMPRESSED', () => ({
      prop: 'compression',
      got: describe(compression?.value),
      allowed: 'UNCOMPRESSED or nothing beside conversion',
      fix: 'Omit it: Parquet and ORC files are compressed within, as set by the output of the conversion.',
    })),
    ...checkFileExtension(props.fileExtension),
    ...checkTimeZone(props.timeZone),
    ...unless(!partitioning?._needsTransform || transform !== undefined, () => ({
      prop: 'partitioning.keys',
      got: 'keys of a transform function without transform',
      allowed: 'keys that the transform function returns',
      fix: 'Specify the function as transform, or use DynamicPartitioning.fromQuery().',
    })),
    ...at('transform', transform ? checkTransform(scope, transform) : []),
    ...checkMixedObjects(scope, props),
  ];
}

function checkFileExtension(extension: string | undefined): Problem[] {
  if (extension === undefined || Token.isUnresolved(extension)) return [];
  return unless(/^\.[0-9a-z!\-_.*'()]{1,127}$/.test(extension), () => ({
    prop: 'fileExtension',
    got: describe(extension),
    allowed: 'a period followed by 1 to 127 (inclusive) of the characters 0-9a-z!-_.*\'()',
    fix: 'Specify an extension such as \'.json.gz\', or omit it for that of the format.',
  }));
}

/** As CDK 2.276.0 does, which earlier releases leave to the deployment. */
function checkTimeZone(timeZone: TimeZone | undefined): Problem[] {
  const name = timeZone?.timezoneName;
  if (name === undefined || Token.isUnresolved(name) || name === 'UTC') return [];
  const isAllowed = /^[a-zA-Z/_]{1,50}$/.test(name) && !/^[A-Za-z]{3}$/.test(name) && !['Etc/UTC', 'Etc/GMT', 'Factory'].includes(name);
  return unless(isAllowed, () => ({
    prop: 'timeZone',
    got: describe(name),
    allowed: 'a TimeZone of the form Area/City without digits and hyphens, or UTC',
    fix: 'Use a TimeZone such as TimeZone.EUROPE_LONDON, or omit it for UTC.',
  }));
}

export function checkTransform(scope: Construct, transform: RecordTransform): Problem[] {
  const { buffering, handler } = transform;
  return [
    ...at('handler', reachableProblems(scope, 'function', handler, handler.functionArn)),
    ...checkBounds<RecordTransform>(TRANSFORM, transform),
    ...at('buffering', checkBounds<Buffering>(TRANSFORM_BUFFERING, buffering ?? {})),
  ];
}
