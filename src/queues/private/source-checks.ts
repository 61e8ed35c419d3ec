import { Token } from 'aws-cdk-lib';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { IConstruct } from 'constructs';
import { sourceAccountProblem } from '../../access/private/source-account';
import { sourceRegionProblem } from '../../access/private/source-region';
import { ServiceSource } from '../../access/service-source';
import { describe } from '../../private/describe';
import { fail } from '../../private/problems';
import { factsOf } from '../../private/queue-facts';

/** An S3 event can be this large. */
const S3_EVENT_BYTES = 65_536;

/** Throws for a source that is no source, or whose messages SQS or the service would not take to the queue. */
export function checkSource(scope: IConstruct, queue: sqs.Queue, source: ServiceSource): void {
  const refuse = (got: string, allowed: string, fix: string) => fail(scope, 'WorkQueue', { prop: 'allowService(source)', got, allowed, fix });

  const invalid = typeof source?._bind === 'function' ? source._invalid() : describe(source);
  if (invalid) {
    refuse(invalid, 'a ServiceSource with a service principal, a full ARN and a 12-digit account',
      'Use ServiceSource.topic(), bucket() or rule(), or correct what ServiceSource.of() was given.');
  }
  if (source.service === 'cloudwatch.amazonaws.com') {
    refuse('alarms', 'a service that sends to queues', 'CloudWatch alarms notify topics, not queues; let a topic deliver to the queue.');
  }
  if (factsOf(queue).awsManagedKey) {
    refuse(`${source.service}, and a queue encrypted with alias/aws/sqs`, 'a queue encrypted by SQS (SSE-SQS) or with a customer key',
      'Nobody can change the policy of alias/aws/sqs, so no service could send; let what changes the encryption of the queue use another.');
  }
  if (queue.fifo && source._isStandardTopic) {
    refuse('a standard topic', 'a FIFO topic on a FIFO queue', 'SNS does not deliver from a standard topic to a FIFO queue; make both of one kind.');
  }
  const account = sourceAccountProblem(source, queue, 'queue', queue.encryptionMasterKey);
  if (account) refuse(account.got, account.allowed, account.fix);
  const region = sourceRegionProblem(source, queue, 'queue');
  if (region) refuse(region.got, region.allowed, region.fix);
  if (source.service !== 's3.amazonaws.com') return;
  if (queue.fifo) {
    refuse('a bucket', 'a bucket only on a standard queue', 'S3 does not send to FIFO queues; use EventBridge, or a standard queue.');
  }
  const size = (queue.node.defaultChild as sqs.CfnQueue).maximumMessageSize;
  if (size !== undefined && !Token.isUnresolved(size) && size < S3_EVENT_BYTES) {
    refuse(`a bucket, with maxMessageSize ${size} bytes`, 'maxMessageSize of at least 64 KiB', 'An S3 event can have 64 KiB; raise maxMessageSize.');
  }
}

/** Throws for what is no work queue, such as the queue itself, which the CDK's own classes take. */
export function requireWorkQueue(scope: IConstruct, construct: string, value: unknown): void {
  if (typeof (value as { allowService?: unknown } | null)?.allowService === 'function') return;
  fail(scope, construct, { prop: 'workQueue', got: describe(value), allowed: 'a WorkQueue', fix: 'Pass the WorkQueue itself, not its .queue.' });
}
