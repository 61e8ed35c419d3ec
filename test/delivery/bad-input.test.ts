import { CfnParameter, Duration, Lazy, RemovalPolicy, Size, Stack, TimeZone } from 'aws-cdk-lib';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import { LifecycleRule, StorageClass } from 'aws-cdk-lib/aws-s3';
import { deliver, handler, newStack, refused, reporter } from './support';
import {
  DeliveryBucket, DeliveryLogging, DynamicPartitioning, KinesisSource, RecordConversion, RecordTransform, SourceBackup, SourceBackupOptions,
  SourceCapacity,
} from '../../src/delivery';
import { ReportedProblem } from '../support/problems';
import { S3StreamProps, s3Stream } from '../support/s3-stream';

const schema = { databaseName: 'web', tableName: 'clicks' };
const conversion = RecordConversion.toParquet({ schema });
const partitioning = DynamicPartitioning.fromQuery({ customer: '.customer_id' });
const token = Lazy.number({ produce: () => 1 });
const TIME = '!{timestamp:yyyy}/';
const ERROR_TYPE = '!{firehose:error-output-type}/';

const rules = (...lifecycleRules: LifecycleRule[]): S3StreamProps => ({ bucket: DeliveryBucket.create({ lifecycleRules }) });
const retention = (value: Duration): S3StreamProps => ({ source: KinesisSource.create({ retention: value }) });
const shards = (count: number): S3StreamProps => ({ source: KinesisSource.create({ capacity: SourceCapacity.provisioned(count) }) });
const kept = (options: SourceBackupOptions): S3StreamProps => ({ backup: SourceBackup.allRecords(options) });
const retryDuration = (value: Duration): S3StreamProps => ({ partitioning: DynamicPartitioning.fromQuery({ a: '.a' }, { retryDuration: value }) });
const queries = (map: Record<string, string>): S3StreamProps => ({ partitioning: DynamicPartitioning.fromQuery(map) });
const keys = (...names: string[]) => ({ partitioning: DynamicPartitioning.fromTransform(names), transform: { handler: handler(newStack()) } });

/** Props, and what is said of them. */
type Case = [string, S3StreamProps, Partial<ReportedProblem>];

const BUCKETS: Case[] = [
  ['a rule that does nothing', rules({}), { prop: 'destination.bucket.lifecycleRules[0]', got: 'a rule that does nothing' }],
  ['a marker beside an expiration', rules({ expiredObjectDeleteMarker: true, expiration: Duration.days(1) }), { prop: 'destination.bucket.lifecycleRules[0]' }],
  ['a marker beside a date', rules({ expiredObjectDeleteMarker: true, expirationDate: new Date('2030-01-01T00:00:00Z') }), { prop: 'destination.bucket.lifecycleRules[0]' }],
  ['a marker beside tags', rules({ expiredObjectDeleteMarker: true, tagFilters: { kind: 'a' } }), { prop: 'destination.bucket.lifecycleRules[0]' }],
  ['a transition without a time', rules({ transitions: [{ storageClass: StorageClass.GLACIER }] }), { prop: 'destination.bucket.lifecycleRules[0].transitions' }],
  ['a transition with two times', rules({ transitions: [{ storageClass: StorageClass.GLACIER, transitionAfter: Duration.days(1), transitionDate: new Date(0) }] }), {
    prop: 'destination.bucket.lifecycleRules[0].transitions',
  }],
  ['a snapshot of a bucket', { bucket: DeliveryBucket.create({ removalPolicy: RemovalPolicy.SNAPSHOT }) }, { prop: 'destination.bucket.removalPolicy' }],
];

const REASONS: Case[] = [
  ['a blank reason against a backup', { backup: SourceBackup.none(' ') }, { prop: 'destination.backup.reason', got: "' '" }],
  ['an empty reason against logging', { logging: DeliveryLogging.none('') }, { prop: 'logging.reason', got: "''" }],
  ['a snapshot of a log group', { logging: DeliveryLogging.create({ removalPolicy: RemovalPolicy.SNAPSHOT }) }, { prop: 'logging.removalPolicy' }],
];

