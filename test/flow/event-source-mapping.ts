import { Message } from '@aws-sdk/client-sqs';
import { ACCOUNT, Emulator, REGION } from './emulator';
import { counts, giveBack, receive, remove } from './messages';

type Json = any;

/** A function on a queue, as Lambda invokes it with a batch. */
export type Handler = (event: Json) => Promise<Json>;

/** What Lambda passes to a function for messages of a queue. */
export function eventOf(messages: readonly Message[], queueUrl: string): { Records: Json[] } {
  const [name] = new URL(queueUrl).pathname.split('/').slice(-1);
  return {
    Records: messages.map(({ MessageId, ReceiptHandle, Body, MD5OfBody, Attributes = {}, MessageAttributes = {} }) => ({
      messageId: MessageId,
      receiptHandle: ReceiptHandle,
      body: Body,
      attributes: Attributes,
      messageAttributes: Object.fromEntries(Object.entries(MessageAttributes).map(([key, { DataType, StringValue }]) => (
        [key, { dataType: DataType, stringValue: StringValue, stringListValues: [], binaryListValues: [] }]))),
      md5OfBody: MD5OfBody,
      eventSource: 'aws:sqs',
      eventSourceARN: `arn:aws:sqs:${REGION}:${ACCOUNT}:${name}`,
      awsRegion: REGION,
    })),
  };
}

/**
 * Invokes a function with batches until the queue is empty, as an event source mapping with `ReportBatchItemFailures` does: what it does not report
 * is deleted, and all of a batch returns when it throws or reports something that Lambda does not understand.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
export async function poll(emulator: Emulator, queueUrl: string, handler: Handler): Promise<void> {
  for (;;) {
    const messages = await receive(emulator, queueUrl);
    if (messages.length === 0) {
      const { visible, inFlight } = await counts(emulator, queueUrl);
      if (visible + inFlight === 0) return;
      continue;
    }
    const failed = await failedOf(messages, () => handler(eventOf(messages, queueUrl)));
    for (const message of messages) {
      // Lambda leaves them until the visibility timeout ends; this saves the time.
      if (failed.has(message.MessageId!)) await giveBack(emulator, queueUrl, message);
      else await remove(emulator, queueUrl, message);
    }
  }
}

/** The messages of a batch that return to the queue. */
export async function failedOf(messages: readonly Message[], invoke: () => Promise<Json>): Promise<Set<string>> {
  const all = new Set(messages.map(({ MessageId }) => MessageId!));
  let response: Json;
  try {
    response = await invoke();
  } catch {
    return all;
  }
  const failures: Json = response?.batchItemFailures ?? [];
  if (!Array.isArray(failures)) return all;
  const ids = failures.map(failure => failure?.itemIdentifier);
  return ids.every(id => all.has(id)) ? new Set(ids) : all;
}
