import { CfnResource } from 'aws-cdk-lib';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { Problem, unless } from '../../private/problems';
import { writtenProperties } from '../../private/written';
import type { QueueScaling } from '../queue-scaling';
import { targetOf } from './fargate-service';

/** The limits that a schedule sets, as the template has them. */
interface ScheduledLimits {
  readonly min?: unknown;
  readonly max?: unknown;
}

/** Schedules that the user has added to the group. */
export function groupScheduleProblems(scaling: QueueScaling, group: autoscaling.AutoScalingGroup): Problem[] {
  const actions = group.node.children.filter((child): child is autoscaling.ScheduledAction => child instanceof autoscaling.ScheduledAction);
  const limits = actions.map(action => {
    const { MinSize, MaxSize } = writtenProperties(action.node.defaultChild as CfnResource);
    return { min: MinSize, max: MaxSize };
  });
  return scheduleProblems('autoScalingGroup.scaleOnSchedule()', scaling, limits);
}

/** Schedules that the user has added to the number of tasks. */
export function taskScheduleProblems(scaling: QueueScaling, taskCount: ecs.ScalableTaskCount): Problem[] {
  const { ScheduledActions } = writtenProperties(targetOf(taskCount).node.defaultChild as CfnResource);
  const actions = ScheduledActions as { ScalableTargetAction?: { MinCapacity?: unknown; MaxCapacity?: unknown } }[] | undefined;
  return scheduleProblems('taskCount.scaleOnSchedule()', scaling, (actions ?? []).map(({ ScalableTargetAction: limits }) => (
    { min: limits?.MinCapacity, max: limits?.MaxCapacity }
  )));
}

/**
 * A scheduled minimum of 0 for workers that are never started from zero.
 *
 * Target tracking multiplies the capacity, so it ends the last worker and cannot start one: the messages would wait for the next schedule
 * (test/workers/schedules.test.ts). With a maximum of 0 too, that is what the schedule is for.
 */
function scheduleProblems(prop: string, scaling: QueueScaling, limits: ScheduledLimits[]): Problem[] {
  return unless(scaling._mayReachZero || !limits.some(({ min, max }) => isZero(min) && !isZero(max)), () => ({
    prop,
    got: 'a scheduled minimum of 0',
    allowed: 'at least 1 if scaling.min is above 0',
    fix: 'Nothing would start a worker from zero. Specify a minimum of 0 for the scaling, and schedule a greater one for the hours in which workers always run. '
      + 'To stop all workers, schedule a maximum of 0 too.',
  }));
}

/** The properties of a group are strings or numbers. */
function isZero(limit: unknown): boolean {
  return limit === 0 || limit === '0';
}