const STREAM = { prop: 'source.retention', allowed: '1 day to 365 days (inclusive), in whole hours' };
const STREAMS: Case[] = [
  ['23 hours', retention(Duration.hours(23)), { ...STREAM, got: '23 hours' }],
  ['366 days', retention(Duration.days(366)), { ...STREAM, got: '366 days' }],
  ['half an hour', retention(Duration.minutes(1470)), { ...STREAM, got: '1 day 30 minutes' }],
  ['a retention as a token in days', retention(Duration.days(token)), { prop: 'source.retention', allowed: 'a token created with Duration.hours()' }],
  ['no shards', shards(0), { prop: 'source.capacity', got: '0', allowed: 'at least 1, in whole numbers' }],
  ['half a shard', shards(1.5), { prop: 'source.capacity', got: '1.5', allowed: 'at least 1, in whole numbers' }],
  ['no number of shards', shards(NaN), { prop: 'source.capacity', got: 'NaN' }],
  ['a snapshot of a stream', { source: KinesisSource.create({ removalPolicy: RemovalPolicy.SNAPSHOT }) }, { prop: 'source.removalPolicy' }],
];

const INTERVAL = { prop: 'destination.buffering.interval', allowed: '0 seconds to 15 minutes (inclusive), in whole seconds' };
const SIZE = { prop: 'destination.buffering.size', allowed: '1 MiB to 128 MiB (inclusive), in whole MiB' };
const LARGE_SIZE = { ...SIZE, allowed: '64 MiB to 128 MiB (inclusive), in whole MiB' };
const BACKUP_INTERVAL = { prop: 'destination.backup.buffering.interval', allowed: '1 minute to 15 minutes (inclusive), in whole seconds' };
const BUFFERS: Case[] = [
  ['901 seconds', { buffering: { interval: Duration.seconds(901) } }, { ...INTERVAL, got: '15 minutes 1 second' }],
  ['half a second', { buffering: { interval: Duration.millis(500) } }, { ...INTERVAL, got: '500 milliseconds' }],
  ['0 MiB', { buffering: { size: Size.mebibytes(0) } }, SIZE],
  ['129 MiB', { buffering: { size: Size.mebibytes(129) } }, { ...SIZE, got: '129 MiB' }],
  ['1.5 MiB', { buffering: { size: Size.kibibytes(1536) } }, { ...SIZE, got: '1536 KiB' }],
  ['a size as a token in KiB', { buffering: { size: Size.kibibytes(token) } }, { prop: 'destination.buffering.size', allowed: 'a token created with Size.mebibytes()' }],
  ['an interval as a token in minutes', { buffering: { interval: Duration.minutes(token) } }, { prop: 'destination.buffering.interval', allowed: 'a token created with Duration.seconds()' }],
  ['an unbuffered backup', kept({ buffering: { interval: Duration.seconds(0) } }), { ...BACKUP_INTERVAL, got: '0 seconds' }],
  ['a backup after 59 seconds', kept({ buffering: { interval: Duration.seconds(59) } }), { ...BACKUP_INTERVAL, got: '59 seconds' }],
  ['a backup after 901 seconds', kept({ buffering: { interval: Duration.seconds(901) } }), BACKUP_INTERVAL],
  ['a backup of 129 MiB', kept({ buffering: { size: Size.mebibytes(129) } }), { ...SIZE, prop: 'destination.backup.buffering.size' }],
  ['partitioning after 59 seconds', { partitioning, buffering: { interval: Duration.seconds(59) } }, { ...BACKUP_INTERVAL, prop: 'destination.buffering.interval', got: '59 seconds' }],
  ['partitioning with 63 MiB', { partitioning, buffering: { size: Size.mebibytes(63) } }, { ...LARGE_SIZE, got: '63 MiB' }],
  ['conversion with 63 MiB', { conversion, buffering: { size: Size.mebibytes(63) } }, { ...LARGE_SIZE, got: '63 MiB' }],
  ['retries of 7,201 seconds', retryDuration(Duration.seconds(7201)), { prop: 'destination.partitioning.retryDuration', got: '2 hours 1 second', allowed: '0 seconds to 2 hours (inclusive), in whole seconds' }],
];

