import { Duration, Size, TimeZone } from 'aws-cdk-lib';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as fc from 'fast-check';
import { functionOf, keys } from './existing';
import { reasons, removalPolicies } from './queues';
import {
  Field, Value, durationField, durations, either, integers, junk, leaf, map, notDurations, notIntegers, nothing, nullish, numberTokens, oneOf, struct,
  textTokens, value,
} from './values';
import { ACCOUNT, OTHER_ACCOUNT } from './world';
import {
  DeliveryBucket, DeliveryEncryption, DeliveryLogging, DynamicPartitioning, RecordConversion, ServerAccessLogs, SourceBackup, SourceCapacity,
  StreamSource,
} from '../../../src/delivery';

const HOUR = 3600;
const texts = (...all: string[]) => oneOf(...all.map(text => value(`'${text.length > 60 ? `${text.length} characters` : text}'`, () => text)));

const encryption = (prop: string): Field => either(
  leaf(prop, oneOf(value('serviceManaged()', () => DeliveryEncryption.serviceManaged()), value('customerManaged()', () => DeliveryEncryption.customerManaged()), value('undefined', () => undefined)), junk(), nullish),
  map(leaf(`${prop}.key`, oneOf(...keys.slice(0, 4)), junk(), nullish), 'DeliveryEncryption.customerManaged', key => DeliveryEncryption.customerManaged(key)),
);

/** A whole hour, in hours where only the deployment knows it. */
const hours = (prop: string, min: number, max: number): Field => leaf(prop, fc.oneof(
  fc.oneof(fc.constantFrom(min, min + 1, max), fc.integer({ min, max })).map(n => value(`Duration.hours(${n})`, () => Duration.hours(n))),
  oneOf(value('Duration.days(2)', () => Duration.days(2)), value('undefined', () => undefined)),
  numberTokens(48).map(number => value(`Duration.hours(${number.text})`, world => Duration.hours(number.make(world)))),
), fc.oneof(notDurations(min * HOUR, max * HOUR), oneOf(value('Duration.hours(24.5)', () => Duration.minutes(24 * 60 + 30)), value('Duration.seconds(Lazy)', world => Duration.seconds(world.lazyNumber(172_800))))), nullish);

const streams: Value[] = [
  value('a stream', world => world.make('base', (scope, id) => new kinesis.Stream(scope, id))),
  value('a stream with a key', world => world.make('base', (scope, id) => new kinesis.Stream(scope, id, { encryption: kinesis.StreamEncryption.KMS, encryptionKey: world.once('key', 'base', (inner, name) => new kms.Key(inner, name)) }))),
  value('a stream by its ARN', world => world.make('current', (scope, id) => kinesis.Stream.fromStreamArn(scope, id, world.current.formatArn({ service: 'kinesis', resource: 'stream', resourceName: 'theirs' })))),
];

const source: Field = either(
  map(struct({
    capacity: either(
      leaf('source.capacity', oneOf(value('onDemand()', () => SourceCapacity.onDemand())), junk(), nullish),
      map(leaf('source.capacity', fc.oneof(integers(1, 200, 2).filter(one => one.text !== 'undefined')), fc.oneof(notIntegers(1, Number.MAX_SAFE_INTEGER), oneOf(value('undefined', () => undefined))), nullish), 'provisioned', shards => SourceCapacity.provisioned(shards)),
    ),
    retention: hours('source.retention', 24, 365 * 24),
    encryption: encryption('source.encryption'),
    removalPolicy: removalPolicies('source.removalPolicy'),
  }), 'StreamSource.create', given => StreamSource.create(given)),
  leaf('source', oneOf(value('undefined', () => undefined)), junk(), fc.oneof(nullish, oneOf(value('StreamSource.create(null)', () => StreamSource.create(null as any))))),
  map(leaf('source.stream', oneOf(...streams), fc.oneof(junk(), oneOf(value('undefined', () => undefined))), fc.oneof(nullish, oneOf(
    value('a stream of another Region', world => world.make('current', (scope, id) => kinesis.Stream.fromStreamArn(scope, id, `arn:aws:kinesis:eu-north-1:${ACCOUNT}:stream/theirs`)))))), 'StreamSource.existing', stream => StreamSource.existing(stream)),
);

