import { CfnParameter, Duration, Lazy, Size, Stack, TimeZone, Token } from 'aws-cdk-lib';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import { Bucket, StorageClass } from 'aws-cdk-lib/aws-s3';
import { deliver, handler, newStack, problem } from './support';
import {
  DeliveryBucket, DeliveryEncryption, DeliveryLogging, DynamicPartitioning, RecordConversion, ServerAccessLogs, SourceBackup, SourceCapacity,
  StreamSource,
} from '../../src/delivery';

const schema = { databaseName: 'web', tableName: 'clicks' };
const conversion = RecordConversion.toParquet({ schema });
const partitioning = DynamicPartitioning.fromQuery({ customer: '.customer_id' });
const none = undefined as any;
const TIME = '!{timestamp:yyyy}/';

/** Props, and what the message has to say about them. */
const cases: [string, any, string[]][] = [
  // Wrong kinds of value, as JavaScript lets them through.
  ['a source that is none', { source: 'stream' }, ['source: got \'stream\'', 'StreamSource.create()']],
  ['a null source', { source: null }, ['source: got null']],
  ['a destination that is none', { destination: {} }, ['destination:', 'DeliveryBucket.existing()']],
  ['a backup that is none', { backup: false }, ['backup: got false', 'SourceBackup.none()']],
  ['logging that is none', { logging: true }, ['logging: got true']],
  ['conversion that is none', { conversion: 'parquet' }, ['conversion: got \'parquet\'']],
  ['partitioning that is none', { partitioning: {} }, ['partitioning:']],
  ['capacity that is none', { source: StreamSource.create({ capacity: 3 as any }) }, ['source.capacity: got 3']],
  ['stream encryption that is none', { source: StreamSource.create({ encryption: 'KMS' as any }) }, ['source.encryption: got \'KMS\'']],
  ['bucket encryption that is none', { destination: DeliveryBucket.create({ encryption: 'KMS' as any }) }, ['destination.encryption']],
  ['log encryption that is none', { logging: DeliveryLogging.create({ encryption: 'KMS' as any }) }, ['logging.encryption']],
  ['a key that is none', { destination: DeliveryBucket.create({ encryption: DeliveryEncryption.customerManaged('alias/x' as any) }) }, ['destination.encryption.key: got \'alias/x\'']],
  ['no stream', { source: StreamSource.existing(none) }, ['source.stream: got nothing', 'kinesis.IStream']],
  ['no bucket', { destination: DeliveryBucket.existing(none) }, ['destination.bucket: got nothing']],
  ['an ARN as bucket', { backup: SourceBackup.allRecords({ bucket: DeliveryBucket.existing('arn' as any) }) }, ['backup.bucket.bucket: got \'arn\'']],
  ['a backup bucket that is none', { backup: SourceBackup.allRecords({ bucket: 'b' as any }) }, ['backup.bucket: got \'b\'']],
  ['an ARN as key', { destination: DeliveryBucket.existing({ addToResourcePolicy() {}, bucketArn: 'arn', env: {} } as any, { encryptionKey: 'arn' as any }) }, ['destination.encryptionKey: got \'arn\'']],
  ['no log group', { logging: DeliveryLogging.existing(none) }, ['logging.logGroup: got nothing']],
  ['rules that are no list', { destination: DeliveryBucket.create({ lifecycleRules: {} as any }) }, ['destination.lifecycleRules']],
  ['access logs that are none', { destination: DeliveryBucket.create({ serverAccessLogs: 'b' as any }) }, ['destination.serverAccessLogs: got \'b\'']],
  ['access logs without bucket', { destination: DeliveryBucket.create({ serverAccessLogs: ServerAccessLogs.to(none) }) }, ['destination.serverAccessLogs.bucket']],
  ['compression that is none', { compression: 'GZIP' }, ['compression: got \'GZIP\'', 'firehose.Compression']],
  ['null compression of the backup', { backup: SourceBackup.allRecords({ compression: null as any }) }, ['backup.compression: got null']],
  ['an interval that is a number', { buffering: { interval: 60 } }, ['buffering.interval: got 60', 'Duration']],
  ['a size that is a number', { buffering: { size: 5 } }, ['buffering.size: got 5; allowed: 1 to 128 MiB (inclusive), in whole MiB. Give a Size, such as Size.mebibytes(1).']],
  ['a prefix that is a number', { prefix: 3 }, ['prefix: got 3']],
  ['an error prefix that is a number', { errorOutputPrefix: 3 }, ['errorOutputPrefix: got 3']],
  ['a delimiter only known at deployment', { newLineDelimiter: Token.asAny({ Ref: 'Lines' }) }, ['newLineDelimiter: got a value only known at deployment; allowed: true or false, known at synth.']],
  ['a registry only known at deployment', { conversion: RecordConversion.toOrc({ schema: { ...schema, schemaRegistry: Token.asAny({ Ref: 'Registry' }) as any } }) }, ['conversion.schema.schemaRegistry: got a value only known at deployment;']],
  ['a transform without handler', { transform: {} }, ['transform.handler: got nothing']],
  ['a null transform', { transform: null }, ['transform: got null', '{ handler: yourFunction }']],
  ['a text as transform', { transform: 'fn' }, ['transform: got \'fn\'']],
  ['a transform buffer that is a number', { transform: { buffering: { size: 1 } } }, ['transform.buffering.size: got 1']],
  ['an input format that is none', { conversion: RecordConversion.toOrc({ schema, input: 'json' as any }) }, ['conversion.input: got \'json\'']],
  ['an output format that is none', { conversion: RecordConversion.toOrc({ schema, output: 'orc' as any }) }, ['conversion.output: got \'orc\'']],
  ['conversion without options', { conversion: RecordConversion.toParquet(none) }, ['conversion.schema.databaseName: got nothing', 'conversion.schema.tableName: got nothing']],
  ['conversion without names', { conversion: RecordConversion.toParquet({ schema: { ...schema, databaseName: '', versionId: '' } }) }, ['conversion.schema.databaseName', 'conversion.schema.versionId']],
  ['deaggregation that is none', { partitioning: DynamicPartitioning.fromQuery({ a: '.a' }, { deaggregation: 'json' as any }) }, ['partitioning.deaggregation: got \'json\'']],

  ['a removal policy of the stream that is none', { source: StreamSource.create({ removalPolicy: 'delete' as any }) }, ['source.removalPolicy: got \'delete\'']],
  ['a removal policy of the bucket that is none', { destination: DeliveryBucket.create({ removalPolicy: 'snapshot' as any }) }, ['destination.removalPolicy: got \'snapshot\'']],
  ['a removal policy of the logs that is none', { logging: DeliveryLogging.create({ removalPolicy: null as any }) }, ['logging.removalPolicy: got null']],
  ['31 days of logs', { logging: DeliveryLogging.create({ retention: 31 as any }) }, ['logging.retention: got 31', 'logs.RetentionDays']],
  ['a retention of logs that is a text', { logging: DeliveryLogging.create({ retention: 'ONE_MONTH' as any }) }, ['logging.retention: got \'ONE_MONTH\'']],
  ['rules that are none', { destination: DeliveryBucket.create({ lifecycleRules: [{ expiration: Duration.days(1) }, null, 'x'] as any }) }, ['2 problems', 'destination.lifecycleRules[1]: got null', 'destination.lifecycleRules[2]: got \'x\'']],
  ['a rule that does nothing', { destination: DeliveryBucket.create({ lifecycleRules: [{}] }) }, ['destination.lifecycleRules[0]: got a rule that does nothing']],
  ['a rule with days as a number', { destination: DeliveryBucket.create({ lifecycleRules: [{ expiration: 30 as any }] }) }, ['destination.lifecycleRules[0].expiration: got 30']],
  ['a rule that contradicts itself', { destination: DeliveryBucket.create({ lifecycleRules: [{ expiredObjectDeleteMarker: true, expiration: Duration.days(1) }] }) }, ['expiredObjectDeleteMarker beside expiration']],
  ['a marker beside a date', { destination: DeliveryBucket.create({ lifecycleRules: [{ expiredObjectDeleteMarker: true, expirationDate: new Date('2030-01-01T00:00:00Z') }] }) }, ['expiredObjectDeleteMarker beside expiration']],
  ['a marker beside tags', { destination: DeliveryBucket.create({ lifecycleRules: [{ expiredObjectDeleteMarker: true, tagFilters: { kind: 'a' } }] }) }, ['expiredObjectDeleteMarker beside expiration']],
  ['a transition without time', { destination: DeliveryBucket.create({ lifecycleRules: [{ transitions: [{ storageClass: StorageClass.GLACIER }] }] }) }, ['destination.lifecycleRules[0].transitions', 'transitionAfter or transitionDate']],
  ['transitions that are none', { destination: DeliveryBucket.create({ lifecycleRules: [{ transitions: {} as any }] }) }, ['destination.lifecycleRules[0].transitions']],
  ['buffering that is a text', { buffering: '5 MiB' }, ['buffering: got \'5 MiB\'']],
  ['ORC output of Parquet', { conversion: RecordConversion.toParquet({ schema, output: new firehose.OrcOutputFormat() as any }) }, ['conversion.output: got the output format of another conversion; allowed: a firehose.ParquetOutputFormat']],
  ['Parquet output of ORC', { conversion: RecordConversion.toOrc({ schema, output: new firehose.ParquetOutputFormat() as any }) }, ['allowed: a firehose.OrcOutputFormat']],

  // Reasons.
  ['no reason against a backup', { backup: SourceBackup.none(' ') }, ['backup.reason: got \' \'']],
  ['an undefined reason', { backup: SourceBackup.none(none) }, ['backup.reason: got nothing']],
  ['no reason against logging', { logging: DeliveryLogging.none('') }, ['logging.reason: got \'\'']],

  // The stream.
  ['23 hours', { source: StreamSource.create({ retention: Duration.hours(23) }) }, ['source.retention: got 23 hours', '1 day to 365 days (inclusive)']],
  ['366 days', { source: StreamSource.create({ retention: Duration.days(366) }) }, ['source.retention: got 366 days']],
  ['half an hour', { source: StreamSource.create({ retention: Duration.minutes(1470) }) }, ['source.retention: got 1 day 30 minutes; allowed: 1 day to 365 days (inclusive), in whole hours. Give a time in this range']],
  ['a retention that is a number', { source: StreamSource.create({ retention: 24 as any }) }, ['source.retention: got 24', 'Duration.hours(24)']],
  ['a null retention', { source: StreamSource.create({ retention: null as any }) }, ['source.retention: got null']],
  ['retention as a token in days', { source: StreamSource.create({ retention: Duration.days(Lazy.number({ produce: () => 2 })) }) }, ['source.retention', 'Duration.hours()']],
  ['no shards', { source: StreamSource.create({ capacity: SourceCapacity.provisioned(0) }) }, ['source.capacity: got 0 shards', 'at least 1']],
  ['half a shard', { source: StreamSource.create({ capacity: SourceCapacity.provisioned(1.5) }) }, ['source.capacity: got 1.5 shards']],
  ['shards that are not said', { source: StreamSource.create({ capacity: SourceCapacity.provisioned(none) }) }, ['source.capacity: got nothing;']],

  // Buffers.
  ['901 seconds', { buffering: { interval: Duration.seconds(901) } }, ['buffering.interval: got 15 minutes 1 second', '0 seconds to 15 minutes (inclusive)']],
  ['half a second', { buffering: { interval: Duration.millis(500) } }, ['buffering.interval: got 500 milliseconds']],
  ['0 MiB', { buffering: { size: Size.mebibytes(0) } }, ['buffering.size: got 0', '1 to 128 MiB (inclusive), in whole MiB']],
  ['129 MiB', { buffering: { size: Size.mebibytes(129) } }, ['buffering.size: got 129 MiB']],
  ['1.5 MiB', { buffering: { size: Size.kibibytes(1536) } }, ['buffering.size: got 1536 KiB; allowed: 1 to 128 MiB (inclusive), in whole MiB. Leave it out']],
  ['a size as a token in KiB', { buffering: { size: Size.kibibytes(Lazy.number({ produce: () => 1024 })) } }, ['buffering.size', 'Size.mebibytes()']],
  ['an interval as a token in minutes', { buffering: { interval: Duration.minutes(Lazy.number({ produce: () => 1 })) } }, ['buffering.interval', 'Duration.seconds()']],
  ['an unbuffered backup', { backup: SourceBackup.allRecords({ buffering: { interval: Duration.seconds(0) } }) }, ['backup.buffering.interval: got 0 seconds', '1 minute to 15 minutes (inclusive)']],
  ['a backup after 59 seconds', { backup: SourceBackup.allRecords({ buffering: { interval: Duration.seconds(59) } }) }, ['backup.buffering.interval']],
  ['partitioning after 59 seconds', { partitioning, buffering: { interval: Duration.seconds(59) } }, ['buffering.interval: got 59 seconds', '1 minute to 15 minutes', 'Dynamic partitioning']],
  ['partitioning with 63 MiB', { partitioning, buffering: { size: Size.mebibytes(63) } }, ['buffering.size: got 63 MiB', '64 to 128 MiB (inclusive)']],
  ['conversion with 63 MiB', { conversion, buffering: { size: Size.mebibytes(63) } }, ['buffering.size: got 63 MiB', 'Conversion']],
  ['retries of 7,201 seconds', { partitioning: DynamicPartitioning.fromQuery({ a: '.a' }, { retryDuration: Duration.seconds(7201) }) }, ['partitioning.retryDuration: got 2 hours 1 second']],

  // Formats.
  ['compression beside conversion', { conversion, compression: firehose.Compression.GZIP }, ['compression: got \'GZIP\'', 'Parquet and ORC']],
  ['an extension without period', { fileExtension: 'json' }, ['fileExtension: got \'json\'']],
  ['an extension in capitals', { fileExtension: '.JSON' }, ['fileExtension']],
  ['an empty extension', { fileExtension: '' }, ['fileExtension: got \'\'']],
  ['an extension of 129 characters', { fileExtension: '.'.padEnd(129, 'a') }, ['fileExtension']],
  ['a time zone with digits', { timeZone: TimeZone.of('Etc/GMT+1') }, ['timeZone: got \'Etc/GMT+1\'']],
  ['a time zone of three letters', { timeZone: TimeZone.of('EST') }, ['timeZone: got \'EST\'']],
  ['Etc/UTC', { timeZone: TimeZone.ETC_UTC }, ['timeZone: got \'Etc/UTC\'']],
  ['Etc/GMT', { timeZone: TimeZone.of('Etc/GMT') }, ['timeZone: got \'Etc/GMT\'']],
  ['the time zone Factory', { timeZone: TimeZone.of('Factory') }, ['timeZone: got \'Factory\'']],
  ['a time zone of 51 characters', { timeZone: TimeZone.of(`A/${'b'.repeat(49)}`) }, [`timeZone: got 'A/${'b'.repeat(49)}'`]],
  ['a null time zone', { timeZone: null }, ['timeZone: got null']],
  ['a time zone that is a text', { timeZone: 'UTC' }, ['timeZone: got \'UTC\'', 'a TimeZone']],

  // Prefixes.
  ['an unknown namespace', { prefix: '!{date:yyyy}/' }, ['prefix: got \'!{date:yyyy}\'', 'partitionKeyFromLambda']],
  ['an expression without value', { prefix: '!{timestamp:}/' }, ['prefix: got \'!{timestamp:}\'']],
  ['an expression without end', { prefix: 'a/!{timestamp:yyyy' }, ['prefix: got \'!{timestamp:yyyy\'']],
  ['letters that Java does not know', { prefix: '!{timestamp:foo}/' }, ['prefix: got !{timestamp:foo}', 'DateTimeFormatter']],
  ...[...'bCfiIjJloPrRtTU#'].map((letter): typeof cases[number] => [
    `the letter ${letter} in a timestamp`, { prefix: `!{timestamp:yyyy-${letter}}/` }, [`prefix: got !{timestamp:yyyy-${letter}}`, 'DateTimeFormatter'],
  ]),
  ['a quote without end', { prefix: '!{timestamp:\'yyyy}/' }, ['prefix: got !{timestamp:\'yyyy}']],
  ['an unknown value of firehose', { prefix: '!{firehose:uuid}/' }, ['prefix: got !{firehose:uuid}', '!{firehose:random-string}']],
  ['the error type in the prefix', { prefix: '!{firehose:error-output-type}/' }, ['prefix: got', 'error output prefix']],
  ['an empty error prefix beside expressions', { prefix: TIME, errorOutputPrefix: '' }, ['errorOutputPrefix: got \'\'']],
  ['an empty error prefix beside the default prefix', { errorOutputPrefix: '' }, ['errorOutputPrefix: got \'\'']],
  ['an error prefix without error type', { errorOutputPrefix: TIME }, ['errorOutputPrefix: got', 'Add !{firehose:error-output-type}']],
  ['a partition key in the error prefix', { partitioning, errorOutputPrefix: '!{firehose:error-output-type}/!{partitionKeyFromQuery:customer}/' }, ['errorOutputPrefix: got', 'no partition keys']],
  ['a partition key without partitioning', { prefix: '!{partitionKeyFromQuery:customer}/' }, ['prefix: got', 'Declare the partition keys with partitioning']],
  ['a partition key in the backup', { backup: SourceBackup.allRecords({ prefix: '!{partitionKeyFromLambda:a}/' }), partitioning }, ['backup.prefix: got', 'as they came']],
  ['an error type in the backup', { backup: SourceBackup.allRecords({ prefix: '!{firehose:error-output-type}/' }) }, ['backup.prefix']],
  ['an empty error prefix of the backup', { backup: SourceBackup.allRecords({ errorOutputPrefix: '' }) }, ['backup.errorOutputPrefix: got \'\'']],
  ['1,025 characters', { prefix: `${'a'.repeat(2)}!{timestamp:${'y'.repeat(1010)}}` }, ['prefix: got 1025 characters', 'at most 1024 characters']],
  ['513 characters when evaluated', { prefix: 'a'.repeat(513) }, ['prefix: got at least 513 characters when evaluated', 'at most 512']],
  ['513 characters with an expression', { prefix: `${'a'.repeat(512)}!{timestamp:yyyy}` }, ['prefix: got at least 513 characters']],

  // Partitioning.
  ['an unused key', { partitioning, prefix: TIME }, ['prefix: got', 'Add !{partitionKeyFromQuery:customer}']],
  ['an empty prefix with partitioning', { partitioning, prefix: '' }, ['prefix: got \'\'', 'every partition key']],
  ['an undeclared key', { partitioning, prefix: '!{partitionKeyFromQuery:customer}/!{partitionKeyFromQuery:country}/' }, ['prefix: got !{partitionKeyFromQuery:country}', 'customer']],
  ['a key of the other namespace', { partitioning, prefix: '!{partitionKeyFromQuery:customer}/!{partitionKeyFromLambda:customer}/' }, ['prefix: got !{partitionKeyFromLambda:customer}', 'none in this namespace']],
  ['no query', { partitioning: DynamicPartitioning.fromQuery({}) }, ['partitioning.queries: got 0 keys', '1 to 50 keys (inclusive)']],
  ['queries that are none', { partitioning: DynamicPartitioning.fromQuery(none) }, ['partitioning.queries: got nothing', '{ customer: \'.customer_id\' }']],
  ['null queries', { partitioning: DynamicPartitioning.fromQuery(null as any) }, ['partitioning.queries: got null']],
  ['a query without key', { partitioning: DynamicPartitioning.fromQuery('.a' as any) }, ['has a problem', 'partitioning.queries: got \'.a\'']],
  ['a list of queries', { partitioning: DynamicPartitioning.fromQuery(['.a'] as any) }, ['has a problem', 'partitioning.queries: got [\'.a\']']],
  ['51 queries', { partitioning: DynamicPartitioning.fromQuery(Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`k${i}`, '.a']))) }, ['partitioning.queries: got 51 keys']],
  ['queries of more than 5,120 characters', { partitioning: DynamicPartitioning.fromQuery({ a: '.'.repeat(5120) }) }, ['partitioning.queries: got 5128 characters', 'at most 5120 characters']],
  ['an empty query', { partitioning: DynamicPartitioning.fromQuery({ a: '' }) }, ['partitioning.queries.a: got \'\'']],
  ['a query that is a number', { partitioning: DynamicPartitioning.fromQuery({ a: 3 as any }) }, ['partitioning.queries.a: got 3']],
  ['a key with braces', { partitioning: DynamicPartitioning.fromQuery({ '{a}': '.a' }) }, ['partitioning.queries: got \'{a}\'']],
  ['no key of a function', { partitioning: DynamicPartitioning.fromTransform([]) }, ['partitioning.keys: got []', 'at least one name']],
  ['keys that are no list', { partitioning: DynamicPartitioning.fromTransform('a' as any) }, ['partitioning.keys: got \'a\'']],
  ['an empty key of a function', { partitioning: DynamicPartitioning.fromTransform(['']) }, ['partitioning.keys: got \'\'']],
  ['keys of a function without function', { partitioning: DynamicPartitioning.fromTransform(['a']) }, ['partitioning.keys', 'Give the function as transform']],
];