const ZONE = (name: string): Case => [`the time zone ${name}`, { timeZone: TimeZone.of(name) }, { prop: 'destination.timeZone', got: `'${name}'` }];
const FORMATS: Case[] = [
  ['compression beside conversion', { conversion, compression: firehose.Compression.GZIP }, { prop: 'destination.compression', got: "'GZIP'" }],
  ['an extension without a period', { fileExtension: 'json' }, { prop: 'destination.fileExtension', got: "'json'" }],
  ['an extension in capitals', { fileExtension: '.JSON' }, { prop: 'destination.fileExtension' }],
  ['an empty extension', { fileExtension: '' }, { prop: 'destination.fileExtension', got: "''" }],
  ['an extension of 129 characters', { fileExtension: '.'.padEnd(129, 'a') }, { prop: 'destination.fileExtension' }],
  ...['Etc/GMT+1', 'EST', 'Etc/UTC', 'Etc/GMT', 'Factory', `A/${'b'.repeat(49)}`].map(ZONE),
  ['no database', { conversion: RecordConversion.toParquet({ schema: { ...schema, databaseName: '' } }) }, { prop: 'destination.conversion.schema.databaseName', got: "''" }],
  ['a blank table', { conversion: RecordConversion.toOrc({ schema: { ...schema, tableName: ' ' } }) }, { prop: 'destination.conversion.schema.tableName', got: "' '" }],
  ...(['catalogId', 'region', 'versionId'] as const).map((prop): Case => [
    `an empty ${prop}`, { conversion: RecordConversion.toParquet({ schema: { ...schema, [prop]: '' } }) }, { prop: `destination.conversion.schema.${prop}`, got: "''" },
  ]),
];

const PREFIXES: Case[] = [
  ['an unknown namespace', { prefix: '!{date:yyyy}/' }, { prop: 'destination.prefix', got: "'!{date:yyyy}'" }],
  ['an expression without a value', { prefix: '!{timestamp:}/' }, { prop: 'destination.prefix', got: "'!{timestamp:}'" }],
  ['an expression without an end', { prefix: 'a/!{timestamp:yyyy' }, { prop: 'destination.prefix', got: "'!{timestamp:yyyy'" }],
  ...[...'bCfiIjJloPrRtTU#'].map((letter): Case => [
    `the letter ${letter} in a timestamp`, { prefix: `!{timestamp:yyyy-${letter}}/` }, { prop: 'destination.prefix', got: `!{timestamp:yyyy-${letter}}` },
  ]),
  ['a quote without an end', { prefix: '!{timestamp:\'yyyy}/' }, { prop: 'destination.prefix', got: '!{timestamp:\'yyyy}' }],
  ['an unknown value of firehose', { prefix: '!{firehose:uuid}/' }, { prop: 'destination.prefix', got: '!{firehose:uuid}', allowed: '!{firehose:error-output-type} or !{firehose:random-string}' }],
  ['the error type in the prefix', { prefix: ERROR_TYPE }, { prop: 'destination.prefix', got: `'${ERROR_TYPE}'` }],
  ['an empty error prefix beside expressions', { prefix: TIME, errorOutputPrefix: '' }, { prop: 'destination.errorOutputPrefix', got: "''" }],
  ['an empty error prefix beside the default prefix', { errorOutputPrefix: '' }, { prop: 'destination.errorOutputPrefix', got: "''" }],
  ['expressions in the error prefix without the error type', { errorOutputPrefix: TIME }, { prop: 'destination.errorOutputPrefix', got: `'${TIME}'` }],
  ['a partition key in the error prefix', { partitioning, errorOutputPrefix: `${ERROR_TYPE}!{partitionKeyFromQuery:customer}/` }, { prop: 'destination.errorOutputPrefix', allowed: 'the namespaces firehose and timestamp' }],
  ['a partition key without partitioning', { prefix: '!{partitionKeyFromQuery:customer}/' }, { prop: 'destination.prefix', allowed: 'the namespaces firehose and timestamp' }],
  ['a partition key in the backup', { ...kept({ prefix: '!{partitionKeyFromLambda:a}/' }), partitioning }, { prop: 'destination.backup.prefix', allowed: 'the namespaces firehose and timestamp' }],
  ['the error type in the backup', kept({ prefix: ERROR_TYPE }), { prop: 'destination.backup.prefix' }],
  ['an empty error prefix of the backup', kept({ errorOutputPrefix: '' }), { prop: 'destination.backup.errorOutputPrefix', got: "''" }],
  ['1,025 characters', { prefix: `aa!{timestamp:${'y'.repeat(1010)}}` }, { prop: 'destination.prefix', got: '1025 characters', allowed: 'at most 1024 characters' }],
  ['513 characters when evaluated', { prefix: 'a'.repeat(513) }, { prop: 'destination.prefix', got: 'at least 513 characters when evaluated', allowed: 'at most 512 characters when evaluated' }],
  ['513 characters with an expression', { prefix: `${'a'.repeat(512)}!{timestamp:yyyy}` }, { prop: 'destination.prefix', got: 'at least 513 characters when evaluated' }],
];

