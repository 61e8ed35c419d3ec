import { IncomingMessage, Server, ServerResponse, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A call of a query API, as it went over the wire: the parameters of the form. */
export type Call = URLSearchParams;

/** A proxy in front of an engine, which keeps the calls of query APIs, such as those of CloudFormation and STS. */
export class Recorder {
  public static async before(endpoint: string): Promise<Recorder> {
    const calls: Call[] = [];
    const server = createServer((incoming, outgoing) => void forward(endpoint, incoming, outgoing).then(body => {
      if (incoming.headers['content-type']?.startsWith('application/x-www-form-urlencoded')) calls.push(new URLSearchParams(body));
    }));
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    return new Recorder(server, calls);
  }

  private constructor(private readonly server: Server, private readonly calls: readonly Call[]) {}

  public get endpoint(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  public callsOf(action: string): Call[] {
    return this.calls.filter(call => call.get('Action') === action);
  }

  public stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}

async function forward(endpoint: string, incoming: IncomingMessage, outgoing: ServerResponse): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  const onward = request(new URL(incoming.url!, endpoint), { method: incoming.method, headers: incoming.headers }, answer => {
    outgoing.writeHead(answer.statusCode!, answer.headers);
    answer.pipe(outgoing);
  });
  onward.on('error', () => outgoing.destroy());
  onward.end(body);
  return body.toString();
}
