import { existsSync, rmSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import { App, CfnElement, CfnParameter, Environment, Lazy, Stack } from 'aws-cdk-lib';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct, IConstruct } from 'constructs';
import * as fc from 'fast-check';
import { Surroundings, surround, surroundings } from './surroundings';
import type { Deployed, Pair } from './whole-app';

export const ACCOUNT = '111122223333';
export const OTHER_ACCOUNT = '444455556666';

const ENVIRONMENTS: Record<string, Environment | undefined> = {
  'unknown': undefined,
  'eu-west-1': { account: ACCOUNT, region: 'eu-west-1' },
  'an unknown account in us-east-1': { region: 'us-east-1' },
  'an opt-in Region': { account: ACCOUNT, region: 'me-south-1' },
  'aws-cn': { account: ACCOUNT, region: 'cn-north-1' },
  'aws-us-gov': { account: ACCOUNT, region: 'us-gov-west-1' },
  'another Region': { account: ACCOUNT, region: 'us-east-1' },
  'another account': { account: OTHER_ACCOUNT, region: 'eu-west-1' },
  'both': { account: OTHER_ACCOUNT, region: 'us-east-1' },
  'a Region that CDK does not know': { account: ACCOUNT, region: 'xx-nowhere-1' },
};

/** For what is elsewhere than the rest of the app. */
const ELSEWHERE = ['another Region', 'another account', 'both'];

/** What lives where. Whoever comes later in this list may refer to whoever comes before. */
export type Layer = 'base' | 'topic' | 'queue';

/** Groups of layers that share a stack, without a cycle that the user would have written. */
const GROUPS: Layer[][][] = [
  [['base', 'topic', 'queue']], [['base'], ['topic', 'queue']], [['base', 'topic'], ['queue']], [['base'], ['topic'], ['queue']],
];

/** Where a draw takes place. */
export interface Scene {
  readonly environment: string;
  readonly groups: Layer[][];
  /** Where the stack of the layer `queue` is instead; the layers before it are in the environment. */
  readonly elsewhere?: string;
  readonly surroundings?: Surroundings;
}

/** Stacks are made in the order drawn, which is not that of their dependencies. */
export const scenes: fc.Arbitrary<Scene> = fc.record({
  environment: fc.constantFrom(...Object.keys(ENVIRONMENTS).filter(name => !ELSEWHERE.includes(name))),
  groups: fc.oneof(
    { arbitrary: fc.constant(GROUPS[0]), weight: 2 },
    ...GROUPS.slice(1).map(groups => ({ arbitrary: fc.shuffledSubarray(groups, { minLength: groups.length }), weight: 1 })),
  ),
});

/** Two Regions and two accounts, with what an organization puts around its apps. */
export const scenesOfUsers: fc.Arbitrary<Scene> = fc.record({
  environment: fc.constant('eu-west-1'),
  groups: fc.constantFrom<Layer[][]>([['base'], ['topic'], ['queue']], [['queue'], ['topic'], ['base']], [['base', 'topic'], ['queue']]),
  elsewhere: fc.constantFrom('eu-west-1', 'another Region', 'another account', 'both'),
  surroundings,
});

/** One folder for all apps of a process: in memory where there is such a place, since every draw writes its templates twice. */
const OUTDIR = join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), `cdk-decouple-properties-${process.pid}`);

export function removeOutput(): void {
  rmSync(OUTDIR, { recursive: true, force: true });
}

/** An app with the stacks of a scene, and what exists in it before the library is used. */
export class World {
  public readonly app = new App({ analyticsReporting: false, treeMetadata: false, stackTraces: false, outdir: OUTDIR });
  /** Everything the draw makes beside the library hangs here. */
  private readonly existing = new Map<Stack, Construct>();
  private readonly layers = new Map<Layer, Stack>();
  private readonly shared = new Map<string, unknown>();
  /** Whether the draw notes every source that it allows to send, so that there must be no other. */
  public notesSources = false;
  private readonly listed: (readonly [IQueue, string?, IConstruct?, string?, string?])[] = [];
  private readonly names = new Set<string>();
  private layer: Layer = 'base';
  private count = 0;