const QUERIES = { prop: 'destination.partitioning.queries' };
const PARTITIONS: Case[] = [
  ['an unused key', { partitioning, prefix: TIME }, { prop: 'destination.prefix', allowed: 'a prefix that uses every partition key' }],
  ['an empty prefix with partitioning', { partitioning, prefix: '' }, { prop: 'destination.prefix', got: "''", allowed: 'a prefix that uses every partition key' }],
  ['an undeclared key', { partitioning, prefix: '!{partitionKeyFromQuery:customer}/!{partitionKeyFromQuery:country}/' }, {
    prop: 'destination.prefix', got: '!{partitionKeyFromQuery:country}', allowed: 'the keys that partitioning declares: customer',
  }],
  ['a key of the other namespace', { partitioning, prefix: '!{partitionKeyFromQuery:customer}/!{partitionKeyFromLambda:customer}/' }, { prop: 'destination.prefix', got: '!{partitionKeyFromLambda:customer}' }],
  ['no query', queries({}), { ...QUERIES, got: '0 keys', allowed: '1 to 50 keys (inclusive)' }],
  ['51 queries', queries(Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`k${i}`, '.a']))), { ...QUERIES, got: '51 keys', allowed: '1 to 50 keys (inclusive)' }],
  ['queries of more than 5,120 characters', queries({ a: '.'.repeat(5113) }), { ...QUERIES, got: '5121 characters in all', allowed: 'at most 5120 characters in all' }],
  ['an empty query', queries({ a: '' }), { prop: 'destination.partitioning.queries.a', got: "''" }],
  ['a key with braces', queries({ '{a}': '.a' }), { ...QUERIES, got: "'{a}'" }],
  ['no key of a function', keys(), { prop: 'destination.partitioning.keys', got: 'an empty list', allowed: 'at least 1 item' }],
  ['an empty key of a function', keys(''), { prop: 'destination.partitioning.keys', got: "''" }],
  ['keys of a function without a function', { partitioning: DynamicPartitioning.fromTransform(['a']) }, { prop: 'destination.partitioning.keys', got: 'keys of a transform function without transform' }],
];

test.each([...BUCKETS, ...REASONS, ...STREAMS, ...BUFFERS, ...FORMATS, ...PREFIXES, ...PARTITIONS])('%s is refused', (_, props, expected) => {
  expect(refused(props)).toContainEqual(expect.objectContaining(expected));
});

test('an error names the construct and its path', () => {
  expect(reporter(() => s3Stream(newStack(), 'Clicks', { fileExtension: '' }))).toEqual({ construct: 'FirehoseStream', path: 'Stack/Clicks' });
});

