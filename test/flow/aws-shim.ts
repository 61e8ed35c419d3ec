import { createServer } from 'node:http';
import { AddressInfo } from 'node:net';
import { ChangeMessageVisibilityCommand, DeleteMessageCommand, GetQueueAttributesCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';

/** The queries of the poller. This knows what they ask for; `AWS_CLI` has the real CLI evaluate them. */
const FIELDS = /^Messages\[0\]\.\[ReceiptHandle, MessageId, Attributes\.ApproximateReceiveCount, Attributes\.MessageGroupId \|\| '',\s+to_string\(MessageAttributes \|\| '\{\}'\), Body\]$/;
const TIMEOUT = 'Attributes.VisibilityTimeout';

/** A receive in a test waits no longer than this, in seconds. */
const LONGEST_WAIT = 1;

/**
 * What the AWS CLI does for the poller, with the SDK: it starts in a hundredth of the time. `program` takes the place of `aws`.
 *
 * As the CLI does, it prints the scalars of a list with tabs between them, and what is null as None.
 */
export class AwsShim {
  public static async start(sqs: SQSClient): Promise<AwsShim> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', chunk => chunks.push(chunk)).on('end', () => {
        const [, operation, ...options] = Buffer.concat(chunks).toString().split('\0').slice(0, -1);
        answer(sqs, operation, options).then(
          text => response.end(text),
          (error: Error) => response.writeHead(400).end(error.message),
        );
      });
    });
    await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
    return new AwsShim((server.address() as AddressInfo).port, () => new Promise<void>(done => {
      server.closeAllConnections();
      server.close(() => done());
    }));
  }

  private constructor(private readonly port: number, public readonly stop: () => Promise<void>) {}

  /** A shell script. */
  public get program(): string {
    return `#!/bin/bash\nset -o pipefail\nprintf '%s\\0' "$@" | curl -sf --data-binary @- http://127.0.0.1:${this.port}/\n`;
  }
}

async function answer(sqs: SQSClient, operation: string, words: string[]): Promise<string> {
  const options = optionsOf(words);
  const QueueUrl = one(options, 'queue-url');
  const handle = () => ({ QueueUrl, ReceiptHandle: one(options, 'receipt-handle') });
  switch (operation) {
    case 'get-queue-attributes': {
      if (one(options, 'query') !== TIMEOUT) throw new Error('another query');
      const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: options['attribute-names'] as ['VisibilityTimeout'] }));
      return `${Attributes!.VisibilityTimeout}\n`;
    }
    case 'receive-message': {
      if (!FIELDS.test(one(options, 'query')) || one(options, 'output') !== 'text') throw new Error('another query');
      const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({
        QueueUrl,
        WaitTimeSeconds: Math.min(LONGEST_WAIT, Number(one(options, 'wait-time-seconds'))),
        MaxNumberOfMessages: Number(one(options, 'max-number-of-messages')),
        VisibilityTimeout: Number(one(options, 'visibility-timeout')),
        MessageSystemAttributeNames: options['attribute-names'] as ['MessageGroupId'],
        MessageAttributeNames: options['message-attribute-names'],
      }));
      if (Messages.length === 0) return 'None\n';
      const [{ ReceiptHandle, MessageId, Attributes, MessageAttributes, Body }] = Messages;
      return `${[ReceiptHandle, MessageId, Attributes!.ApproximateReceiveCount, Attributes!.MessageGroupId ?? '', JSON.stringify(MessageAttributes ?? {}), Body].join('\t')}\n`;
    }
    case 'change-message-visibility':
      await sqs.send(new ChangeMessageVisibilityCommand({ ...handle(), VisibilityTimeout: Number(one(options, 'visibility-timeout')) }));
      return '';
    case 'delete-message':
      await sqs.send(new DeleteMessageCommand(handle()));
      return '';
    default: throw new Error(`the poller does not call ${operation}`);
  }
}

function optionsOf(words: string[]): Record<string, string[]> {
  const options: Record<string, string[]> = {};
  let name = '';
  for (const word of words) {
    if (word.startsWith('--')) options[name = word.slice(2)] = [];
    else options[name].push(word);
  }
  return options;
}

function one(options: Record<string, string[]>, name: string): string {
  const [value, ...others] = options[name] ?? [];
  if (value === undefined || others.length > 0) throw new Error(`--${name} has ${others.length + 1} values`);
  return value;
}
