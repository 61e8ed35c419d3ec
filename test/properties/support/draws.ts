import { Construct } from 'constructs';
import * as fc from 'fast-check';
import { violations } from './invariants';
import { Mode, Value } from './values';
import { Layer, Scene, World, scenes } from './world';
import * as library from '../../../src';

/** One use of the library: a construct that is made, or a method that is called on one made before. */
export interface Step {
  /** `WorkQueue`, `WorkQueue.grantSendMessages`. */
  readonly what: string;
  readonly layer: Layer;
  /** What it is given, to read and to make. */
  readonly given: Value;
  /** Whether what is wrong with it is found when the template is written, and not at the call. */
  readonly isLate?: boolean;
  /** Uses it; what it returns is remembered for the steps after it. */
  readonly use: (scope: Construct, given: any, world: World, made: any[]) => unknown;
}

export interface Draw {
  readonly mode: Mode;
  readonly scene: Scene;
  readonly steps: readonly Step[];
}

export function draws(mode: Mode, steps: (mode: Mode) => fc.Arbitrary<Step[]>, where: fc.Arbitrary<Scene> = scenes): fc.Arbitrary<Draw> {
  return fc.record({ mode: fc.constant(mode), scene: where, steps: steps(mode) }).map(draw => Object.assign(draw, {
    [fc.toStringMethod]: () => `${mode} in ${draw.scene.environment}, ${JSON.stringify(draw.scene.groups)}${draw.scene.surroundings ? `, ${draw.scene.elsewhere}, ${JSON.stringify(draw.scene.surroundings)}` : ''}:\n`
      + draw.steps.map(({ what, layer, given }) => `  ${what} in '${layer}': ${given.text}`).join('\n'),
  }));
}

/** Draws that belong together, with how many of each mode the normal run makes. */
export interface Family {
  readonly name: string;
  readonly share: Partial<Record<Mode, number>>;
  readonly steps: (mode: Mode) => fc.Arbitrary<Step[]>;
  /** Where they take place; anywhere when it is left out. */
  readonly scenes?: fc.Arbitrary<Scene>;
}

/** How a draw ended. */
export interface Outcome {
  /** Messages of the errors that the library threw. */
  readonly errors: string[];
  readonly templates: Record<string, any>;
}

