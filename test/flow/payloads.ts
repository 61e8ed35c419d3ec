import { Message } from '@aws-sdk/client-sqs';
import { AccessDenied } from './acting';
import { Actor } from './actor';
import { Deployment } from './deployment';
import { receive, remove, send } from './messages';

/** What the client libraries write before the pointer. */
const POINTER = 'software.amazon.payloadoffloading.PayloadS3Pointer';
const [BUCKET_MARKER, KEY_MARKER] = ['-..s3BucketName..-', '-..s3Key..-'];

/** A message as a consumer gets it from its client library. */
export interface Received {
  readonly payload: string;
  /** The receipt handle of SQS, with the location of the object. */
  readonly receiptHandle: string;
  readonly message: Message;
}

/** What S3 answers for an object that is gone; the message stays in flight. */
export class NoSuchKey extends Error {
  constructor(public readonly received: Message) {
    super();
  }
}

/**
 * The bucket of a work queue, by the permissions and the lifecycle rule of the template, and what the client libraries do with it.
 *
 * @see https://github.com/awslabs/amazon-sqs-java-extended-client-lib
 */
export class Payloads {
  /** The text of each object, and the day on which it was written. */
  public readonly objects = new Map<string, { readonly text: string; readonly day: number }>();
  private today = 0;
  private written = 0;

  constructor(private readonly deployment: Deployment, private readonly queueName: string, private readonly bucketName: string) {}

  /** Lets days pass; S3 deletes objects by the rule of the template. */
  public pass(days: number): void {
    this.today += days;
    const [{ Status, ExpirationInDays }] = this.bucket.LifecycleConfiguration.Rules;
    for (const [key, { day }] of this.objects) {
      if (Status === 'Enabled' && this.today - day >= ExpirationInDays) this.objects.delete(key);
    }
  }

  /** Stores the payload, and sends a message with its location. */
  public async send(producer: Actor, text: string): Promise<void> {
    const key = `payload-${++this.written}`;
    await this.demand(producer, ['s3:PutObject'], ['kms:GenerateDataKey', 'kms:Decrypt'], key);
    await this.demandOnQueue(producer, ['sqs:SendMessage'], ['kms:GenerateDataKey', 'kms:Decrypt'], this.queueName);
    this.objects.set(key, { text, day: this.today });
    await send(this.deployment.emulator, this.deployment.queue(this.queueName), {
      body: JSON.stringify([POINTER, { s3BucketName: this.name, s3Key: key }]),
      attributes: { ExtendedPayloadSize: Buffer.byteLength(text) },
    });
  }

  /** Receives messages, and reads their payloads. */
  public async receive(consumer: Actor, from: string = this.queueName): Promise<Received[]> {
    await this.demandOnQueue(consumer, ['sqs:ReceiveMessage'], ['kms:Decrypt'], from);
    const messages = await receive(this.deployment.emulator, this.deployment.queue(from));
    return Promise.all(messages.map(async message => {
      const [kind, { s3BucketName, s3Key }] = JSON.parse(message.Body!);
      if (kind !== POINTER || s3BucketName !== this.name || !message.MessageAttributes?.ExtendedPayloadSize) throw new Error(`not a pointer: ${message.Body}`);
      await this.demand(consumer, ['s3:GetObject'], ['kms:Decrypt'], s3Key);
      const object = this.objects.get(s3Key);
      if (!object) throw new NoSuchKey(message);
      return { payload: object.text, message, receiptHandle: `${BUCKET_MARKER}${s3BucketName}${BUCKET_MARKER}${KEY_MARKER}${s3Key}${KEY_MARKER}${message.ReceiptHandle}` };
    }));
  }

  /** Deletes a message with its payload, by the receipt handle alone. */
  public async delete(consumer: Actor, receiptHandle: string, from: string = this.queueName): Promise<void> {
    const [, key, handle] = receiptHandle.split(KEY_MARKER);
    await this.demand(consumer, ['s3:DeleteObject'], [], key);
    await this.demandOnQueue(consumer, ['sqs:DeleteMessage'], [], from);
    this.objects.delete(key);
    await remove(this.deployment.emulator, this.deployment.queue(from), { ReceiptHandle: handle });
  }

  private get bucket() {
    return this.deployment.properties('AWS::S3::Bucket', this.bucketName);
  }

  private get arn(): string {
    return this.deployment.arn('AWS::S3::Bucket', this.bucketName);
  }

  private get name(): string {
    return this.arn.split(':').pop()!;
  }

  private async demand(actor: Actor, actions: string[], keyActions: string[], key: string): Promise<void> {
    const [{ ServerSideEncryptionByDefault: encryption }] = this.bucket.BucketEncryption.ServerSideEncryptionConfiguration;
    await allow(actor, actions, `${this.arn}/${key}`, keyActions, encryption.KMSMasterKeyID);
  }

  private async demandOnQueue(actor: Actor, actions: string[], keyActions: string[], name: string): Promise<void> {
    const { KmsMasterKeyId } = this.deployment.properties('AWS::SQS::Queue', name);
    await allow(actor, actions, this.deployment.arn('AWS::SQS::Queue', name), keyActions, KmsMasterKeyId);
  }
}

async function allow(actor: Actor, actions: string[], resource: string, keyActions: string[], key: string | undefined): Promise<void> {
  const lacking = [...await actor.lacks(actions, resource), ...key ? await actor.lacks(keyActions, key) : []];
  if (lacking.length > 0) throw new AccessDenied(lacking.join('; '));
}
