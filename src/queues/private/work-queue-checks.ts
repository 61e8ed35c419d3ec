import { Duration, PhysicalName, RemovalPolicy, Size, Stack, Token } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { checkDelay } from './retention';
import { describe } from '../../private/describe';
import { Bounds, Problems } from '../../private/problems';
import { checkRemovalPolicy } from '../../private/removal-policy';
import { DeadLetters } from '../dead-letters';
import { Encryption } from '../encryption';
import { Ordering } from '../ordering';

/** The props of a work queue with the defaults that the checks compare with one another. */
export interface CheckedQueueProps {
  readonly ordering: Ordering;
  readonly encryption: Encryption;
  readonly deadLetters: DeadLetters;
  readonly retention: Duration;
  readonly visibilityTimeout?: Duration;
  readonly deliveryDelay?: Duration;
  readonly receiveMessageWaitTime?: Duration;
  readonly maxMessageSize?: Size;
  readonly queueName?: string;
  readonly removalPolicy?: RemovalPolicy;
}

// Made once: most queues are given none of these.
const VISIBILITY_TIMEOUT: Bounds<Duration> = {
  min: Duration.seconds(0), max: Duration.hours(12), fix: 'For longer work, extend the visibility timeout while working; SQS ends it 12 hours after the receive.',
};
const DELIVERY_DELAY: Bounds<Duration> = { min: Duration.seconds(0), max: Duration.minutes(15), fix: 'For a longer delay use EventBridge Scheduler.' };
const RETENTION: Bounds<Duration> = { min: Duration.seconds(60), max: Duration.days(14), fix: 'Give a retention in this range, or leave it out for 4 days.' };
const RECEIVE_MESSAGE_WAIT_TIME: Bounds<Duration> = {
  min: Duration.seconds(0), max: Duration.seconds(20), fix: 'Give a wait in this range; 20 seconds is the longest SQS polls.',
};
const MAX_MESSAGE_SIZE: Bounds<Size> = { min: Size.kibibytes(1), max: Size.mebibytes(1), fix: 'Put what is larger into S3 and send where it is.' };

/** Throws one error that names everything wrong with the props. */
export function checkQueueProps(scope: Construct, props: CheckedQueueProps, given: unknown): void {
  const problems = new Problems(scope, 'WorkQueue');
  problems.options('props', given);
  problems.seconds('visibilityTimeout', props.visibilityTimeout, VISIBILITY_TIMEOUT);
  const deliveryDelay = problems.seconds('deliveryDelay', props.deliveryDelay, DELIVERY_DELAY);
  const retention = problems.seconds('retention', props.retention, RETENTION);
  checkDelay(problems, deliveryDelay, retention);
  problems.seconds('receiveMessageWaitTime', props.receiveMessageWaitTime, RECEIVE_MESSAGE_WAIT_TIME);
  problems.bytes('maxMessageSize', props.maxMessageSize, MAX_MESSAGE_SIZE);
  const ordering = problems.union('ordering', props.ordering, Ordering, 'Ordering.standard() or Ordering.fifo()');
  if (ordering) props.ordering._check(problems);
  if (problems.union('encryption', props.encryption, Encryption, 'Encryption.sqsManaged() or Encryption.customerManaged()')) {
    props.encryption._check(problems, scope);
  }
  const { account, region } = Stack.of(scope);
  if (problems.union('deadLetters', props.deadLetters, DeadLetters, 'DeadLetters.dedicated(), shared(), existing() or none(reason)') && ordering) {
    props.deadLetters._checkSource(problems, { isFifo: props.ordering.isFifo, retention, queueName: props.queueName, account, region });
  }
  checkRemovalPolicy(problems, props.removalPolicy);
  if (ordering) checkName(problems, props.queueName, props.ordering.isFifo);
  problems.throwIfAny();
}

function checkName(problems: Problems, name: string | undefined, isFifo: boolean): void {
  if (name === undefined) return;
  const allowed = isFifo ? '1 to 75 letters, digits, hyphens and underscores, followed by .fifo' : '1 to 80 letters, digits, hyphens and underscores';
  if (typeof name === 'string' && Token.isUnresolved(name)) {
    problems.require(name !== PhysicalName.GENERATE_IF_NEEDED, {
      prop: 'queueName', got: 'PhysicalName.GENERATE_IF_NEEDED', allowed, fix: 'Give a name, or leave it out where no stack in another account or Region refers to the queue.',
    });
    // CDK reads the end of the text, token or not.
    problems.require(name.endsWith('.fifo') === isFifo, {
      prop: 'queueName', got: `a value only known at deployment, ${isFifo ? 'not followed' : 'followed'} by .fifo`, allowed, fix: 'Write .fifo after the value for a FIFO queue, and only there.',
    });
    return;
  }
  const pattern = isFifo ? /^[A-Za-z0-9_-]{1,75}\.fifo$/ : /^[A-Za-z0-9_-]{1,80}$/;
  problems.require(typeof name === 'string' && pattern.test(name), {
    prop: 'queueName', got: describe(name), allowed, fix: 'Correct the name, or leave it out: a generated one cannot collide.',
  });
}
