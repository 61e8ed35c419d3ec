import {
  ChangeMessageVisibilityCommand, DeleteMessageCommand, GetQueueAttributesCommand, type Message, ReceiveMessageCommand, SQSClient,
} from '@aws-sdk/client-sqs';

const { QUEUE_URL: QueueUrl = '', ECS_AGENT_URI } = process.env;
/** A FIFO queue keeps the order of a message group only if its messages are processed one at a time. */
const MAX_MESSAGES = QueueUrl.endsWith('.fifo') ? 1 : 10;
/** Often enough for a protection of an hour. */
const MAX_HEARTBEAT_SECONDS = 600;

/** The Region is that of AWS_REGION, and the credentials are those of the role of the task. */
const sqs = new SQSClient();

/**
 * Processes messages until the process receives SIGTERM.
 *
 * @param work is called once for each message that is received. A message is deleted when it succeeds, and received again when it throws. The same
 * message can be received more than once, even if it succeeds.
 */
export async function run(work: (message: Message) => Promise<void>): Promise<void> {
  let isStopping = false;
  process.once('SIGTERM', () => { isStopping = true; });
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['VisibilityTimeout'] }));
  const visibilityTimeout = Number(Attributes!.VisibilityTimeout);

  while (!isStopping) {
    if (!await protect(true)) {
      // ECS may be about to stop this task. Received messages would be processed twice.
      await seconds(1);
      continue;
    }
    await workOnMessages(work, visibilityTimeout).catch(async error => {
      report(error);
      await seconds(1);
    });
    await protect(false);
  }
}

async function workOnMessages(work: (message: Message) => Promise<void>, visibilityTimeout: number): Promise<void> {
  const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: MAX_MESSAGES, WaitTimeSeconds: 20 }));
  const inProgress = new Set(Messages);
  // At a third of the timeout, so that one heartbeat may fail.
  const heartbeat = setInterval(() => {
    void protect(true);
    for (const message of inProgress) extend(message, visibilityTimeout).catch(report);
  }, Math.min(visibilityTimeout / 3, MAX_HEARTBEAT_SECONDS) * 1000);

  await Promise.all(Messages.map(async message => {
    try {
      await work(message);
      inProgress.delete(message);
      await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle }));
    } catch (error) {
      // It is received again after its visibility timeout, and becomes a dead letter after too many receives.
      inProgress.delete(message);
      report(error);
    }
  }));
  clearInterval(heartbeat);
}

async function extend({ ReceiptHandle }: Message, VisibilityTimeout: number): Promise<void> {
  await sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout }));
}

/** Turns the protection of this task on or off. Elsewhere than in Amazon ECS there is nothing to protect. */
async function protect(ProtectionEnabled: boolean): Promise<boolean> {
  if (!ECS_AGENT_URI) return true;
  const state = { ProtectionEnabled, ...ProtectionEnabled && { ExpiresInMinutes: 60 } };
  try {
    const answer = await fetch(`${ECS_AGENT_URI}/task-protection/v1/state`, {
      method: 'PUT', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(state), signal: AbortSignal.timeout(10_000),
    });
    // Anything else, such as `failure` or `error`, means that nothing has changed.
    return 'protection' in (await answer.json() as object);
  } catch (error) {
    report(error);
    return false;
  }
}

const seconds = (count: number) => new Promise(resolve => setTimeout(resolve, count * 1000));

function report(error: unknown): void {
  console.error(error);
}
