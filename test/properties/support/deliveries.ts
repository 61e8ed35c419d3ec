import { Duration, TimeZone } from 'aws-cdk-lib';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as fc from 'fast-check';
import { asymmetricKey, functionOf, keys } from './existing';
import { reasons, removalPolicies } from './queues';
import { Field, Value, allowedBy, args, bounded, either, leaf, map, nothing, oneOf, refusedBy, struct, textTokens, value } from './values';
import { ACCOUNT, OTHER_ACCOUNT } from './world';
import { Encryption } from '../../../src/access';
import {
  DeliveryBucket, DeliveryLogging, DynamicPartitioning, KinesisSource, RecordConversion, ServerAccessLogs, SourceBackup, SourceCapacity,
} from '../../../src/delivery';
import * as bounds from '../../../src/delivery/private/delivery-bounds';

const texts = (...all: string[]) => oneOf(...all.map(text => value(`'${text.length > 60 ? `${text.length} characters` : text}'`, () => text)));

const encryption = (prop: string): Field => either(
  leaf(prop, oneOf(value('serviceManaged()', () => Encryption.serviceManaged()), value('customerManaged()', () => Encryption.customerManaged()), value('undefined', () => undefined))),
  map(leaf(`${prop}.key`, oneOf(...keys.slice(0, 4)), oneOf(asymmetricKey)), 'Encryption.customerManaged', key => Encryption.customerManaged(key)),
);

const streams: Value[] = [
  value('a stream', world => world.make('base', (scope, id) => new kinesis.Stream(scope, id))),
  value('a stream with a key', world => world.make('base', (scope, id) => new kinesis.Stream(scope, id, { encryption: kinesis.StreamEncryption.KMS, encryptionKey: world.once('key', 'base', (inner, name) => new kms.Key(inner, name)) }))),
  value('a stream by its ARN', world => world.make('current', (scope, id) => kinesis.Stream.fromStreamArn(scope, id, world.current.formatArn({ service: 'kinesis', resource: 'stream', resourceName: 'theirs' })))),
];

const { shardCount } = bounds.CAPACITY;

const source: Field = either(
  map(struct({
    capacity: either(
      leaf('source.capacity', oneOf(value('onDemand()', () => SourceCapacity.onDemand()))),
      map(leaf('source.capacity', allowedBy(shardCount, { max: 200, token: 2 }).filter(one => one.text !== 'undefined'), refusedBy(shardCount)), 'provisioned',
        shards => SourceCapacity.provisioned(shards)),
    ),
    retention: bounded('source.retention', bounds.DATA_STREAM.retention),
    encryption: encryption('source.encryption'),
    removalPolicy: removalPolicies('source.removalPolicy'),
  }), 'KinesisSource.create', given => KinesisSource.create(given)),
  leaf('source', nothing),
  map(leaf('source.stream', oneOf(...streams), undefined, oneOf(
    value('a stream of another Region', world => world.make('current', (scope, id) => kinesis.Stream.fromStreamArn(scope, id, `arn:aws:kinesis:eu-north-1:${ACCOUNT}:stream/theirs`))))), 'KinesisSource.existing', stream => KinesisSource.existing(stream)),
);

/** @param name of those that are imported: in one bucket, data and backup cannot have the same prefix */
const buckets = (name: string): Value[] => [
  value('a bucket', world => world.make('base', (scope, id) => new s3.Bucket(scope, id, { enforceSSL: true }))),
  value('a bucket with a key', world => world.make('base', (scope, id) => new s3.Bucket(scope, id, { encryption: s3.BucketEncryption.KMS }))),
  value('a bucket by its name', world => world.make('current', (scope, id) => s3.Bucket.fromBucketName(scope, id, name))),
  value('a bucket of another account', world => world.make('current', (scope, id) => s3.Bucket.fromBucketAttributes(scope, id, { bucketName: name, account: OTHER_ACCOUNT, region: world.current.region }))),
];

const days = (amount: number): s3.LifecycleRule => ({ expiration: Duration.days(amount) });

