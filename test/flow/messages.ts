import { PublishBatchCommand, PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { ChangeMessageVisibilityCommand, DeleteMessageCommand, GetQueueAttributesCommand, Message, ReceiveMessageCommand, SQSClient, SendMessageCommand } from '@aws-sdk/client-sqs';

/** Whatever has SNS and SQS: the emulator of the flow tests, or an engine to which stacks are deployed. */
export interface Messaging {
  readonly sns: SNSClient;
  readonly sqs: SQSClient;
}

export interface Outgoing {
  readonly body: string;
  /** Numbers are sent as such. */
  readonly attributes?: Record<string, string | number>;
  /** Message group. */
  readonly group?: string;
  /** Deduplication id. */
  readonly id?: string;
}

function rendered({ attributes, group, id }: Outgoing) {
  return {
    MessageAttributes: attributes && Object.fromEntries(Object.entries(attributes)
      .map(([name, value]) => [name, { DataType: typeof value === 'number' ? 'Number' : 'String', StringValue: `${value}` }])),
    MessageGroupId: group,
    MessageDeduplicationId: id,
  };
}

export async function publish({ sns }: Messaging, TopicArn: string, message: Outgoing) {
  await sns.send(new PublishCommand({ TopicArn, Message: message.body, ...rendered(message) }));
}

/** Publishes in batches of ten, the most that SNS takes. */
export async function publishAll({ sns }: Messaging, TopicArn: string, messages: readonly Outgoing[]) {
  for (let at = 0; at < messages.length; at += 10) {
    const entries = messages.slice(at, at + 10).map((message, Id) => ({ Id: `${Id}`, Message: message.body, ...rendered(message) }));
    const { Failed = [] } = await sns.send(new PublishBatchCommand({ TopicArn, PublishBatchRequestEntries: entries }));
    if (Failed.length > 0) throw new Error(`not published: ${JSON.stringify(Failed)}`);
  }
}

export async function send({ sqs }: Messaging, QueueUrl: string, message: Outgoing) {
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: message.body, ...rendered(message) }));
}

export interface ReceiveOptions {
  /** How long to wait, in seconds; `queue` for what the queue says. */
  readonly wait?: number | 'queue';
  readonly max?: number;
}

/** Receives without deleting. */
export async function receive({ sqs }: Messaging, QueueUrl: string, { wait = 0, max = 10 }: ReceiveOptions = {}): Promise<Message[]> {
  const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({
    QueueUrl, MaxNumberOfMessages: max, WaitTimeSeconds: wait === 'queue' ? undefined : wait, MessageAttributeNames: ['All'], MessageSystemAttributeNames: ['All'],
  }));
  return Messages;
}

export async function remove({ sqs }: Messaging, QueueUrl: string, { ReceiptHandle }: Message) {
  await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
}

/** Receives and deletes until nothing is left. The emulator has delivered before a publish returns, so there is nothing to wait for. */
export async function drain(emulator: Messaging, queueUrl: string): Promise<Message[]> {
  const all: Message[] = [];
  for (;;) {
    const messages = await receive(emulator, queueUrl);
    if (messages.length === 0) return all;
    for (const message of messages) await remove(emulator, queueUrl, message);
    all.push(...messages);
  }
}

/** Gives a message back, as a consumer does that has failed and knows it. */
export async function giveBack({ sqs }: Messaging, QueueUrl: string, { ReceiptHandle }: Message) {
  await sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }));
}

export interface Counts {
  readonly visible: number;
  readonly inFlight: number;
  readonly delayed: number;
}

export async function counts({ sqs }: Messaging, QueueUrl: string): Promise<Counts> {
  const { Attributes = {} } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
  return {
    visible: Number(Attributes.ApproximateNumberOfMessages),
    inFlight: Number(Attributes.ApproximateNumberOfMessagesNotVisible),
    delayed: Number(Attributes.ApproximateNumberOfMessagesDelayed),
  };
}
