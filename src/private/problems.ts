import { Duration, Size, SizeRoundingBehavior, Token } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { describe, describeDuration, describeSize } from './describe';
import { hasMethod, isOf } from './has-method';

/** One thing a user has to change. */
export interface Problem {
  /** Path of the prop, as the user wrote it: `scaling.max`. */
  readonly prop: string;
  /** The value got, rendered for people. */
  readonly got: string;
  /** What is allowed, with inclusive bounds and units. */
  readonly allowed: string;
  /** What to do about it; a sentence, or several. */
  readonly fix: string;
}

/** One problem where the condition does not hold. A function, so that its words are only made where they are needed. */
export function unless(condition: boolean, problem: () => Problem): Problem[] {
  return condition ? [] : [problem()];
}

/** The problems of a value, as those of the prop it was given as: `key` of `encryption` is `encryption.key`. */
export function at(prop: string, problems: Problem[]): Problem[] {
  return problems.map(problem => ({ ...problem, prop: problem.prop === '' ? prop : `${prop}${problem.prop.startsWith('[') ? '' : '.'}${problem.prop}` }));
}

/** A problem where a string says nothing: an empty one is not the same as none. A token may say something. */
export function blankProblems(prop: string, value: string | undefined, fix: string): Problem[] {
  // A token is a string with something in it.
  return unless(value === undefined || value.trim() !== '', () => ({ prop, got: describe(value), allowed: 'a string that is not empty', fix }));
}

/**
 * Throws the problems of a constructor as one error.
 *
 * The construct is detached from the tree first, so that a caller who catches the error is not left with a half-built one.
 *
 * @param construct its class, written out: `Class.name` is not stable in a published build
 */
export function throwProblems(scope: IConstruct, construct: string, problems: Problem[]): void {
  if (problems.length === 0) return;
  const error = errorFor(scope, construct, problems);
  scope.node.scope?.node.tryRemoveChild(scope.node.id);
  throw error;
}

/** Throws the problems of a method as one error; the construct, which was valid before the call, stays in place. */
export function refuse(scope: IConstruct, construct: string, problems: Problem[]): void {
  if (problems.length > 0) throw errorFor(scope, construct, problems);
}

function errorFor(scope: IConstruct, construct: string, problems: Problem[]): Error {
  const lines = problems.map(({ prop, got, allowed, fix }) => `  - ${prop}: got ${got}; allowed: ${allowed}. ${fix}`);
  return new Error(`cdk-decouple ${construct} at '${scope.node.path}' has ${count(problems.length)}:\n${lines.join('\n')}`);
}

/** Inclusive bounds of a prop. */
export interface Bounds<T> {
  readonly min: T;
  readonly max: T;
  readonly fix: string;
}

/**
 * Collects everything that is wrong with the props of one construct and throws it as a single error.
 *
 * Plain `Error`, because the constructors of CDK's own `ValidationError` are internal and changed their arguments
 * between releases (decisions/0004-errors.md).
 */
export class Problems {
  private readonly problems: Problem[] = [];

  /**
   * @param scope the construct whose props are checked
   * @param construct its class, written out: `Class.name` is not stable in a published build
   */
  constructor(private readonly scope: IConstruct, private readonly construct: string) {}

  public add(...problems: Problem[]): void {
    this.problems.push(...problems);
  }

  /** Adds the problem unless the condition holds. A function where the text costs time, such as a construct path. */
  public require(condition: boolean, problem: Problem | (() => Problem)): void {
    if (!condition) this.add(typeof problem === 'function' ? problem() : problem);
  }

  /** A duration in whole seconds within bounds. Returns its seconds when they are known at synth. */
  public seconds(prop: string, value: Duration | undefined, bounds: Bounds<Duration>): number | undefined {
    if (value === undefined) return undefined;
    const allowed = () => `${describeDuration(bounds.min)} to ${describeDuration(bounds.max)} (inclusive), in whole seconds`;
    if (!isDuration(value)) {
      this.add({ prop, got: describe(value), allowed: allowed(), fix: `Give a Duration, such as Duration.seconds(${bounds.min.toSeconds() || 30}).` });
      return undefined;
    }
    if (value.isUnresolved()) {
      this.convertible(prop, () => value.toSeconds(), 'Duration.seconds()');
      return undefined;
    }
    const millis = value.toMilliseconds({ integral: false });
    const outside = millis < bounds.min.toMilliseconds() || millis > bounds.max.toMilliseconds();
    if (outside || !Number.isInteger(millis / 1000)) {
      this.add({ prop, got: describeDuration(value), allowed: allowed(), fix: bounds.fix });
      return undefined;
    }
    return millis / 1000;
  }

  /** A size in whole bytes within bounds. Returns its bytes when they are known at synth. */
  public bytes(prop: string, value: Size | undefined, bounds: Bounds<Size>): number | undefined {
    if (value === undefined) return undefined;
    const allowed = () => `${describeSize(bounds.min)} to ${describeSize(bounds.max)} (inclusive)`;
    if (!isSize(value)) {
      this.add({ prop, got: describe(value), allowed: allowed(), fix: 'Give a Size, such as Size.kibibytes(256).' });
      return undefined;
    }
    if (value.isUnresolved()) {
      this.convertible(prop, () => value.toBytes(), 'Size.bytes()');
      return undefined;
    }
    const bytes = value.toBytes({ rounding: SizeRoundingBehavior.NONE });
    if (bytes < bounds.min.toBytes() || bytes > bounds.max.toBytes() || !Number.isInteger(bytes)) {
      this.add({ prop, got: describeSize(value), allowed: allowed(), fix: bounds.fix });
      return undefined;
    }
    return bytes;
  }

