import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Shard } from '@aws-sdk/client-kinesis';
import { Duration } from 'aws-cdk-lib';
import { ACCOUNT, REGION } from './emulator';
import { EXTRACTION_FAILED, evaluatePrefix, processRecord } from './firehose';
import { KinesisEmulator } from './kinesis';
import { after, before, describe, it } from './runner';
import { exampleTemplate, templateOf } from './templates';
import { KinesisSource, SourceCapacity } from '../../src/delivery';
import { ResolvedTemplate } from '../support/resolver';
import { s3Stream } from '../support/s3-stream';
import type { WrittenTemplate } from '../support/written';

const RECORDS = 1_000;
const CLICKS = Array.from({ length: RECORDS }, (_, number) => ({
  key: `visitor-${(number * 7) % 60}`,
  data: JSON.stringify({ number, page: ['home', 'basket', 'search'][number % 3], agent: number % 10 === 0 ? 'monitoring' : 'browser' }),
}));

/** A template, and its stream in the emulator. */
async function streamOf(kinesis: KinesisEmulator, template: WrittenTemplate, stackName: string) {
  const stack = new ResolvedTemplate(template, { account: ACCOUNT, region: REGION, stackName });
  const [id] = stack.idsOf('AWS::Kinesis::Stream');
  const [delivery] = stack.idsOf('AWS::KinesisFirehose::DeliveryStream').map(logicalId => stack.propertiesOf(logicalId));
  assert.equal(delivery.KinesisStreamSourceConfiguration.KinesisStreamARN, stack.arnOf(id));
  const [name, properties] = [stack.nameOf(id), stack.propertiesOf(id)];
  return { stack, delivery, name, properties, description: await kinesis.create(name, properties) };
}

describe('records in the stream', () => {
  let kinesis: KinesisEmulator;
  before(async () => { kinesis = await KinesisEmulator.start(); });
  after(() => kinesis.stop());

  it('can be put from this machine only', () => assert.equal(kinesis.listensOn.address, '127.0.0.1'));

  const SUBJECTS: [string, () => any, number][] = [
    ['the example, which is on-demand', () => exampleTemplate('stream-delivery'), 4],
    ['a stream of 3 shards, kept for 2 days', () => templateOf(stack => {
      s3Stream(stack, 'Clicks', { source: KinesisSource.create({ capacity: SourceCapacity.provisioned(3), retention: Duration.days(2) }) });
    }), 3],
  ];
  for (const [subject, template, shards] of SUBJECTS) {
    it(`are read back in order by shard: ${subject}`, async () => {
      const { name, properties, description } = await streamOf(kinesis, template(), `Stack${shards}`);
      assert.equal(description.Shards!.length, shards);
      assert.equal(description.EncryptionType, 'KMS');
      assert.equal(description.RetentionPeriodHours, properties.RetentionPeriodHours);
      await kinesis.put(name, CLICKS);
      const read = await Promise.all(description.Shards!.map(shard => kinesis.read(name, shard)));
      for (const [index, records] of read.entries()) {
        assert.ok(records.length > 0);
        assert.ok(records.every(({ key }) => isIn(description.Shards![index], key)));
        assert.ok(records.every(({ sequence }, at) => at === 0 || sequence > records[at - 1].sequence));
        const put = CLICKS.filter(({ key }) => isIn(description.Shards![index], key));
        assert.deepEqual(records.map(({ key, data }) => ({ key, data })), put);
      }
      assert.equal(read.flat().length, RECORDS);
      console.info(`flow: ${RECORDS} records put, and read back in order from ${shards} shards`);
    });
  }

  // Firehose itself has no emulator: this is its documented behaviour, on the settings of the template.
  it('of the example become objects by page and hour; what monitoring has clicked is dropped, and the backup has it all', async () => {
    const { stack, delivery, name, description } = await streamOf(kinesis, exampleTemplate('stream-delivery'), 'Delivered');
    const withoutPage = { key: 'x', data: JSON.stringify({ number: RECORDS, agent: 'browser' }) };
    const notJson = { key: 'y', data: 'home, basket' };
    const put = [...CLICKS, withoutPage, notJson];
    await kinesis.put(name, put);
    const { Prefix, ErrorOutputPrefix, ProcessingConfiguration, S3BackupMode, S3BackupConfiguration } = delivery.ExtendedS3DestinationConfiguration;
    assert.ok(ProcessingConfiguration.Enabled);
    const [fn] = stack.idsOf('AWS::Lambda::Function');
    const code = stack.propertiesOf(fn).Code.ZipFile;

    const objects = new Map<string, string[]>();
    const write = (key: string, record: string) => objects.set(key, [...objects.get(key) ?? [], record]);
    const timestamp = new Date('2026-03-09T05:30:00Z');
    const records = await Promise.all(description.Shards!.map(shard => kinesis.read(name, shard)));
    for (const { data } of records.flat()) {
      assert.equal(S3BackupMode, 'Enabled');
      write(evaluatePrefix(S3BackupConfiguration.Prefix, { timestamp }), data);
      const result = await processRecord(ProcessingConfiguration.Processors, code, data);
      if ('record' in result) write(evaluatePrefix(Prefix, { timestamp, ...result }), result.record);
      else if ('errorOutputType' in result) write(evaluatePrefix(ErrorOutputPrefix, { timestamp, ...result }), data);
    }

    const hour = 'year=2026/month=03/day=09/hour=05/';
    const clicked = (wanted: string) => CLICKS.map(({ data }) => ({ data, ...JSON.parse(data) }))
      .filter(({ page, agent }) => page === wanted && agent === 'browser').map(({ data }) => `${data}\n`);
    assert.deepEqual(Object.fromEntries([...objects].map(([key, lines]) => [key, lines.sort()])), {
      [`source/${hour}`]: put.map(({ data }) => data).sort(),
      [`data/page=home/${hour}`]: clicked('home').sort(),
      [`data/page=basket/${hour}`]: clicked('basket').sort(),
      [`data/page=search/${hour}`]: clicked('search').sort(),
      [`errors/${EXTRACTION_FAILED}/year=2026/month=03/day=09/`]: [withoutPage.data],
      'errors/processing-failed/year=2026/month=03/day=09/': [notJson.data],
    });
  });
});