const TRANSFORM_SIZE = { prop: 'destination.transform.buffering.size', allowed: '0.2 MiB to 3 MiB (inclusive)' };

test.each<[string, Partial<RecordTransform>, Partial<ReportedProblem>]>([
  ['a negative number of retries', { retries: -1 }, { prop: 'destination.transform.retries', got: '-1', allowed: 'at least 0, in whole numbers' }],
  ['half a retry', { retries: 0.5 }, { prop: 'destination.transform.retries', got: '0.5' }],
  ['no number of retries', { retries: NaN }, { prop: 'destination.transform.retries', got: 'NaN' }],
  ['901 seconds', { buffering: { interval: Duration.seconds(901) } }, { ...INTERVAL, prop: 'destination.transform.buffering.interval', got: '15 minutes 1 second' }],
  ['0.1 MiB', { buffering: { size: Size.mebibytes(0.1) } }, { ...TRANSFORM_SIZE, got: '0.1 MiB' }],
  ['a byte less than 0.2 MiB', { buffering: { size: Size.bytes(209_715) } }, TRANSFORM_SIZE],
  ['a byte more than 3 MiB', { buffering: { size: Size.bytes(3_145_729) } }, TRANSFORM_SIZE],
  ['4 MiB', { buffering: { size: Size.mebibytes(4) } }, { ...TRANSFORM_SIZE, got: '4 MiB' }],
  ['a size as a token in KiB', { buffering: { size: Size.kibibytes(token) } }, { prop: 'destination.transform.buffering.size', allowed: 'a token created with Size.mebibytes()' }],
])('a transform with %s is refused', (_, transform, expected) => {
  const stack = newStack();
  expect(refused({ transform: { handler: handler(stack), ...transform } }, stack)).toEqual([expect.objectContaining(expected)]);
});

test('a stream of another Region is refused', () => {
  const stack = newStack({ env: { region: 'eu-west-1', account: '111111111111' } });
  const stream = kinesis.Stream.fromStreamArn(stack, 'Imported', 'arn:aws:kinesis:us-east-1:111111111111:stream/clicks');
  expect(refused({ source: KinesisSource.existing(stream) }, stack)).toEqual([expect.objectContaining({
    prop: 'source.stream', got: 'a stream in Region us-east-1', allowed: expect.stringContaining('Region eu-west-1'),
  })]);
});

test('a stream imported by the ARN of something else is refused', () => {
  const stack = newStack();
  const stream = kinesis.Stream.fromStreamArn(stack, 'Imported', 'arn:aws:sqs:eu-west-1:111111111111:clicks');
  expect(refused({ source: KinesisSource.existing(stream) }, stack)).toEqual([expect.objectContaining({ prop: 'source.stream', got: 'an ARN of sqs' })]);
});

test('tokens in the names of partition keys are not shown', () => {
  const name = new CfnParameter(newStack(), 'Key').valueAsString;
  const problems = refused({ partitioning: DynamicPartitioning.fromQuery({ [name]: '.a', b: '.b' }), prefix: '!{partitionKeyFromQuery:c}/' });
  expect(problems[0].got).toBe('!{partitionKeyFromQuery:c}');
  expect(JSON.stringify(problems)).not.toContain('Token[');
});

test('all problems are in one error', () => {
  const props = { fileExtension: 'json', prefix: '!{date:yyyy}/', buffering: { interval: Duration.seconds(901), size: Size.mebibytes(0) } };
  expect(refused(props).map(({ prop }) => prop).sort()).toEqual(['buffering.interval', 'buffering.size', 'fileExtension', 'prefix'].map(prop => `destination.${prop}`));
});