  /** A whole number within bounds. Returns it when it is known at synth and allowed. */
  public integer(prop: string, value: number | undefined, bounds: Bounds<number>): number | undefined {
    if (value === undefined || (typeof value === 'number' && Token.isUnresolved(value))) return undefined;
    if (!Number.isInteger(value) || value < bounds.min || value > bounds.max) {
      this.add({
        prop,
        got: describe(value),
        allowed: `a whole number from ${bounds.min} to ${bounds.max} (inclusive)`,
        fix: bounds.fix,
      });
      return undefined;
    }
    return value;
  }

  /** A text that says something. An empty one is not the same as none. */
  public text(prop: string, value: string | undefined, fix: string): void {
    if (value === undefined || (typeof value === 'string' && Token.isUnresolved(value))) return;
    if (typeof value !== 'string' || value.trim() === '') {
      this.add({ prop, got: describe(value), allowed: 'a text that is not empty', fix });
    }
  }

  /** Yes or no: a text such as 'false' would be taken for yes, and so would a token where the shape of the template depends on it. */
  public boolean(prop: string, value: boolean | undefined, fix: string, shapesTemplate: boolean = false): void {
    if (value === undefined || typeof value === 'boolean' || (Token.isUnresolved(value) && !shapesTemplate)) return;
    this.add({ prop, got: describe(value), allowed: `true or false${shapesTemplate ? ', known at synth' : ''}`, fix });
  }

  /** One of a few values, such as those of an enum, which JavaScript does not enforce. */
  public oneOf(prop: string, value: string | undefined, values: string[], fix: string): void {
    if (value === undefined || values.includes(value)) return;
    this.add({ prop, got: describe(value), allowed: values.map(describe).join(', '), fix });
  }

  /** A value of one of our union-like classes, whatever copy of the library it came from. */
  public union(prop: string, value: unknown, type: { readonly name: string; readonly prototype: object }, factories: string): boolean {
    if (value === undefined || isOf(type, value)) return true;
    this.add({ prop, got: describe(value), allowed: factories, fix: `Use ${factories}.` });
    return false;
  }

  /** An object of the CDK, known by one of its methods. */
  public instance(prop: string, value: unknown, method: string, factories: string): boolean {
    if (value === undefined || hasMethod(value, method)) return true;
    this.add({ prop, got: describe(value), allowed: factories, fix: `Use ${factories}.` });
    return false;
  }

  /** Props or options: an object, and none of those that are given in it. Nothing and `null` are none. */
  public options(prop: string, value: unknown): void {
    if (value === undefined || value === null) return;
    const mistaken = typeof value !== 'object' || Array.isArray(value) || ['_check', '_bind', 'toMilliseconds', 'toBytes', 'node'].some(name => name in value);
    if (mistaken) this.add({ prop, got: describe(value), allowed: 'an object of props', fix: 'Write { } around it, with the name of the prop.' });
  }

  public get any(): boolean {
    return this.problems.length > 0;
  }

  /**
   * Throws all problems as one error.
   *
   * The construct is detached from the tree first, so that a caller who catches the error is not left with a
   * half-built one.
   */
  public throwIfAny(): void {
    if (!this.any) return;
    const error = this.error();
    this.scope.node.scope?.node.tryRemoveChild(this.scope.node.id);
    throw error;
  }

  /** Throws all problems as one error and leaves the construct, which was valid before this call, in place. */
  public throwFromMethod(): void {
    if (this.any) throw this.error();
  }

  public error(): Error {
    return errorFor(this.scope, this.construct, this.problems);
  }

  /** A token can only be read in the unit it was made in, and the service takes one unit. */
  private convertible(prop: string, read: () => number, factory: string): void {
    try {
      read();
    } catch {
      this.add({
        prop,
        got: 'a value only known at deployment, in another unit',
        allowed: `a token made with ${factory}`,
        fix: `Such a value cannot be converted at synth; give it with ${factory}.`,
      });
    }
  }
}

/**
 * Checks a construct when its template is written, with what aspects, property injectors and escape hatches made of it until then.
 *
 * @param check adds what is wrong
 */
export function checkWhenWritten(scope: IConstruct, construct: string, check: (problems: Problems) => Problem[] | void): void {
  scope.node.addValidation({
    validate: () => {
      const problems = new Problems(scope, construct);
      problems.add(...check(problems) ?? []);
      return problems.any ? [problems.error().message] : [];
    },
  });
}

/** Throws one problem found outside a constructor. */
export function fail(scope: IConstruct, construct: string, problem: Problem): never {
  const problems = new Problems(scope, construct);
  problems.add(problem);
  throw problems.error();
}

function isDuration(value: unknown): value is Duration {
  return typeof (value as Duration | null)?.toMilliseconds === 'function';
}

function isSize(value: unknown): value is Size {
  return typeof (value as Size | null)?.toBytes === 'function';
}

function count(problems: number): string {
  return problems === 1 ? 'a problem' : `${problems} problems`;
}