describe('the evaluator of prefixes', () => {
  const timestamp = new Date('2026-03-09T05:07:08Z');
  const VALID: [string, string][] = [
    ['plain/', 'plain/'],
    ['!{timestamp:yyyy/MM/dd/HH}/', '2026/03/09/05/'],
    ["!{timestamp:'year='yyyy'/day='d}/", 'year=2026/day=9/'],
    ['!{timestamp:yy-MM-dd-HH-mm-ss}', '26-03-09-05-07-08'],
    ['!{firehose:error-output-type}/!{firehose:random-string}/', 'processing-failed/abc/'],
    ['!{partitionKeyFromQuery:page}/!{partitionKeyFromLambda:tenant}/', 'home/acme/'],
  ];
  const values = {
    timestamp, errorOutputType: 'processing-failed', randomString: 'abc', partitionKeysFromQuery: { page: 'home' }, partitionKeysFromLambda: { tenant: 'acme' },
  };
  for (const [prefix, key] of VALID) it(`makes ${key} of ${prefix}`, () => assert.equal(evaluatePrefix(prefix, values), key));

  for (const prefix of ['!{partitionKeyFromQuery:other}/', '!{firehose:other}/', '!{other:page}/', '!{timestamp:YYYY}/', '!{timestamp}/']) {
    it(`refuses ${prefix}`, () => assert.throws(() => evaluatePrefix(prefix, values)));
  }
});

/** Kinesis assigns a record by the MD5 of its partition key. */
function isIn({ HashKeyRange }: Shard, key: string): boolean {
  const hash = BigInt(`0x${createHash('md5').update(key).digest('hex')}`);
  return hash >= BigInt(HashKeyRange!.StartingHashKey!) && hash <= BigInt(HashKeyRange!.EndingHashKey!);
}