test.each(cases)('%s is refused', (_, props, parts) => {
  const message = problem(props);
  expect(message).toContain('cdk-decouple StreamDelivery at \'Stack/Clicks\' has ');
  parts.forEach(part => expect(message).toContain(part));
});

test.each([
  ['a negative number of retries', { retries: -1 }, 'transform.retries: got -1'],
  ['half a retry', { retries: 0.5 }, 'transform.retries: got 0.5'],
  ['901 seconds', { buffering: { interval: Duration.seconds(901) } }, 'transform.buffering.interval: got 15 minutes 1 second'],
  ['0.1 MiB', { buffering: { size: Size.mebibytes(0.1) } }, '0.2 to 3 MiB (inclusive)'],
  ['a byte less than 0.2 MiB', { buffering: { size: Size.bytes(209_715) } }, '0.2 to 3 MiB (inclusive)'],
  ['a byte more than 3 MiB', { buffering: { size: Size.bytes(3_145_729) } }, '0.2 to 3 MiB (inclusive)'],
  ['4 MiB', { buffering: { size: Size.mebibytes(4) } }, 'transform.buffering.size: got 4 MiB'],
  ['a size as a token in KiB', { buffering: { size: Size.kibibytes(Lazy.number({ produce: () => 1024 })) } }, 'Size.mebibytes()'],
])('a transform with %s is refused', (_, transform, part) => {
  const stack = newStack();
  expect(problem({ transform: { handler: handler(stack), ...transform } }, stack)).toContain(part);
});