const bucket = (prop: string): Field => either(
  map(struct({
    encryption: encryption(`${prop}.encryption`),
    lifecycleRules: leaf(`${prop}.lifecycleRules`, oneOf(value('[]', () => []), value('[30 days]', () => [days(30)])), oneOf(
      value('[{}]', () => [{}]), value('[0 days]', () => [days(0)]), value('[36 hours]', () => [{ expiration: Duration.hours(36) }]),
    )),
    serverAccessLogs: either(
      leaf(`${prop}.serverAccessLogs`, nothing),
      map(args(
        leaf(`${prop}.serverAccessLogs.bucket`, oneOf(value('a bucket for logs', world => world.once('logs', 'base', (scope, id) => new s3.Bucket(scope, id))), buckets('theirs')[2]),
          oneOf(buckets('theirs')[1])),
        leaf(`${prop}.serverAccessLogs.prefix`, fc.oneof(texts('accesses/', ''), oneOf(value('Lazy', world => world.lazyText('accesses/'))), nothing), texts(' '), textTokens('accesses/')),
      ), 'ServerAccessLogs.to', ([to, prefix]) => ServerAccessLogs.to(to, prefix)),
    ),
    removalPolicy: removalPolicies(`${prop}.removalPolicy`),
  }), 'DeliveryBucket.create', given => DeliveryBucket.create(given)),
  leaf(prop, nothing),
  map(args(
    leaf(`${prop}.bucket`, oneOf(...buckets(prop === 'destination.bucket' ? 'theirs' : 'theirs-kept'))),
    leaf(`${prop}.encryptionKey`, fc.oneof(oneOf(...keys.slice(0, 4)), nothing), oneOf(keys[4])),
  ), 'DeliveryBucket.existing', ([given, key]) => DeliveryBucket.existing(given, key)),
);

type BufferingBounds = typeof bounds.BUFFERING | typeof bounds.TRANSFORM_BUFFERING;
const buffering = (prop: string, { interval, size }: BufferingBounds): Field => either(
  struct({ interval: bounded(`${prop}.interval`, interval), size: bounded(`${prop}.size`, size) }),
  leaf(prop, nothing),
);

const TYPE = '!{firehose:error-output-type}';

/** Where the keys come from that records are partitioned by. */
type KeyedBy = 'Query' | 'Lambda' | undefined;

/** @param by that of the records that are partitioned, whose prefix has to have the keys */
const prefixes = (prop: string, by: KeyedBy): Field => leaf(prop,
  fc.oneof(by ? texts(`by/!{partitionKeyFrom${by}:customer}/`, `!{partitionKeyFrom${by}:customer}-!{timestamp:yyyy}/`) : texts('', 'data/', '!{timestamp:yyyy-MM-dd}/', 'x/!{firehose:random-string}/', 'x'.repeat(512)), textTokens(by ? `by/!{partitionKeyFrom${by}:customer}/` : 'data/'), nothing),
  fc.oneof(texts(`${TYPE}/`, '!{nothing:x}/', '!{timestamp:yyyy', '!{firehose:other}/', '!{timestamp:}/', 'x'.repeat(513), `${'!{timestamp:yyyy}'.repeat(65)}`, '!{partitionKeyFromLambda:other}/', ...by ? ['data/'] : ['!{partitionKeyFromQuery:customer}/'])));

const errorPrefixes = (prop: string): Field => leaf(prop, fc.oneof(texts(`errors/${TYPE}/`, 'errors/', `${TYPE}/!{timestamp:yyyy}/`), textTokens(`errors/${TYPE}/`), nothing),
  fc.oneof(texts('!{timestamp:yyyy}/', `${TYPE}/!{partitionKeyFromQuery:customer}/`, '!{firehose:oops}/', 'x'.repeat(1025))), texts(''));

const compression = (prop: string): Field => leaf(prop, oneOf(...(['GZIP', 'SNAPPY', 'ZIP', 'UNCOMPRESSED', 'HADOOP_SNAPPY'] as const).map(name => value(name, () => firehose.Compression[name])), value('undefined', () => undefined)));

const backup: Field = either(
  map(struct({ bucket: bucket('destination.backup.bucket'), prefix: prefixes('destination.backup.prefix', undefined), errorOutputPrefix: errorPrefixes('destination.backup.errorOutputPrefix'), buffering: buffering('destination.backup.buffering', bounds.BACKUP_BUFFERING), compression: compression('destination.backup.compression') }),
    'SourceBackup.allRecords', given => SourceBackup.allRecords(given)),
  leaf('destination.backup', nothing),
  map(reasons('destination.backup.reason'), 'SourceBackup.none', reason => SourceBackup.none(reason)),
);

