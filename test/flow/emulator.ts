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

/** A request to SQS, as a client in any process makes it. */
export interface SqsRequest {
  /** The ID of the access key that it is signed with. */
  readonly accessKeyId: string;
  /** Such as `sqs:ReceiveMessage`. */
  readonly action: string;
  readonly input: Record<string, any>;
}

/** Sees each request to SQS before it is answered; its error is the answer. */
export type Watch = (request: SqsRequest) => Promise<void> | void;

/**
 * SNS and SQS in this process, on the loopback interface and a free port.
 *
 * It delivers, filters, orders, deduplicates, delays and moves dead letters. It does not look at policies or keys: see gate.ts.
 */
export class Emulator {
  public static async start(watch?: Watch): Promise<Emulator> {
    // An ES module only, hence the dynamic import; and not by its startFauxqs(), which listens on every interface.
    const { buildApp } = await import('fauxqs');
    const app = buildApp({ logger: false });
    app.addHook('preHandler', async ({ headers, body, socket }, reply) => {
      const [, operation] = /^AmazonSQS\.(\w+)$/.exec(`${headers['x-amz-target']}`) ?? [];
      if (!operation) return undefined;
      const input = body as SqsRequest['input'];
      // A queue has one URL here, with a host that does not exist. Clients in other processes send requests to the host in the URL.
      if (input.QueueUrl) input.QueueUrl = `http://sqs.${REGION}.localhost:${socket.localPort}${new URL(input.QueueUrl).pathname}`;
      const [, accessKeyId = ''] = /Credential=([^/]+)/.exec(headers.authorization ?? '') ?? [];
      try {
        await watch?.({ accessKeyId, action: `sqs:${operation}`, input });
        return undefined;
      } catch (error) {
        const { name, message } = error as Error;
        // With the reply as its result, nothing else answers the request.
        return reply.code(403).type('application/x-amz-json-1.0').send({ __type: `com.amazon.coral.service#${name}`, message });
      }
    });
    await app.listen({ host: '127.0.0.1', port: 0 });
    return new Emulator((app.server.address() as AddressInfo).port, () => app.close());
  }

  /** The address for clients in other processes. */
  public readonly endpoint: string;

  public readonly sns: SNSClient;
  public readonly sqs: SQSClient;

  private constructor(public readonly port: number, private readonly close: () => Promise<unknown>) {
    this.endpoint = `http://127.0.0.1:${port}`;
    this.sns = new SNSClient(clientConfig(port));
    // A queue's URL names a host that does not exist.
    this.sqs = new SQSClient({ ...clientConfig(port), useQueueUrlAsEndpoint: false });
  }

  /** The URL of a queue with the address of the emulator, for clients that send their requests to the host in it. */
  public reachable(queueUrl: string): string {
    return this.endpoint + new URL(queueUrl).pathname;
  }

  public async stop(): Promise<void> {
    this.sns.destroy();
    this.sqs.destroy();
    await this.close();
  }
}