test('a stream of another Region is refused', () => {
  const stack = newStack({ env: { region: 'eu-west-1', account: '111111111111' } });
  const stream = kinesis.Stream.fromStreamArn(stack, 'Imported', 'arn:aws:kinesis:us-east-1:111111111111:stream/clicks');
  expect(problem({ source: StreamSource.existing(stream) }, stack)).toContain('source.stream: got a stream in us-east-1; allowed: a stream in eu-west-1');
});

test('a function in place of a transform is refused', () => {
  const stack = newStack();
  expect(problem({ transform: handler(stack) }, stack)).toContain('transform: got a lambda.IFunction; allowed: a RecordTransform. Write it as { handler: yourFunction }.');
});

test('tokens in the names of partition keys are not shown', () => {
  const name = new CfnParameter(newStack(), 'Key').valueAsString;
  const message = problem({ partitioning: DynamicPartitioning.fromQuery({ [name]: '.a', b: '.b' }), prefix: '!{partitionKeyFromQuery:c}/' });
  expect(message).toContain('got !{partitionKeyFromQuery:c}');
  expect(message).not.toContain('Token[');
});

test.each<[string, any]>([
  ['props', null],
  ['the stream', { source: StreamSource.create(null as any) }],
  ['the bucket', { destination: DeliveryBucket.create(null as any) }],
  ['the backup', { backup: SourceBackup.allRecords(null as any) }],
  ['logging', { logging: DeliveryLogging.create(null as any) }],
  ['buffering', { buffering: null }],
  ['prefixes', { prefix: null, errorOutputPrefix: null, backup: SourceBackup.allRecords({ prefix: null as any }) }],
])('null options of %s are the default ones', (_, props) => {
  expect(deliver(props).template.toJSON()).toEqual(deliver().template.toJSON());
});

