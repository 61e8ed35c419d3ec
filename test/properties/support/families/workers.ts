import * as fc from 'fast-check';
import { Ec2Workers, FargateWorkers, FunctionWorker } from '../../../../src/workers';
import { Family, Step } from '../draws';
import { functionWorkerProps } from '../function-workers';
import { alarmOn, metricOptions } from '../metrics';
import { oneFault, step } from '../queues';
import { Mode } from '../values';
import { Start, fargateWorkersProps, withScript, workersProps } from '../workers';

const STARTS = fc.constantFrom<Start>('user data', 'user data', 'shell', 'container');

/** One or two groups of workers, on queues of all kinds. */
const KINDS = fc.array(fc.tuple(fc.boolean(), STARTS), { minLength: 1, maxLength: 2 });
const workers = (mode: Mode): fc.Arbitrary<Step[]> => KINDS.chain(kinds => oneFault(mode,
  ...kinds.map(([x86, start], index) => (inner: Mode) => step(inner, 'Ec2Workers', 'queue', workersProps(x86, start),
    (scope, props) => new Ec2Workers(scope, `Workers${index}`, withScript(props)))),
  inner => fc.constantFrom('metricBacklogPerWorker', 'metricInServiceInstances').chain(method => step(inner, `Ec2Workers.${method}`, 'queue', metricOptions(method),
    (_, options, world, [group]) => group && alarmOn(world, group[method](options)))),
));

/** A function on a queue. */
const functionWorkers = (mode: Mode): fc.Arbitrary<Step[]> => oneFault(mode,
  inner => step(inner, 'FunctionWorker', 'queue', functionWorkerProps, (scope, props) => new FunctionWorker(scope, 'Worker', props)),
  inner => fc.constantFrom('metricErrors', 'metricThrottles', 'metricDuration').chain(method => step(inner, `FunctionWorker.${method}`, 'queue', metricOptions(method),
    (_, options, world, [worker]) => worker && alarmOn(world, worker[method](options)))),
);

/** One or two services of tasks, on queues of all kinds. */
const tasks = (mode: Mode): fc.Arbitrary<Step[]> => fc.array(fc.boolean(), { minLength: 1, maxLength: 2 }).chain(sizes => oneFault(mode,
  ...sizes.map((sized, index) => (inner: Mode) => step(inner, 'FargateWorkers', 'queue', fargateWorkersProps(sized), (scope, props) => new FargateWorkers(scope, `Workers${index}`, props))),
  inner => fc.constantFrom('metricBacklogPerWorker', 'metricRunningTasks').chain(method => step(inner, `FargateWorkers.${method}`, 'queue', metricOptions(method),
    (_, options, world, [service]) => service && alarmOn(world, service[method](options)))),
));

export const WORKERS: Family[] = [
  { name: 'workers', share: { valid: 180, fault: 260, wild: 210 }, steps: workers },
  { name: 'workers on Fargate', share: { valid: 40, fault: 60, wild: 40 }, steps: tasks },
  { name: 'function workers', share: { valid: 60, fault: 80, wild: 40 }, steps: functionWorkers },
];