/** @param name of those that are imported: in one bucket, data and backup cannot have the same prefix */
const buckets = (name: string): Value[] => [
  value('a bucket', world => world.make('base', (scope, id) => new s3.Bucket(scope, id, { enforceSSL: true }))),
  value('a bucket with a key', world => world.make('base', (scope, id) => new s3.Bucket(scope, id, { encryption: s3.BucketEncryption.KMS }))),
  value('a bucket by its name', world => world.make('current', (scope, id) => s3.Bucket.fromBucketName(scope, id, name))),
  value('a bucket of another account', world => world.make('current', (scope, id) => s3.Bucket.fromBucketAttributes(scope, id, { bucketName: name, account: OTHER_ACCOUNT, region: world.current.region }))),
];

const bucket = (prop: string): Field => either(
  map(struct({
    encryption: encryption(`${prop}.encryption`),
    lifecycleRules: leaf(`${prop}.lifecycleRules`, oneOf(value('[]', () => []), value('[30 days]', () => [{ expiration: Duration.days(30) }])), junk('[]', '[undefined]'), fc.oneof(nullish)),
    serverAccessLogs: either(
      leaf(`${prop}.serverAccessLogs`, nothing, junk(), nullish),
      map(struct({
        bucket: leaf(`${prop}.serverAccessLogs.bucket`, oneOf(value('a bucket for logs', world => world.once('logs', 'base', (scope, id) => new s3.Bucket(scope, id))), buckets('theirs')[2]),
          fc.oneof(junk(), oneOf(value('undefined', () => undefined), buckets('theirs')[1])), nullish),
        prefix: leaf(`${prop}.serverAccessLogs.prefix`, fc.oneof(texts('accesses/', ''), oneOf(value('Lazy', world => world.lazyText('accesses/'))), nothing),
          fc.oneof(texts(' '), junk("'text'", "''")), fc.oneof(nullish, textTokens('accesses/'))),
      }, ['bucket']), 'ServerAccessLogs.to', given => ServerAccessLogs.to(given.bucket, given.prefix)),
    ),
    removalPolicy: removalPolicies(`${prop}.removalPolicy`),
  }), 'DeliveryBucket.create', given => DeliveryBucket.create(given)),
  leaf(prop, oneOf(value('undefined', () => undefined)), junk(), fc.oneof(nullish, oneOf(value('DeliveryBucket.create(null)', () => DeliveryBucket.create(null as any)), value('DeliveryBucket.existing(undefined, null)', () => DeliveryBucket.existing(undefined as any, null as any))))),
  map(struct({
    bucket: leaf(`${prop}.bucket`, oneOf(...buckets(prop === 'destination' ? 'theirs' : 'theirs-kept')), fc.oneof(junk(), oneOf(value('undefined', () => undefined))), nullish),
    options: struct({ encryptionKey: leaf(`${prop}.encryptionKey`, fc.oneof(oneOf(...keys.slice(0, 4)), nothing), junk(), nullish) }),
  }, ['bucket']), 'DeliveryBucket.existing', given => DeliveryBucket.existing(given.bucket, given.options)),
);

/** @param interval the least, in seconds; @param size the least, in MiB */
const buffering = (prop: string, interval: number, size: number): Field => either(
  struct({
    interval: durationField(`${prop}.interval`, interval, 900, 300),
    size: leaf(`${prop}.size`, fc.oneof(fc.constantFrom(size, size + 1, 128).map(n => value(`Size.mebibytes(${n})`, () => Size.mebibytes(n))), oneOf(value('Size.mebibytes(Lazy)', world => Size.mebibytes(world.lazyNumber(128)))), nothing),
      fc.oneof(fc.constantFrom(size - 1, 129, size + 0.5).map(n => value(`Size.mebibytes(${n})`, () => Size.mebibytes(n))), oneOf(value('Size.kibibytes(Lazy)', world => Size.kibibytes(world.lazyNumber(128 * 1024)))), junk('Size.mebibytes(2)')), nullish),
  }),
  // Any other object is taken for options, of which none is given.
  leaf(prop, nothing, junk('{}', 'Object.create(null)', 'new Date()', 'Duration.seconds(90)', 'Size.mebibytes(2)'), nullish),
);

const TYPE = '!{firehose:error-output-type}';

/** Where the keys come from that records are partitioned by. */
type KeyedBy = 'Query' | 'Lambda' | undefined;

