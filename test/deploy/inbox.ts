import { Message } from '@aws-sdk/client-sqs';
import { Messaging, receive, remove } from '../flow/messages';

/** An engine delivers in the background; what has not come after this time does not come. */
const PATIENCE_SECONDS = 10;
/** And what has not come this long after the last expected message is not delivered in excess. */
const QUIET_SECONDS = 1;

/** Receives and deletes until `expected` messages have come, and then looks for one too many. */
export async function collect(engine: Messaging, queueUrl: string, expected: number): Promise<Message[]> {
  const all: Message[] = [];
  const end = Date.now() + PATIENCE_SECONDS * 1000;
  while (all.length < expected && Date.now() < end) all.push(...await take(engine, queueUrl, 1));
  all.push(...await take(engine, queueUrl, QUIET_SECONDS));
  return all;
}

/** Receives one message and deletes it; fails if none comes. */
export async function takeOne(engine: Messaging, queueUrl: string): Promise<Message> {
  const [message] = await collect(engine, queueUrl, 1);
  if (!message) throw new Error(`no message in ${queueUrl} after ${PATIENCE_SECONDS} seconds`);
  return message;
}

async function take(engine: Messaging, queueUrl: string, wait: number): Promise<Message[]> {
  const messages = await receive(engine, queueUrl, { wait });
  for (const message of messages) await remove(engine, queueUrl, message);
  return messages;
}