test('null options of partitioning and of an existing bucket are the default ones', () => {
  const stack = newStack();
  const destination = DeliveryBucket.existing(new Bucket(stack, 'Lake'), null as any);
  const { s3: rendered } = deliver({ destination, partitioning: DynamicPartitioning.fromQuery({ a: '.a' }, null as any) }, stack);
  expect(rendered.DynamicPartitioningConfiguration).toEqual({ Enabled: true, RetryOptions: { DurationInSeconds: 300 } });
});

test.each([
  ['the function', DynamicPartitioning.fromTransform(['b'], null as any)], ['both', DynamicPartitioning.fromQueryAndTransform({ a: '.a' }, ['b'], null as any)],
])('null options of partitioning by %s are the default ones', (_, keys) => {
  const stack = newStack();
  const { s3 } = deliver({ partitioning: keys, transform: { handler: handler(stack) } }, stack);
  expect(s3.DynamicPartitioningConfiguration.RetryOptions).toEqual({ DurationInSeconds: 300 });
});

test('all problems are in one message', () => {
  const message = problem({ fileExtension: 'json', prefix: '!{date:yyyy}/', buffering: { interval: Duration.seconds(901), size: Size.mebibytes(0) } });
  expect(message).toContain('has 4 problems:');
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
    deliver({ source: StreamSource.create({ retention: Duration.hours(hours) }) }).template.hasResourceProperties('AWS::Kinesis::Stream', { RetentionPeriodHours: hours });
  });

  test.each([[0], [7200]])('retries for %d seconds', seconds => {
    const { s3 } = deliver({ partitioning: DynamicPartitioning.fromQuery({ a: '.a' }, { retryDuration: Duration.seconds(seconds) }) });
    expect(s3.DynamicPartitioningConfiguration).toEqual({ Enabled: true, RetryOptions: { DurationInSeconds: seconds } });
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
      source: StreamSource.create({ retention: Duration.hours(number('Retention')), capacity: SourceCapacity.provisioned(number('Shards')) }),
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
    expect(problem({ prefix }, stack)).toContain('prefix: got \'!{date:yyyy}\'');
  });

  test('a token within an expression is a value', () => {
    const stack = newStack();
    const prefix = `data/!{timestamp:${parameter(stack, 'Pattern', 'String').valueAsString}}/`;
    expect(deliver({ prefix }, stack).s3.Prefix).toEqual({ 'Fn::Join': ['', ['data/!{timestamp:', { Ref: 'Pattern' }, '}/']] });
  });
});

test.each<[string, object, string]>([
  ['the source', { source: StreamSource.create({ retention: Duration.hours(1) }) }, 'source.retention'],
  ['a source of another kind', { source: 'clicks' }, 'source'],
  ['the destination', { destination: DeliveryBucket.create({ lifecycleRules: [{}] }) }, 'destination.lifecycleRules[0]'],
  ['both buckets', {
    destination: DeliveryBucket.existing({} as any), backup: SourceBackup.allRecords({ bucket: DeliveryBucket.existing(new Bucket(newStack(), 'Lake')) }),
  }, 'destination.bucket'],
  ['the logging', { logging: DeliveryLogging.none('') }, 'logging.reason'],
])('what is wrong with %s is said beside what is wrong with the rest', (_, props, prop) => {
  const message = problem({ ...props, buffering: { interval: Duration.seconds(901) } });
  expect(message).toContain('has 2 problems');
  expect(message).toContain(`- ${prop}: got`);
  expect(message).toContain('- buffering.interval: got');
});