  constructor(public readonly scene: Scene) {
    if (scene.surroundings) surround(this.app, scene.surroundings);
    for (const group of scene.groups) {
      const environment = group.includes('queue') ? scene.elsewhere ?? scene.environment : scene.environment;
      const stack = new Stack(this.app, `Stack${group.join('')}`, { env: ENVIRONMENTS[environment] });
      group.forEach(layer => this.layers.set(layer, stack));
    }
  }

  public stack(layer: Layer): Stack {
    return this.layers.get(layer)!;
  }

  /** The stack of the step that is being made; parameters belong there. */
  public get current(): Stack {
    return this.stack(this.layer);
  }

  public enter(layer: Layer): void {
    this.layer = layer;
  }

  /** Makes something that exists already, each time another. */
  public make<T>(layer: Layer | 'current', factory: (scope: Construct, id: string) => T): T {
    const stack = layer === 'current' ? this.current : this.stack(layer);
    if (!this.existing.has(stack)) this.existing.set(stack, new Construct(stack, 'Existing'));
    return factory(this.existing.get(stack)!, `Thing${this.count++}`);
  }

  /** Makes something that exists already, once. */
  public once<T>(name: string, layer: Layer | 'current', factory: (scope: Construct, id: string) => T): T {
    const key = `${name} ${layer === 'current' ? this.layer : layer}`;
    if (!this.shared.has(key)) this.shared.set(key, this.make(layer, factory));
    return this.shared.get(key) as T;
  }

  /** Notes that a service was let send to a queue for a source; without one, that nothing is yet. */
  public allow(queue: IQueue, service?: string, source?: IConstruct, arn?: string, account?: string): void {
    const noted = [queue, service, source, arn, account] as const;
    this.listed.push(noted);
  }

  /** What was noted, once it is known where everything is. */
  public pairs(resolve: (scope: IConstruct, value: unknown) => string): Map<string, Pair[]> | undefined {
    if (!this.notesSources) return undefined;
    const pairs = new Map<string, Pair[]>();
    for (const [queue, service, source, arn, account] of this.listed) {
      const receiver = resolve(queue, queue.queueArn);
      const known = pairs.get(receiver) ?? [];
      pairs.set(receiver, known);
      if (service && source) known.push({ service, arn: resolve(source, arn), account: account ?? resolve(source, Stack.of(source).account) });
    }
    return pairs;
  }

  public lazyNumber(known: number): number {
    return Lazy.number({ produce: () => known });
  }

  /** A physical name, with another end where one before has it: two queues cannot have the same name. */
  public distinct(name: string): string {
    let distinct = name;
    for (let count = 1; this.names.has(distinct); count++) distinct = name.slice(0, Math.max(0, name.length - `${count}`.length)) + count;
    this.names.add(distinct);
    return distinct;
  }

  public lazyText(known: string): string {
    return Lazy.string({ produce: () => known });
  }

  public numberParameter(known: number): number {
    return this.make('current', (scope, id) => new CfnParameter(scope, id, { type: 'Number', default: known })).valueAsNumber;
  }

  public textParameter(known: string): string {
    return this.make('current', (scope, id) => new CfnParameter(scope, id, { default: known })).valueAsString;
  }

  /** The paths in the tree, and every element as it would be rendered now. */
  public snapshot(): string {
    const elements = (this.app.node.findAll() as IConstruct[]).map(construct => CfnElement.isCfnElement(construct)
      ? `${construct.node.path} ${JSON.stringify(Stack.of(construct).resolve((construct as any)._toCloudFormation()))}`
      : construct.node.path);
    return elements.join('\n');
  }

  /** The templates by stack, as they are written. */
  public synth(): Record<string, any> {
    return Object.fromEntries(this.app.synth({ force: true }).stacks.map(stack => [stack.stackName, stack.template]));
  }

  /** The stacks with where they are deployed, each after those that it depends on. */
  public deployed(templates: Record<string, any>): Deployed[] {
    const stacks = this.app.synth().stacks;
    return stacks.map(({ stackName, environment }) => ({
      stackName,
      template: templates[stackName],
      account: environment.account === 'unknown-account' ? ACCOUNT : environment.account,
      region: environment.region === 'unknown-region' ? 'eu-west-1' : environment.region,
    }));
  }
}