const LINE = /^ {2}- ([\w.[\]]+(?: policy)?(?:\((?:[\w.]+|'[^']*')\))?(?:\.[\w.[\]]+)?): got \S.*; allowed: \S.*\. \S.*\.$/s;

/**
 * Does what was drawn and throws for whatever is neither a good template nor a good error.
 *
 * @param index how many were done before: of those without errors, CloudFormation's rules are asked for one in three, and one in eight is
 * synthesized again and has to give the same templates. Each takes as long as the rest.
 */
export function perform(draw: Draw, index: number): Outcome {
  const { world, errors } = attempt(draw);
  const late = lateError(draw, world);
  if (late !== undefined) {
    if (draw.mode === 'fault') checkFault(draw.steps.flatMap(step => step.given.faults)[0], [...errors, late]);
    return { errors: [...errors, late], templates: {} };
  }
  const templates = world.synth();
  const whole = errors.length === 0;
  const found = violations(world, templates, whole, whole && index % 3 === 0);
  if (found.length > 0) throw new Error(`the templates are wrong:\n${found.join('\n')}`);
  if (whole && index % 8 === 0 && JSON.stringify(world.synth()) !== JSON.stringify(templates)) throw new Error('synthesizing twice gives two templates');
  const expected = draw.steps.flatMap(step => step.given.faults);
  if (draw.mode === 'valid' && errors.length > 0) throw new Error(`what is valid was refused: ${errors.join('\n')}`);
  if (draw.mode === 'fault') checkFault(expected[0], errors);
  return { errors, templates };
}

/** What is only found when the template is written: faults of late steps, and a retention that contradicts a `Lazy`. */
function lateError({ mode, steps }: Draw, world: World): string | undefined {
  const isLazy = mode === 'wild' && steps.some(({ given }) => /etention: [^,]*Lazy\./.test(given.text));
  const faults = steps.filter(({ isLate }) => isLate).flatMap(({ given }) => given.faults);
  if (!isLazy && faults.length === 0) return undefined;
  try {
    world.synth();
    return undefined;
  } catch (error) {
    const props = [...faults, ...isLazy ? ['retention', 'deliveryDelay'] : []];
    // CDK puts the path of the construct in brackets before each message.
    const [, ...messages] = (error as Error).message.split(/^.*?(?=cdk-decouple \S+ at ')/m).map(message => message.trimEnd());
    const lines = messages.flatMap(message => message.split(/\n(?= {2}- )/).slice(1));
    if (lines.length === 0 || !lines.every(line => props.includes(LINE.exec(line)?.[1] ?? ''))) throw error;
    return messages.join('\n');
  }
}

/** Uses the library as drawn, without synthesizing; what it refused is an error of ours. */
export function attempt(draw: Draw): { world: World; errors: string[] } {
  const errors: string[] = [];
  const world = new World(draw.scene);
  const made: any[] = [];
  draw.steps.forEach((step, index) => {
    const { layer, given, use } = step;
    world.enter(layer);
    const argument = given.make(world);
    if (draw.mode === 'valid') readChoices(argument);
    const scope = world.current;
    // Before a step that is not to be refused nothing has to be remembered.
    const remembered = draw.mode === 'wild' || given.faults.length > 0;
    const before = remembered ? world.snapshot() : '';
    try {
      made.push(use(scope, argument, world, made));
    } catch (error) {
      checkError(error, `step ${index + 1}, ${step.what}`);
      if (remembered && world.snapshot() !== before) throw new Error(`${step.what} was refused and left something behind:\n${difference(before, world.snapshot())}`);
      errors.push((error as Error).message);
      made.push(undefined);
    }
  });
  return { world, errors };
}

const CHOICES = Object.values(library).flatMap(room => Object.values<any>(room))
  .filter(one => typeof one === 'function' && !(one.prototype instanceof Construct));

/** Reads whatever the choices within a value tell of themselves, as their users may at any time. */
function readChoices(value: any): void {
  if (typeof value !== 'object' || value === null) return;
  const isChoice = CHOICES.some(choice => value instanceof choice);
  if (!isChoice && !Array.isArray(value) && Object.getPrototypeOf(value) !== Object.prototype) return;
  if (isChoice) {
    const members = Object.entries(Object.getOwnPropertyDescriptors(Object.getPrototypeOf(value)));
    members.filter(([name, { get }]) => get && !name.startsWith('_')).forEach(([name]) => value[name]);
  }
  Object.values(value).forEach(readChoices);
}

/** Ours, plain, and each line with the prop, the value, what is allowed and the remedy. */
export function checkError(error: unknown, where: string): void {
  const { message, stack } = error as Error;
  if ((error as Error).constructor !== Error || !message.startsWith('cdk-decouple ')) throw new Error(`${where} threw another error: ${stack}`);
  const [head, ...lines] = message.split(/\n(?= {2}- )/);
  const count = lines.length === 1 ? 'a problem' : `${lines.length} problems`;
  if (!new RegExp(`^cdk-decouple \\w+ at '[^']+' has ${count}:$`).test(head)) throw new Error(`${where}: the error begins with: ${head}`);
  lines.forEach(line => { if (!LINE.test(line)) throw new Error(`${where}: the error has the line: ${line}`); });
}

/** The props that an error names. */
export function propsOf(message: string): string[] {
  return message.split(/\n(?= {2}- )/).slice(1).map(line => LINE.exec(line)![1]);
}

function checkFault(prop: string, errors: string[]): void {
  if (errors.length !== 1) throw new Error(`${prop} is wrong, and ${errors.length} errors were thrown: ${errors.join('\n')}`);
  const named = propsOf(errors[0]);
  if (!named.every(one => one === prop || one.startsWith(`${prop}.`) || one.startsWith(`${prop}[`))) throw new Error(`${prop} is wrong, and what is named is ${named.join(', ')}:\n${errors[0]}`);
}

function difference(before: string, after: string): string {
  const known = new Set(before.split('\n')), now = new Set(after.split('\n'));
  return [...[...known].filter(line => !now.has(line)).map(line => `- ${line}`), ...[...now].filter(line => !known.has(line)).map(line => `+ ${line}`)].join('\n');
}