describe('what is allowed', () => {
  test.each([
    ['0 seconds', { interval: Duration.seconds(0) }, { IntervalInSeconds: 0, SizeInMBs: 5 }],
    ['900 seconds', { interval: Duration.seconds(900) }, { IntervalInSeconds: 900, SizeInMBs: 5 }],
    ['1 MiB', { size: Size.mebibytes(1) }, { IntervalInSeconds: 300, SizeInMBs: 1 }],
    ['128 MiB', { size: Size.mebibytes(128) }, { IntervalInSeconds: 300, SizeInMBs: 128 }],
    ['1024 KiB', { size: Size.kibibytes(1024) }, { IntervalInSeconds: 300, SizeInMBs: 1 }],
  ])('a buffer of %s', (_, buffering, hints) => expect(deliver({ buffering }).s3.BufferingHints).toEqual(hints));

  test('the smallest buffer of partitioning', () => {
    expect(deliver({ partitioning, buffering: { interval: Duration.seconds(60), size: Size.mebibytes(64) } }).s3.BufferingHints)
      .toEqual({ IntervalInSeconds: 60, SizeInMBs: 64 });
  });

  test('an immediate conversion of 64 MiB', () => {
    expect(deliver({ conversion, buffering: { interval: Duration.seconds(0), size: Size.mebibytes(64) } }).s3.BufferingHints)
      .toEqual({ IntervalInSeconds: 0, SizeInMBs: 64 });
  });

  test('the smallest buffer of the backup', () => {
    const backup = SourceBackup.allRecords({ buffering: { interval: Duration.seconds(60), size: Size.mebibytes(1) } });
    expect(deliver({ backup }).s3.S3BackupConfiguration.BufferingHints).toEqual({ IntervalInSeconds: 60, SizeInMBs: 1 });
  });

  test.each([[24], [8760]])('a retention of %d hours', hours => {
    deliver({ source: KinesisSource.create({ retention: Duration.hours(hours) }) }).template.hasResourceProperties('AWS::Kinesis::Stream', { RetentionPeriodHours: hours });
  });

  test.each([[0], [7200]])('retries for %d seconds', seconds => {
    const { s3 } = deliver({ partitioning: DynamicPartitioning.fromQuery({ a: '.a' }, { retryDuration: Duration.seconds(seconds) }) });
    expect(s3.DynamicPartitioningConfiguration).toEqual({ Enabled: true, RetryOptions: { DurationInSeconds: seconds } });
  });

  test('queries of 5,120 characters, and 50 of them', () => {
    expect(deliver(queries({ a: '.'.repeat(5112) })).s3.ProcessingConfiguration.Processors[0].Parameters[0].ParameterValue).toHaveLength(5120);
    // A prefix with as many would be too long.
    const stack = newStack();
    const prefix = new CfnParameter(stack, 'Prefix').valueAsString;
    const fifty = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`k${i}`, '.a']));
    expect(deliver({ ...queries(fifty), prefix }, stack).s3.Prefix).toEqual({ Ref: 'Prefix' });
  });

  test('an empty prefix and an empty error prefix without expressions', () => {
    const { s3 } = deliver({ prefix: '', errorOutputPrefix: '' });
    expect(s3).toMatchObject({ Prefix: '', ErrorOutputPrefix: '' });
  });

  test('512 characters when evaluated', () => {
    const prefix = `${'a'.repeat(511)}!{firehose:random-string}`;
    expect(deliver({ prefix }).s3.Prefix).toBe(prefix);
  });

  test.each([['.a'], ['.json.gz'], ['.'.padEnd(128, 'a')]])('the extension %s', fileExtension => {
    expect(deliver({ fileExtension }).s3.FileExtension).toBe(fileExtension);
  });

  test.each([[TimeZone.EUROPE_LONDON, 'Europe/London'], [TimeZone.of('UTC'), 'UTC'], [TimeZone.of(`A/${'b'.repeat(48)}`), `A/${'b'.repeat(48)}`]])('the time zone %#', (timeZone, name) => {
    expect(deliver({ timeZone }).s3.CustomTimeZone).toBe(name);
  });

  test('UNCOMPRESSED beside conversion', () => {
    expect(deliver({ conversion, compression: firehose.Compression.UNCOMPRESSED }).s3.CompressionFormat).toBeUndefined();
  });
});

