import { PhysicalName, Token } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { WORK_QUEUE } from './queue-bounds';
import { encryptionProblems } from './queue-encryption';
import { checkDelay, secondsWithin } from './retention';
import { checkBounds } from '../../private/bounds';
import { describe } from '../../private/describe';
import { placeOf } from '../../private/environment';
import { Problem, at, unless } from '../../private/problems';
import { removalPolicyProblems } from '../../private/removal-policy';
import { WorkQueueProps } from '../work-queue';

/** The props of a work queue with the defaults that the checks compare with one another. */
export type CheckedQueueProps = WorkQueueProps & Required<Pick<WorkQueueProps, 'ordering' | 'encryption' | 'deadLetters' | 'retention'>>;

/** What is wrong with the props, each by itself and compared with the others. */
export function checkQueueProps(scope: Construct, props: CheckedQueueProps): Problem[] {
  const { ordering: { isFifo }, queueName } = props;
  const retention = secondsWithin(WORK_QUEUE.retention, props.retention);
  return [
    ...checkBounds(WORK_QUEUE, props),
    ...checkDelay(secondsWithin(WORK_QUEUE.deliveryDelay, props.deliveryDelay), retention),
    ...encryptionProblems(scope, props.encryption, props.dataKeyReuse),
    ...at('deadLetters', props.deadLetters._check({ isFifo, retention, queueName, ...placeOf(scope) })),
    ...removalPolicyProblems(props.removalPolicy),
    ...checkName(queueName, isFifo),
  ];
}

function checkName(name: string | undefined, isFifo: boolean): Problem[] {
  if (name === undefined) return [];
  const problem = (got: string, fix: string) => ({
    prop: 'queueName',
    got,
    allowed: isFifo ? '1 to 75 letters, digits, hyphens and underscores, followed by .fifo' : '1 to 80 letters, digits, hyphens and underscores',
    fix,
  });
  if (!Token.isUnresolved(name)) {
    const pattern = isFifo ? /^[A-Za-z0-9_-]{1,75}\.fifo$/ : /^[A-Za-z0-9_-]{1,80}$/;
    return unless(pattern.test(name), () => problem(describe(name), 'Correct the name, or omit it: a generated name is unique.'));
  }
  return [
    ...unless(name !== PhysicalName.GENERATE_IF_NEEDED, () => problem('PhysicalName.GENERATE_IF_NEEDED',
      'Specify a name, or omit it where no stack in another account or Region refers to the queue.')),
    // CDK reads the end of the string, token or not.
    ...unless(name.endsWith('.fifo') === isFifo, () => problem(`a value only known at deployment, ${isFifo ? 'not followed' : 'followed'} by .fifo`,
      'Append .fifo to the value for a FIFO queue, and only for a FIFO queue.')),
  ];
}
