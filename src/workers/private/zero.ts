import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as cloudwatch_actions from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { Ec2Workers } from '../ec2-workers';
import { lastInstanceExpression, waitingExpression } from './backlog';

/** An alarm, and the step that it takes every minute while it is in `ALARM`. */
interface Step {
  readonly alarm: cloudwatch.Alarm;
  readonly action: autoscaling.StepScalingAction;
}

/** Target tracking multiplies what there is, so it cannot leave zero by itself. SageMaker's asynchronous endpoints leave it by such a step too. */
export function startFirst(workers: Ec2Workers): Step {
  const action = new autoscaling.StepScalingAction(workers, 'StartAction', { autoScalingGroup: workers.autoScalingGroup });
  // One more, not exactly one: while the first instance starts, target tracking may already have asked for several.
  action.addAdjustment({ adjustment: 1, lowerBound: 0 });
  const alarm = createAlarm(workers, 'StartAlarm', {
    alarmDescription: 'Messages are waiting and no instance is in service: starts the first one.',
    metric: waitingExpression(workers.queue, workers.metricInServiceInstances()),
    threshold: 1,
    comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    evaluationPeriods: 1,
  });
  alarm.addAlarmAction(new cloudwatch_actions.AutoScalingAction(action));
  return { alarm, action };
}

/**
 * Target tracking does not end the last instance (see `backlogAboveLastUnit`), and cannot be told how long to wait with it.
 *
 * A step scaling policy scales in when its alarm says so, whether or not a target tracking policy is ready to
 * (https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-scale-based-on-demand.html).
 */
export function stopLast(workers: Ec2Workers): Step {
  const action = new autoscaling.StepScalingAction(workers, 'StopAction', { autoScalingGroup: workers.autoScalingGroup });
  action.addAdjustment({ adjustment: -1, upperBound: 0 });
  const alarm = createAlarm(workers, 'StopAlarm', {
    alarmDescription: 'No message waits or is in progress, and one instance is in service: ends it.',
    metric: lastInstanceExpression(workers.queue, workers.metricInServiceInstances()),
    threshold: 1,
    comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
    evaluationPeriods: workers.scaling.idleTime.toMinutes(),
  });
  alarm.addAlarmAction(new cloudwatch_actions.AutoScalingAction(action));
  return { alarm, action };
}

/** An alarm that acts on data alone, and on all of its datapoints. */
function createAlarm(workers: Ec2Workers, id: string, props: cloudwatch.AlarmProps): cloudwatch.Alarm {
  const alarm = new cloudwatch.Alarm(workers, id, props);
  // L1: a property injector for the alarms of an organization may have changed the props. Missing data that breaches would start an instance
  // each time that SQS stops publishing, and fewer datapoints would end one before its idle time.
  const resource = alarm.node.defaultChild as cloudwatch.CfnAlarm;
  resource.treatMissingData = cloudwatch.TreatMissingData.NOT_BREACHING;
  resource.datapointsToAlarm = undefined;
  return alarm;
}
