import { Construct } from 'constructs';
import { WORK_QUEUE } from './queue-bounds';
import { encryptionProblems } from './queue-encryption';
import { checkDelay, secondsWithin } from './retention';
import { checkBounds } from '../../private/bounds';
import { placeOf } from '../../private/environment';
import { nameProblems } from '../../private/names';
import { Problem, at } from '../../private/problems';
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
    ...nameProblems('queue', queueName, isFifo),
  ];
}