/** @param by that of the records that are partitioned, whose prefix has to have the keys */
const prefixes = (prop: string, by: KeyedBy): Field => leaf(prop,
  fc.oneof(by ? texts(`by/!{partitionKeyFrom${by}:customer}/`, `!{partitionKeyFrom${by}:customer}-!{timestamp:yyyy}/`) : texts('', 'data/', '!{timestamp:yyyy-MM-dd}/', 'x/!{firehose:random-string}/', 'x'.repeat(512)), textTokens(by ? `by/!{partitionKeyFrom${by}:customer}/` : 'data/'), nothing),
  fc.oneof(texts(`${TYPE}/`, '!{nothing:x}/', '!{timestamp:yyyy', '!{firehose:other}/', '!{timestamp:}/', 'x'.repeat(513), `${'!{timestamp:yyyy}'.repeat(65)}`, '!{partitionKeyFromLambda:other}/', ...by ? ['data/'] : ['!{partitionKeyFromQuery:customer}/']), junk("'text'", "''")), nullish);

const errorPrefixes = (prop: string): Field => leaf(prop, fc.oneof(texts(`errors/${TYPE}/`, 'errors/', `${TYPE}/!{timestamp:yyyy}/`), textTokens(`errors/${TYPE}/`), nothing),
  fc.oneof(texts('!{timestamp:yyyy}/', `${TYPE}/!{partitionKeyFromQuery:customer}/`, '!{firehose:oops}/', 'x'.repeat(1025)), junk("'text'", "''")), fc.oneof(nullish, texts('')));

const compression = (prop: string): Field => leaf(prop, oneOf(...(['GZIP', 'SNAPPY', 'ZIP', 'UNCOMPRESSED', 'HADOOP_SNAPPY'] as const).map(name => value(name, () => firehose.Compression[name])), value('undefined', () => undefined)), junk(), nullish);

const backup: Field = either(
  map(struct({ bucket: bucket('backup.bucket'), prefix: prefixes('backup.prefix', undefined), errorOutputPrefix: errorPrefixes('backup.errorOutputPrefix'), buffering: buffering('backup.buffering', 60, 1), compression: compression('backup.compression') }),
    'SourceBackup.allRecords', given => SourceBackup.allRecords(given)),
  leaf('backup', oneOf(value('undefined', () => undefined)), junk(), fc.oneof(nullish, oneOf(value('allRecords(null)', () => SourceBackup.allRecords(null as any))))),
  map(reasons('backup.reason'), 'SourceBackup.none', reason => SourceBackup.none(reason)),
);

const logging: Field = either(
  map(struct({
    retention: leaf('logging.retention', oneOf(value('ONE_DAY', () => logs.RetentionDays.ONE_DAY), value('INFINITE', () => logs.RetentionDays.INFINITE), value('undefined', () => undefined)), fc.oneof(notIntegers(1, 9999), oneOf(value('2', () => 2))), nullish),
    encryption: encryption('logging.encryption'),
    removalPolicy: removalPolicies('logging.removalPolicy'),
  }), 'DeliveryLogging.create', given => DeliveryLogging.create(given)),
  leaf('logging', oneOf(value('undefined', () => undefined)), junk(), fc.oneof(nullish, oneOf(value('DeliveryLogging.create(null)', () => DeliveryLogging.create(null as any))))),
  map(leaf('logging.logGroup', oneOf(value('a log group', world => world.make('base', (scope, id) => new logs.LogGroup(scope, id))), value('a log group by name', world => world.make('current', (scope, id) => logs.LogGroup.fromLogGroupName(scope, id, 'theirs')))),
    fc.oneof(junk(), oneOf(value('undefined', () => undefined))), nullish), 'DeliveryLogging.existing', group => DeliveryLogging.existing(group)),
  map(reasons('logging.reason'), 'DeliveryLogging.none', reason => DeliveryLogging.none(reason)),
);

