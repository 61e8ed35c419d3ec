import { dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import {
  CreateStreamCommand, DescribeStreamCommand, GetRecordsCommand, GetShardIteratorCommand, IncreaseStreamRetentionPeriodCommand, KinesisClient,
  PutRecordsCommand, Shard, StartStreamEncryptionCommand, StartStreamEncryptionCommandInput, StreamDescription, StreamModeDetails as StreamMode,
} from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { clientConfig } from './emulator';

/** The properties of a stream in a template, as far as the emulator knows them. */
interface StreamProperties {
  readonly ShardCount?: number;
  readonly StreamModeDetails?: StreamMode;
  readonly RetentionPeriodHours: number;
  readonly StreamEncryption: Omit<StartStreamEncryptionCommandInput, 'StreamName'>;
}

/** Kinesis Data Streams in a thread of this process, on the loopback interface and a free port. */
export class KinesisEmulator {
  public static async start(): Promise<KinesisEmulator> {
    const program = require.resolve('kinesis-local');
    const plainPort = 4568;
    const worker = new Worker(join(__dirname, 'kinesis-worker.cjs'), {
      workerData: { program },
      // Changes of a stream take 500 ms each by default.
      env: {
        LOG_LEVEL: 'ERROR',
        KINESIS_MOCK_PLAIN_PORT: `${plainPort}`,
        KINESIS_MOCK_CERT_PATH: join(dirname(program), 'server.json'),
        CREATE_STREAM_DURATION: '10ms',
        START_STREAM_ENCRYPTION_DURATION: '10ms',
      },
      execArgv: [],
      stdout: true,
      stderr: true,
    });
    const address = await new Promise<{ address: string; port: number }>((resolve, reject) => {
      worker.on('message', message => { if (message.requested === plainPort) resolve(message); });
      worker.once('error', reject);
      worker.once('exit', code => reject(new Error(`kinesis-local ended with ${code}`)));
    });
    return new KinesisEmulator(worker, address);
  }

  private readonly client: KinesisClient;

  private constructor(private readonly worker: Worker, public readonly listensOn: { address: string; port: number }) {
    // The emulator does not speak HTTP/2, the default of this client.
    this.client = new KinesisClient({ ...clientConfig(listensOn.port), requestHandler: new NodeHttpHandler() });
  }

  public async stop(): Promise<void> {
    this.client.destroy();
    await this.worker.terminate();
  }

  /** Creates the stream of a template. */
  public async create(StreamName: string, properties: StreamProperties): Promise<StreamDescription> {
    const { ShardCount, StreamModeDetails, RetentionPeriodHours, StreamEncryption } = properties;
    await this.client.send(new CreateStreamCommand({ StreamName, ShardCount, StreamModeDetails }));
    await this.active(StreamName);
    if (RetentionPeriodHours > 24) {
      await this.client.send(new IncreaseStreamRetentionPeriodCommand({ StreamName, RetentionPeriodHours }));
    }
    await this.client.send(new StartStreamEncryptionCommand({ StreamName, ...StreamEncryption }));
    return this.active(StreamName);
  }

  public async put(StreamName: string, records: readonly { key: string; data: string }[]) {
    for (let at = 0; at < records.length; at += 500) {
      const Records = records.slice(at, at + 500).map(({ key, data }) => ({ PartitionKey: key, Data: Buffer.from(data) }));
      const { FailedRecordCount } = await this.client.send(new PutRecordsCommand({ StreamName, Records }));
      if (FailedRecordCount) throw new Error(`${FailedRecordCount} records were not put`);
    }
  }

  /** All records of a shard, from the oldest. */
  public async read(StreamName: string, { ShardId }: Shard): Promise<{ key: string; data: string; sequence: bigint }[]> {
    let { ShardIterator } = await this.client.send(new GetShardIteratorCommand({ StreamName, ShardId, ShardIteratorType: 'TRIM_HORIZON' }));
    const all = [];
    for (;;) {
      // In small steps, so that the iterator has to carry on where it was.
      const { Records = [], NextShardIterator } = await this.client.send(new GetRecordsCommand({ ShardIterator, Limit: 50 }));
      if (Records.length === 0) return all;
      all.push(...Records.map(({ PartitionKey, Data, SequenceNumber }) => ({
        key: PartitionKey!, data: Buffer.from(Data!).toString(), sequence: BigInt(SequenceNumber!),
      })));
      ShardIterator = NextShardIterator;
    }
  }

  private async active(StreamName: string): Promise<StreamDescription> {
    for (;;) {
      const { StreamDescription: description } = await this.client.send(new DescribeStreamCommand({ StreamName }));
      if (description!.StreamStatus === 'ACTIVE') return description!;
      await new Promise(resolve => { setTimeout(resolve, 10); });
    }
  }
}