const logging: Field = either(
  map(struct({
    retention: leaf('logging.retention', oneOf(value('ONE_DAY', () => logs.RetentionDays.ONE_DAY), value('INFINITE', () => logs.RetentionDays.INFINITE), value('undefined', () => undefined))),
    encryption: encryption('logging.encryption'),
    removalPolicy: removalPolicies('logging.removalPolicy'),
  }), 'DeliveryLogging.create', given => DeliveryLogging.create(given)),
  leaf('logging', nothing),
  map(leaf('logging.logGroup', oneOf(value('a log group', world => world.make('base', (scope, id) => new logs.LogGroup(scope, id))), value('a log group by name', world => world.make('current', (scope, id) => logs.LogGroup.fromLogGroupName(scope, id, 'theirs'))))), 'DeliveryLogging.existing', group => DeliveryLogging.existing(group)),
  map(reasons('logging.reason'), 'DeliveryLogging.none', reason => DeliveryLogging.none(reason)),
);

const transformGiven: Field = struct({
  handler: leaf('destination.transform.handler', oneOf(
    value('a function', world => world.make('base', (scope, id) => functionOf(scope, id, Duration.minutes(1)))),
    value('a version', world => world.make('base', (scope, id) => functionOf(scope, id)).currentVersion),
    value('a function by its ARN', world => world.make('current', (scope, id) => lambda.Function.fromFunctionArn(scope, id, world.current.formatArn({ service: 'lambda', resource: 'function:theirs' })))),
  )),
  retries: bounded('destination.transform.retries', bounds.TRANSFORM.retries, { max: 5, token: 3 }),
  buffering: struct({
    interval: bounded('destination.transform.buffering.interval', bounds.TRANSFORM_BUFFERING.interval),
    size: bounded('destination.transform.buffering.size', bounds.TRANSFORM_BUFFERING.size),
  }),
}, ['handler']);

const transform: Field = either(transformGiven, leaf('destination.transform', nothing));

const queries = leaf('destination.partitioning.queries', oneOf(value("{ customer: '.id' }", () => ({ customer: '.id' })), value('{ customer: Lazy }', world => ({ customer: world.lazyText('.id') }))), oneOf(
  value("{ customer: '' }", () => ({ customer: '' })), value('6,000 characters', () => ({ customer: '.x'.repeat(3000) })),
), oneOf(
  // The prefix is then wrong as well: it has another key, or too many.
  value('{}', () => ({})), value('{ "{": ".x" }', () => ({ '{': '.x' })), value('{ other: ".x" }', () => ({ other: '.x' })),
  value('51 keys', () => Object.fromEntries([...Array(bounds.MAX_QUERY_KEYS + 1).keys()].map(n => [`k${n}`, '.k']))),
));

const partitionKeys = (key: string) => leaf('destination.partitioning.keys', oneOf(value(`['${key}']`, () => [key])), undefined,
  // The prefix is then wrong as well.
  oneOf(value('[]', () => []), value("['']", () => ['']), value("['{']", () => ['{'])));

const partitioningOptions = struct({
  retryDuration: bounded('destination.partitioning.retryDuration', bounds.PARTITIONING.retryDuration),
  deaggregation: leaf('destination.partitioning.deaggregation', oneOf(value('json()', () => firehose.RecordDeAggregationProcessor.json()), value("delimited('#')", () => firehose.RecordDeAggregationProcessor.delimited('#')))),
});

const partitioning: Field = either(
  map(args(queries, partitioningOptions), 'DynamicPartitioning.fromQuery', ([given, options]) => DynamicPartitioning.fromQuery(given, options)),
  leaf('destination.partitioning', oneOf(value('fromQuery', () => DynamicPartitioning.fromQuery({ customer: '.id' }))), undefined, oneOf(value('fromTransform', () => DynamicPartitioning.fromTransform(['customer'])))),
);

const partitioningByTransform = map(args(partitionKeys('customer'), partitioningOptions), 'DynamicPartitioning.fromTransform',
  ([given, options]) => DynamicPartitioning.fromTransform(given, options));