const transformGiven: Field = struct({
  handler: leaf('transform.handler', oneOf(
    value('a function', world => world.make('base', (scope, id) => functionOf(scope, id, Duration.minutes(1)))),
    value('a version', world => world.make('base', (scope, id) => functionOf(scope, id)).currentVersion),
    value('a function by its ARN', world => world.make('current', (scope, id) => lambda.Function.fromFunctionArn(scope, id, world.current.formatArn({ service: 'lambda', resource: 'function:theirs' })))),
  ), fc.oneof(junk(), oneOf(value('undefined', () => undefined))), nullish),
  retries: leaf('transform.retries', integers(0, 5, 3), oneOf(...[-1, 0.5, NaN, Infinity].map(n => value(String(n), () => n)), value("'3'", () => '3'), value('{}', () => ({}))), nullish),
  buffering: struct({
    interval: durationField('transform.buffering.interval', 0, 900, 60),
    size: leaf('transform.buffering.size', fc.oneof(fc.constantFrom(0.2, 0.5, 1, 3).map(n => value(`Size.mebibytes(${n})`, () => Size.mebibytes(n))), oneOf(value('Size.mebibytes(Lazy)', world => Size.mebibytes(world.lazyNumber(2)))), nothing),
      fc.oneof(fc.constantFrom(0, 0.19, 3.5).map(n => value(`Size.mebibytes(${n})`, () => Size.mebibytes(n))), oneOf(value('Size.kibibytes(Lazy)', world => Size.kibibytes(world.lazyNumber(1024)))), junk('Size.mebibytes(2)')), nullish),
  }),
}, ['handler']);

const transform: Field = either(transformGiven, leaf('transform', nothing, junk(), nullish));

const queries = leaf('partitioning.queries', oneOf(value("{ customer: '.id' }", () => ({ customer: '.id' })), value('{ customer: Lazy }', world => ({ customer: world.lazyText('.id') }))), oneOf(
  value('{}', () => ({})), value("{ customer: '' }", () => ({ customer: '' })), value('{ customer: 5 }', () => ({ customer: 5 })),
  value('undefined', () => undefined), value('6,000 characters', () => ({ customer: '.x'.repeat(3000) })),
), fc.oneof(nullish, junk(), oneOf(value('{ "{": ".x" }', () => ({ '{': '.x' })), value('{ other: ".x" }', () => ({ other: '.x' })),
  // As many do not fit the default prefix either.
  value('51 keys', () => Object.fromEntries([...Array(51).keys()].map(n => [`k${n}`, '.k']))),
)));

const partitionKeys = (key: string) => leaf('partitioning.keys', oneOf(value(`['${key}']`, () => [key])), fc.oneof(oneOf(value('[]', () => [])), junk('[]', '[undefined]')),
  // The default prefix has the name in it, and is then wrong as well.
  fc.oneof(nullish, oneOf(value("['']", () => ['']), value("['{']", () => ['{']))));

const partitioningOptions = struct({
  retryDuration: leaf('partitioning.retryDuration', durations(0, 7200, 300), notDurations(0, 7200), nullish),
  deaggregation: leaf('partitioning.deaggregation', oneOf(value('json()', () => firehose.RecordDeAggregationProcessor.json()), value("delimited('#')", () => firehose.RecordDeAggregationProcessor.delimited('#'))), junk(), nullish),
});

const partitioning: Field = either(
  map(struct({ queries, options: partitioningOptions }, ['queries']), 'DynamicPartitioning.fromQuery', given => DynamicPartitioning.fromQuery(given.queries, given.options)),
  leaf('partitioning', oneOf(value('fromQuery', () => DynamicPartitioning.fromQuery({ customer: '.id' }))), junk(), fc.oneof(nullish, oneOf(
    value('fromTransform', () => DynamicPartitioning.fromTransform(['customer'])), value('fromTransform(undefined)', () => DynamicPartitioning.fromTransform(undefined as any)),
    value('fromQuery({}, null)', () => DynamicPartitioning.fromQuery({ customer: '.id' }, null as any)), value("fromQueryAndTransform('text')", () => DynamicPartitioning.fromQueryAndTransform('text' as any, 'text' as any)),
  ))),
);

const partitioningByTransform = map(struct({ keys: partitionKeys('customer'), options: partitioningOptions }, ['keys']), 'DynamicPartitioning.fromTransform',
  given => DynamicPartitioning.fromTransform(given.keys, given.options));
const partitioningByBoth = map(struct({ queries, keys: partitionKeys('kind'), options: partitioningOptions }, ['queries', 'keys']), 'DynamicPartitioning.fromQueryAndTransform',
  given => DynamicPartitioning.fromQueryAndTransform(given.queries, given.keys, given.options));

