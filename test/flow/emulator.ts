import { AddressInfo } from 'node:net';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';

/** The account of everything in the emulator: it knows no other. */
export const ACCOUNT = '000000000000';
export const REGION = 'eu-west-1';

/** What every client of an emulator is made with: nothing of the machine it runs on. */
export function clientConfig(port: number) {
  return { endpoint: `http://127.0.0.1:${port}`, region: REGION, credentials: { accessKeyId: 'none', secretAccessKey: 'none' }, maxAttempts: 1 };
}

/**
 * SNS and SQS in this process, on the loopback interface and a free port.
 *
 * It delivers, filters, orders, deduplicates, delays and moves dead letters. It does not look at policies or keys: see gate.ts.
 */
export class Emulator {
  public static async start(): Promise<Emulator> {
    // An ES module only, hence the dynamic import; and not by its startFauxqs(), which listens on every interface.
    const { buildApp } = await import('fauxqs');
    const app = buildApp({ logger: false });
    await app.listen({ host: '127.0.0.1', port: 0 });
    return new Emulator((app.server.address() as AddressInfo).port, () => app.close());
  }

  public readonly sns: SNSClient;
  public readonly sqs: SQSClient;

  private constructor(public readonly port: number, private readonly close: () => Promise<unknown>) {
    this.sns = new SNSClient(clientConfig(port));
    // A queue's URL names a host that does not exist.
    this.sqs = new SQSClient({ ...clientConfig(port), useQueueUrlAsEndpoint: false });
  }

  public async stop(): Promise<void> {
    this.sns.destroy();
    this.sqs.destroy();
    await this.close();
  }
}