const partitioningByBoth = map(args(queries, partitionKeys('kind'), partitioningOptions), 'DynamicPartitioning.fromQueryAndTransform',
  ([given, names, options]) => DynamicPartitioning.fromQueryAndTransform(given, names, options));

const conversionOptions = (format: 'ORC' | 'PARQUET') => struct({
  schema: struct({
    databaseName: leaf('destination.conversion.schema.databaseName', fc.oneof(texts('clicks'), textTokens('clicks')), texts('')),
    tableName: leaf('destination.conversion.schema.tableName', texts('clicks'), texts(' ')),
    versionId: leaf('destination.conversion.schema.versionId', fc.oneof(texts('3'), nothing), texts('')),
    region: leaf('destination.conversion.schema.region', fc.oneof(texts('eu-north-1'), nothing), texts(' ')),
    catalogId: leaf('destination.conversion.schema.catalogId', fc.oneof(texts(ACCOUNT), textTokens(ACCOUNT), nothing), texts('')),
    schemaRegistry: leaf('destination.conversion.schema.schemaRegistry', oneOf(value('true', () => true), value('false', () => false))),
  }, ['databaseName', 'tableName']),
  input: leaf('destination.conversion.input', oneOf(value('HIVE_JSON', () => firehose.InputFormat.HIVE_JSON), value('undefined', () => undefined))),
  output: leaf('destination.conversion.output', oneOf(value(format, () => firehose.OutputFormat[format]), value('undefined', () => undefined))),
}, ['schema']);

const conversion: Field = either(
  map(conversionOptions('ORC'), 'RecordConversion.toOrc', given => RecordConversion.toOrc(given)),
  map(conversionOptions('PARQUET'), 'RecordConversion.toParquet', given => RecordConversion.toParquet(given)),
  leaf('destination.conversion', oneOf(value('toParquet', () => RecordConversion.toParquet({ schema: { databaseName: 'clicks', tableName: 'clicks' } })))),
);

export const DELIVERY_KINDS = ['plain', 'partitioned', 'partitioned by a function', 'partitioned by both', 'converted'] as const;

/** @param kind what is done to the records, which decides what goes with what */
export function deliveryProps(kind: typeof DELIVERY_KINDS[number]): Field {
  const keyed = kind.startsWith('partitioned');
  const byFunction = keyed && kind !== 'partitioned';
  return struct({
    source,
    bucket: bucket('destination.bucket'),
    backup,
    logging,
    // With keys of both kinds the prefix would need both; the default has them.
    ...kind === 'partitioned by both' ? {} : { prefix: prefixes('destination.prefix', keyed ? byFunction ? 'Lambda' : 'Query' : undefined) },
    errorOutputPrefix: errorPrefixes('destination.errorOutputPrefix'),
    buffering: buffering('destination.buffering', keyed ? bounds.PARTITIONED_BUFFERING : kind === 'plain' ? bounds.BUFFERING : bounds.CONVERTED_BUFFERING),
    transform: byFunction ? transformGiven : transform,
    fileExtension: leaf('destination.fileExtension', fc.oneof(texts('.gz', '.json.gz', `.${'x'.repeat(127)}`), textTokens('.gz'), nothing), texts('', 'gz', '.', '.GZ', `.${'x'.repeat(128)}`)),
    timeZone: leaf('destination.timeZone', oneOf(value('EUROPE_LONDON', () => TimeZone.EUROPE_LONDON), value('ETC_UTC', () => TimeZone.of('UTC')), value('undefined', () => undefined)), oneOf(value("of('Etc/GMT+1')", () => TimeZone.of('Etc/GMT+1')))),
    newLineDelimiter: leaf('destination.newLineDelimiter', oneOf(value('true', () => true), value('false', () => false))),
    ...kind === 'converted' ? { conversion } : { compression: compression('destination.compression') },
    ...keyed ? { partitioning: kind === 'partitioned' ? partitioning : kind === 'partitioned by both' ? partitioningByBoth : partitioningByTransform } : {},
  }, keyed ? ['partitioning', ...byFunction ? ['transform'] : []] : kind === 'converted' ? ['conversion'] : []);
}