const conversionOptions = (format: 'ORC' | 'PARQUET') => struct({
  schema: struct({
    databaseName: leaf('conversion.schema.databaseName', fc.oneof(texts('clicks'), textTokens('clicks')), fc.oneof(texts(''), junk("'text'"), oneOf(value('undefined', () => undefined))), nullish),
    tableName: leaf('conversion.schema.tableName', texts('clicks'), fc.oneof(texts(' '), junk("'text'")), nullish),
    versionId: leaf('conversion.schema.versionId', fc.oneof(texts('3'), nothing), junk("'text'"), nullish),
    region: leaf('conversion.schema.region', fc.oneof(texts('eu-north-1'), nothing), junk("'text'"), nullish),
    catalogId: leaf('conversion.schema.catalogId', fc.oneof(texts(ACCOUNT), textTokens(ACCOUNT), nothing), junk("'text'"), nullish),
    schemaRegistry: leaf('conversion.schema.schemaRegistry', oneOf(value('true', () => true), value('false', () => false)), junk('true'), nullish),
  }, ['databaseName', 'tableName']),
  input: leaf('conversion.input', oneOf(value('HIVE_JSON', () => firehose.InputFormat.HIVE_JSON), value('undefined', () => undefined)), junk(), nullish),
  output: leaf('conversion.output', oneOf(value(format, () => firehose.OutputFormat[format]), value('undefined', () => undefined)),
    fc.oneof(junk(), oneOf(value('of the other format', () => firehose.OutputFormat[format === 'ORC' ? 'PARQUET' : 'ORC']))), nullish),
}, ['schema']);

const conversion: Field = either(
  map(conversionOptions('ORC'), 'RecordConversion.toOrc', given => RecordConversion.toOrc(given)),
  map(conversionOptions('PARQUET'), 'RecordConversion.toParquet', given => RecordConversion.toParquet(given)),
  leaf('conversion', oneOf(value('toParquet', () => RecordConversion.toParquet({ schema: { databaseName: 'clicks', tableName: 'clicks' } }))), junk(), fc.oneof(nullish, oneOf(
    value('toParquet(null)', () => RecordConversion.toParquet(null as any)), value('toParquet({})', () => RecordConversion.toParquet({} as any)), value('toOrc({ schema: null })', () => RecordConversion.toOrc({ schema: null } as any)),
  ))),
);

export const DELIVERY_KINDS = ['plain', 'partitioned', 'partitioned by a function', 'partitioned by both', 'converted'] as const;

/** @param kind what is done to the records, which decides what goes with what */
export function deliveryProps(kind: typeof DELIVERY_KINDS[number]): Field {
  const keyed = kind.startsWith('partitioned');
  const byFunction = keyed && kind !== 'partitioned';
  return struct({
    source,
    destination: bucket('destination'),
    backup,
    logging,
    // With keys of both kinds the prefix would need both; the default has them.
    ...kind === 'partitioned by both' ? {} : { prefix: prefixes('prefix', keyed ? byFunction ? 'Lambda' : 'Query' : undefined) },
    errorOutputPrefix: errorPrefixes('errorOutputPrefix'),
    buffering: buffering('buffering', keyed ? 60 : 0, kind === 'plain' ? 1 : 64),
    transform: byFunction ? transformGiven : transform,
    fileExtension: leaf('fileExtension', fc.oneof(texts('.gz', '.json.gz', `.${'x'.repeat(127)}`), textTokens('.gz'), nothing), fc.oneof(texts('', 'gz', '.', '.GZ', `.${'x'.repeat(128)}`), junk()), nullish),
    timeZone: leaf('timeZone', oneOf(value('EUROPE_LONDON', () => TimeZone.EUROPE_LONDON), value('ETC_UTC', () => TimeZone.of('UTC')), value('undefined', () => undefined)), fc.oneof(oneOf(value("of('Etc/GMT+1')", () => TimeZone.of('Etc/GMT+1'))), junk()), nullish),
    newLineDelimiter: leaf('newLineDelimiter', oneOf(value('true', () => true), value('false', () => false)), junk('true'), nullish),
    ...kind === 'converted' ? { conversion } : { compression: compression('compression') },
    ...keyed ? { partitioning: kind === 'partitioned' ? partitioning : kind === 'partitioned by both' ? partitioningByBoth : partitioningByTransform } : {},
  }, keyed ? ['partitioning', ...byFunction ? ['transform'] : []] : kind === 'converted' ? ['conversion'] : []);
}
