import assert from 'node:assert/strict';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { CLIENT_ACTIONS } from './client-actions';
import { ContainerProgram, Fault } from './container-programs';
import { RunOptions, RunResult, Task, VISIBILITY_TIMEOUT, runContainers } from './container-run';
import { seedFrom, seeded } from './random';
import { it } from './runner';
import { exampleTemplate, templateOf } from './templates';
import { Ordering, WorkQueue } from '../../src/queues';
import { FargateWorkers, QueueScaling, WorkerCommand } from '../../src/workers';

const SEED = seedFrom('CDK_DECOUPLE_SEED');
/** Work that takes longer than the visibility timeout. */
const LONG = VISIBILITY_TIMEOUT * 1500;

const text = (value: number) => value.toLocaleString('en');

export interface Load {
  readonly messages: number;
  readonly processes: number;
  /** How often a process is killed or stopped. */
  readonly ends: number;
}

/** Messages to the workers of the example container-workers, which are killed and stopped meanwhile. */
export function itLosesNothing(program: ContainerProgram, { messages, processes, ends }: Load): void {
  it(`the ${program.language} worker loses none of ${text(messages)} messages in ${processes} processes, which are killed or stopped ${ends} times`, async () => {
    console.info(`flow: seed ${SEED} (CDK_DECOUPLE_SEED)`);
    const draw = seeded(SEED);
    const tasks = Array.from({ length: messages }, (_, number): Task => (
      number < 4 ? { number, millis: LONG, failing: 0 } : { number, millis: Math.floor(draw() * 10), failing: 0.003 }));
    const result = await runContainers({
      program, tasks, template: exampleTemplate('container-workers'), processes, next: chaos(draw, ends, 2), refuses: () => draw() < 0.02,
    });
    assert.deepEqual(violations(tasks, result), []);
    assert.deepEqual(result.actions, CLIENT_ACTIONS['container-workers']);
    const again = result.begun - messages;
    assert.ok(result.killed.length > 0 && result.stopped.length > 0 && result.heartbeats > 0 && again > ends, 'the load has to hurt');
    console.info(`flow: ${text(messages)} messages to containers in ${program.language}: 0 lost, ${text(result.processed.length - messages)} processed twice, `
      + `${text(again)} begun again; ${result.killed.length} SIGKILL, ${result.stopped.length} SIGTERM, ${result.heartbeats} heartbeats`);
  });
}

/** On a FIFO queue, a message is processed only after those of its group that were sent before. */
export function itKeepsOrder(program: ContainerProgram): void {
  it(`the ${program.language} worker keeps the order of each message group`, async () => {
    const draw = seeded(SEED + 1);
    const tasks = Array.from({ length: 120 }, (_, number): Task => ({ number, millis: 10, failing: 0.02, group: `${number % 6}` }));
    const result = await runContainers({ program, tasks, template: fifoTemplate(), processes: 3, next: chaos(draw, 3, 2) });
    assert.deepEqual(violations(tasks, result), []);
    for (const group of new Set(tasks.map(task => task.group))) {
      const first = [...new Set(result.processed.map(({ number }) => number))].filter(number => tasks[number].group === group);
      assert.deepEqual(first, [...first].sort((a, b) => a - b));
    }
  });
}

/** What a check of `itLosesNothing` says about a worker that does something wrong. */
const FOUND: Record<Fault, RegExp> = {
  'deletes before it works': /^\d+ lost$/,
  'sends no heartbeat': /^\d+ processed by two workers at a time$/,
  'ignores SIGTERM': /^\d+ bad ends$/,
  'receives without protection': /^\d+ receives without protection$/,
};

/** The same worker with a fault, which has to be found. */
export function itFinds(program: ContainerProgram, fault: Fault): void {
  it(`a ${program.language} worker that ${fault} is found`, async () => {
    const draw = seeded(SEED + 2);
    const isSlow = fault === 'sends no heartbeat';
    const tasks = Array.from({ length: isSlow ? 1 : 40 }, (_, number): Task => ({ number, millis: isSlow ? LONG : 300, failing: 0 }));
    const next = fault === 'deletes before it works' ? chaos(draw, 1, 1, () => 'SIGKILL') : undefined;
    // Without a heartbeat two workers may take the message from each other forever.
    const patience = isSlow ? 3 * LONG : undefined;
    const result = await runContainers({
      program,
      fault,
      tasks,
      template: exampleTemplate('container-workers'),
      processes: isSlow ? 2 : 1,
      next,
      patience,
      // A few refusals by chance may be none.
      refuses: () => fault === 'receives without protection' || draw() < 0.3,
    });
    const found = violations(tasks, result);
    assert.equal(found.length, 1, found.join(', '));
    assert.match(found[0], FOUND[fault]);
  });
}

function violations(tasks: readonly Task[], result: RunResult): string[] {
  const { processed, killed, badEnds, unprotectedReceives, deadLetters } = result;
  const done = new Set(processed.map(({ number }) => number));
  const lost = tasks.filter(({ number }) => !done.has(number));
  // What a worker was killed for, another one repeats. Of the others, only one processes a message, however long it takes.
  const bySurvivors = processed.filter(({ worker }) => !killed.includes(worker));
  const twice = tasks.filter(({ number, millis }) => millis === LONG && bySurvivors.filter(one => one.number === number).length > 1);
  return [
    ...lost.length > 0 ? [`${lost.length} lost`] : [],
    ...twice.length > 0 ? [`${twice.length} processed by two workers at a time`] : [],
    ...badEnds.length > 0 ? [`${badEnds.length} bad ends`] : [],
    ...unprotectedReceives > 0 ? [`${unprotectedReceives} receives without protection`] : [],
    ...deadLetters > 0 ? [`${deadLetters} dead letters`] : [],
  ];
}

type Signal = 'SIGKILL' | 'SIGTERM';

/** Ends one of the first processes again and again; the others are left alone. */
function chaos(draw: () => number, times: number, victims: number, signalOf = (index: number): Signal => index % 3 === 2 ? 'SIGTERM' : 'SIGKILL'): RunOptions['next'] {
  let index = 0;
  return () => index < times ? { after: 100 + draw() * 200, process: Math.floor(draw() * victims), signal: signalOf(index++) } : undefined;
}

function fifoTemplate() {
  return templateOf(stack => new FargateWorkers(stack, 'Printers', {
    vpc: new ec2.Vpc(stack, 'Network', { maxAzs: 2, natGateways: 1, restrictDefaultSecurityGroup: false }),
    queue: new WorkQueue(stack, 'Labels', { ordering: Ordering.fifo() }),
    command: WorkerCommand.container(ecs.ContainerImage.fromRegistry('public.ecr.aws/label-printer')),
    scaling: QueueScaling.onBacklog({ backlogPerWorker: 10, max: 3 }),
  }));
}