describe('values only known at deployment', () => {
  const parameter = (stack: Stack, id: string, type = 'Number') => new CfnParameter(stack, id, { type });

  test('pass through every check', () => {
    const stack = newStack();
    const number = (id: string) => parameter(stack, id).valueAsNumber;
    const text = (id: string) => parameter(stack, id, 'String').valueAsString;
    const { s3, template } = deliver({
      source: KinesisSource.create({ retention: Duration.hours(number('Retention')), capacity: SourceCapacity.provisioned(number('Shards')) }),
      buffering: { interval: Duration.seconds(number('Interval')), size: Size.mebibytes(number('Size')) },
      prefix: text('Prefix'),
      errorOutputPrefix: `${text('Errors')}/`,
      fileExtension: text('Extension'),
      timeZone: TimeZone.of(text('Zone')),
      transform: {
        handler: handler(stack),
        retries: number('Retries'),
        buffering: { interval: Duration.seconds(number('TransformInterval')), size: Size.mebibytes(number('TransformSize')) },
      },
      conversion: RecordConversion.toParquet({ schema: { databaseName: text('Database'), tableName: text('Table') } }),
    }, stack);
    expect(s3).toMatchObject({
      BufferingHints: { IntervalInSeconds: { Ref: 'Interval' }, SizeInMBs: { Ref: 'Size' } },
      Prefix: { Ref: 'Prefix' },
      ErrorOutputPrefix: { 'Fn::Join': ['', [{ Ref: 'Errors' }, '/']] },
      FileExtension: { Ref: 'Extension' },
      CustomTimeZone: { Ref: 'Zone' },
    });
    expect(s3.ProcessingConfiguration.Processors[0].Parameters).toEqual(expect.arrayContaining([
      { ParameterName: 'NumberOfRetries', ParameterValue: { Ref: 'Retries' } },
      { ParameterName: 'BufferSizeInMBs', ParameterValue: { Ref: 'TransformSize' } },
      { ParameterName: 'BufferIntervalInSeconds', ParameterValue: { Ref: 'TransformInterval' } },
    ]));
    template.hasResourceProperties('AWS::Kinesis::Stream', { RetentionPeriodHours: { Ref: 'Retention' }, ShardCount: { Ref: 'Shards' } });
  });

  test('a prefix that is a token goes with partitioning', () => {
    const stack = newStack();
    const prefix = parameter(stack, 'Prefix', 'String').valueAsString;
    expect(deliver({ prefix, partitioning }, stack).s3.Prefix).toEqual({ Ref: 'Prefix' });
  });

  test('the literal parts of a prefix are checked', () => {
    const stack = newStack();
    const prefix = `${parameter(stack, 'Prefix', 'String').valueAsString}/!{date:yyyy}/`;
    expect(refused({ prefix }, stack)).toEqual([expect.objectContaining({ prop: 'destination.prefix', got: "'!{date:yyyy}'" })]);
  });

  test('a token within an expression is a value', () => {
    const stack = newStack();
    const prefix = `data/!{timestamp:${parameter(stack, 'Pattern', 'String').valueAsString}}/`;
    expect(deliver({ prefix }, stack).s3.Prefix).toEqual({ 'Fn::Join': ['', ['data/!{timestamp:', { Ref: 'Pattern' }, '}/']] });
  });
});

test.each<[string, S3StreamProps, string]>([
  ['the source', retention(Duration.hours(1)), 'source.retention'],
  ['the destination', rules({}), 'destination.bucket.lifecycleRules[0]'],
  ['the backup', kept({ bucket: DeliveryBucket.create({ lifecycleRules: [{}] }) }), 'destination.backup.bucket.lifecycleRules[0]'],
  ['the logging', { logging: DeliveryLogging.none('') }, 'logging.reason'],
])('what is wrong with %s is said beside what is wrong with the rest', (_, props, prop) => {
  expect(refused({ ...props, buffering: { interval: Duration.seconds(901) } }).map(one => one.prop).sort()).toEqual([prop, 'destination.buffering.interval'].sort());
});
