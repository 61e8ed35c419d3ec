import { DeleteMessageCommand, GetQueueUrlCommand, Message, QueueDoesNotExist, ReceiveMessageCommand, SQSClient, SendMessageCommand } from '@aws-sdk/client-sqs';

const QUEUE_NAME = /^[\w-]{1,80}$/;

/** Answers requests, and sends each reply to the queue that the request names. Any number of responders can run at the same time. */
export class Responder {
  private readonly urls = new Map<string, string>();

  /**
   * @param answer the reply to a request. It may be called twice for the same request.
   * @param failed what to do with an error; the request becomes visible again, and a dead letter after 5 receives
   */
  constructor(
    private readonly sqs: SQSClient,
    private readonly requestsUrl: string,
    private readonly answer: (request: string) => Promise<string>,
    private readonly failed: (error: unknown, request: Message) => void,
  ) {}

  /** Answers requests until it is told to stop. */
  public async listen(until: AbortSignal): Promise<void> {
    while (!until.aborted) await this.receive();
  }

  /** Receives once, for at most 20 seconds, and returns the number of requests. */
  public async receive(waitSeconds = 20): Promise<number> {
    const { Messages = [] } = await this.sqs.send(new ReceiveMessageCommand({
      QueueUrl: this.requestsUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: waitSeconds, MessageAttributeNames: ['ReplyTo', 'CorrelationId'],
    }));
    for (const request of Messages) {
      try {
        await this.respond(request);
      } catch (error) {
        this.failed(error, request);
      }
    }
    return Messages.length;
  }

  /** The request is deleted last: if this process stops before, another responder answers it. */
  private async respond(request: Message): Promise<void> {
    const { ReplyTo, CorrelationId } = request.MessageAttributes ?? {};
    if (!QUEUE_NAME.test(ReplyTo?.StringValue ?? '') || !CorrelationId?.StringValue) throw new Error('the request names no reply queue, or has no correlation ID');
    const replyTo = ReplyTo!.StringValue!;
    const reply = await this.answer(request.Body ?? '');
    try {
      await this.sqs.send(new SendMessageCommand({
        QueueUrl: await this.urlOf(replyTo), MessageBody: reply, MessageAttributes: { CorrelationId: { DataType: 'String', StringValue: CorrelationId.StringValue } },
      }));
    } catch (error) {
      // The requester is gone, and nobody waits for the reply.
      if (!(error instanceof QueueDoesNotExist)) throw error;
      this.urls.delete(replyTo);
    }
    await this.sqs.send(new DeleteMessageCommand({ QueueUrl: this.requestsUrl, ReceiptHandle: request.ReceiptHandle }));
  }

  /** A request names a queue, not a URL: the SDK would send the reply to any host that a URL names. */
  private async urlOf(name: string): Promise<string> {
    const known = this.urls.get(name);
    if (known !== undefined) return known;
    const { QueueUrl } = await this.sqs.send(new GetQueueUrlCommand({ QueueName: name }));
    this.urls.set(name, QueueUrl!);
    return QueueUrl!;
  }
}
