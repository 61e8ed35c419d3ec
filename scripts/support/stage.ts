import { Progress } from './terminal';

/** What one layer of one stage came to. */
export interface Tally {
  readonly layer: string;
  readonly passed: number;
  readonly failed: number;
  /** For the summary: `96.1 % of lines`, `41 snippets`. */
  readonly note?: string;
}

export interface Outcome {
  readonly tallies: Tally[];
  /** Shown in full when something failed. */
  readonly output: string;
  /** What was counted beside tests, a line each, for the summary: simulations, messages, draws. */
  readonly figures?: readonly string[];
}

export interface Stage {
  readonly name: string;
  /** Names of the stages that have to pass first. */
  readonly after?: readonly string[];
  /** Processors it keeps busy. */
  readonly slots: 1 | 2;
  run(): Promise<Outcome>;
}

export interface StageResult extends Outcome {
  readonly stage: string;
  readonly seconds: number;
  readonly skipped?: string;
}

/** Runs each stage as soon as what it needs has passed and there is a processor for it, in the order given. */
export async function runStages(stages: readonly Stage[], slots: number, progress: Progress): Promise<StageResult[]> {
  const done = new Map<string, StageResult>();
  const waiting = [...stages];
  const running = new Set<Promise<void>>();
  let free = slots;

  const known = new Set(stages.map(stage => stage.name));
  const ready = (stage: Stage) => (stage.after ?? []).filter(name => known.has(name)).every(name => done.has(name));
  const broken = (stage: Stage) => (stage.after ?? []).find(name => { const r = done.get(name); return r && !passed(r); });

  const start = async (stage: Stage) => {
    const began = Date.now();
    progress.start(stage.name);
    const outcome = await stage.run().catch((error: Error): Outcome => ({
      tallies: [{ layer: stage.name, passed: 0, failed: 1 }], output: error.stack ?? String(error),
    }));
    const result = { ...outcome, stage: stage.name, seconds: (Date.now() - began) / 1000 };
    done.set(stage.name, result);
    const count = outcome.tallies.reduce((sum, tally) => sum + tally.passed, 0);
    progress.end(stage.name, passed(result) ? 'ok' : 'FAILED', `${count} passed`);
    if (!passed(result)) console.log(`\n━━ ${stage.name} ${'━'.repeat(60)}\n${outcome.output.trimEnd()}\n${'━'.repeat(62)}\n`);
  };

  while (waiting.length > 0 || running.size > 0) {
    for (const stage of [...waiting]) {
      const reason = broken(stage);
      if (reason) {
        waiting.splice(waiting.indexOf(stage), 1);
        done.set(stage.name, { stage: stage.name, seconds: 0, skipped: reason, output: '', tallies: [{ layer: stage.name, passed: 0, failed: 1, note: `not run: ${reason} failed` }] });
      } else if (ready(stage) && stage.slots <= free) {
        waiting.splice(waiting.indexOf(stage), 1);
        free -= stage.slots;
        const promise: Promise<void> = start(stage).then(() => { free += stage.slots; running.delete(promise); });
        running.add(promise);
      }
    }
    if (running.size > 0) await Promise.race(running);
    else if (waiting.length > 0 && !waiting.some(stage => broken(stage) || ready(stage))) throw new Error(`stages wait for one another: ${waiting.map(s => s.name).join(', ')}`);
  }
  return stages.map(stage => done.get(stage.name)!);
}

export function passed(result: StageResult): boolean {
  return !result.skipped && result.tallies.every(tally => tally.failed === 0);
}
