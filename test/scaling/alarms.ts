import { Alarm } from './design';

// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html

/** How many more datapoints than it needs an alarm reads: in place of a missing one it takes one before. AWS gives 5 for 3 as an example. */
export const EVALUATION_RANGE = 2;

export type AlarmState = 'ALARM' | 'OK' | 'INSUFFICIENT_DATA';

/**
 * The state of an alarm after its last datapoints, the newest of which is the last.
 *
 * Where there are fewer datapoints in the range than the alarm needs, those that are missing count as the alarm treats them. Missing ones that are
 * `missing` are left out: the alarm is decided by the others, and without any it has insufficient data.
 */
export function stateOf(alarm: Pick<Alarm, 'evaluationPeriods' | 'datapointsToAlarm' | 'breaches' | 'missingData'>, points: (number | undefined)[], before: AlarmState): AlarmState {
  const { evaluationPeriods, datapointsToAlarm, breaches, missingData } = alarm;
  const range = points.slice(-evaluationPeriods - EVALUATION_RANGE);
  const found = range.filter(value => value !== undefined);
  const recent = found.slice(-evaluationPeriods);
  const breaching = recent.filter(breaches).length;
  const missing = evaluationPeriods - recent.length;
  if (missing === 0) return breaching >= datapointsToAlarm ? 'ALARM' : 'OK';
  if (missingData === 'breaching') return breaching + missing >= datapointsToAlarm ? 'ALARM' : 'OK';
  if (missingData === 'notBreaching') return breaching >= datapointsToAlarm ? 'ALARM' : 'OK';
  if (missingData === 'ignore') return recent.length > 0 && breaching === 0 ? 'OK' : before;
  if (recent.length === 0) return 'INSUFFICIENT_DATA';
  return breaching >= Math.min(datapointsToAlarm, recent.length) ? 'ALARM' : 'OK';
}
