import { randomUUID } from 'node:crypto';
import {
  CreateQueueCommand, DeleteMessageCommand, DeleteQueueCommand, GetQueueUrlCommand, Message, ReceiveMessageCommand, SQSClient, SendMessageCommand,
  TagQueueCommand,
} from '@aws-sdk/client-sqs';

/** A reply queue: its name goes to the responders, its URL stays here. */
export interface ReplyQueue {
  readonly name: string;
  readonly url: string;
}

/** Sends requests, and gives each reply to whoever waits for it. */
export class Requester {
  private readonly open = new Map<string, (reply: string) => void>();

  constructor(private readonly sqs: SQSClient, private readonly requestsUrl: string, private readonly replies: ReplyQueue) {}

  /** Sends a request and waits for its reply. `listen` or `receive` has to run meanwhile. */
  public async request(body: string): Promise<string> {
    const correlationId = randomUUID();
    const reply = new Promise<string>(resolve => { this.open.set(correlationId, resolve); });
    await this.sqs.send(new SendMessageCommand({
      QueueUrl: this.requestsUrl,
      MessageBody: body,
      MessageAttributes: {
        ReplyTo: { DataType: 'String', StringValue: this.replies.name },
        CorrelationId: { DataType: 'String', StringValue: correlationId },
      },
    }));
    return reply;
  }

  /** Receives replies until it is told to stop. */
  public async listen(until: AbortSignal): Promise<void> {
    while (!until.aborted) await this.receive();
  }

  /** Receives once, for at most 20 seconds, and returns the replies to no open request: those that were delivered twice. */
  public async receive(waitSeconds = 20): Promise<Message[]> {
    const { Messages = [] } = await this.sqs.send(new ReceiveMessageCommand({
      QueueUrl: this.replies.url, MaxNumberOfMessages: 10, WaitTimeSeconds: waitSeconds, MessageAttributeNames: ['CorrelationId'],
    }));
    const unexpected: Message[] = [];
    for (const message of Messages) {
      const correlationId = message.MessageAttributes?.CorrelationId?.StringValue ?? '';
      const resolve = this.open.get(correlationId);
      if (resolve) resolve(message.Body ?? '');
      else unexpected.push(message);
      this.open.delete(correlationId);
      await this.sqs.send(new DeleteMessageCommand({ QueueUrl: this.replies.url, ReceiptHandle: message.ReceiptHandle }));
    }
    return unexpected;
  }
}

/** A reply queue of the stack (`ReplyQueues.durable()`), by its name. */
export async function durableReplyQueue(sqs: SQSClient, name: string): Promise<ReplyQueue> {
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: name }));
  return { name, url: QueueUrl! };
}

/** Creates a reply queue under the name prefix of the stack (`ReplyQueues.temporary()`). */
export async function createReplyQueue(sqs: SQSClient, prefix: string): Promise<ReplyQueue> {
  const name = prefix + randomUUID().replace(/-/g, '').slice(0, 16);
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({
    QueueName: name, Attributes: { MessageRetentionPeriod: '900', ReceiveMessageWaitTimeSeconds: '20' }, tags: heartbeat(),
  }));
  return { name, url: QueueUrl! };
}

/** Call this at least three times in `orphanedAfter`, such as every 20 minutes. */
export async function renewHeartbeat(sqs: SQSClient, { url }: ReplyQueue): Promise<void> {
  await sqs.send(new TagQueueCommand({ QueueUrl: url, Tags: heartbeat() }));
}

/** Call this when the requester stops. The sweeper deletes the queue of a requester that crashed. */
export async function deleteReplyQueue(sqs: SQSClient, { url }: ReplyQueue): Promise<void> {
  await sqs.send(new DeleteQueueCommand({ QueueUrl: url }));
}

function heartbeat(): Record<string, string> {
  return { ReplyQueueHeartbeat: `${Math.floor(Date.now() / 1000)}` };
}
