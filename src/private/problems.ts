import { IConstruct } from 'constructs';
import { describe, withoutPasswords } from './describe';

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

/** One problem where the condition does not hold. It is a function, so that it is only put into words where it is needed. */
export function unless(condition: boolean, problem: () => Problem): Problem[] {
  return condition ? [] : [problem()];
}

/** The problems of a value, as those of the prop it was given as: `key` of `encryption` is `encryption.key`. */
export function at(prop: string, problems: Problem[]): Problem[] {
  return problems.map(problem => ({ ...problem, prop: problem.prop === '' ? prop : `${prop}${problem.prop.startsWith('[') ? '' : '.'}${problem.prop}` }));
}

/** A problem for an empty or blank string, which is not the same as no string. A token is accepted. */
export function blankProblems(prop: string, value: string | undefined, fix: string): Problem[] {
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

/**
 * Checks a construct when its template is written: aspects, property injectors and escape hatches can change it until then.
 */
export function checkWhenWritten(scope: IConstruct, construct: string, check: () => Problem[]): void {
  scope.node.addValidation({
    validate: () => {
      const problems = check();
      return problems.length > 0 ? [errorFor(scope, construct, problems).message] : [];
    },
  });
}

/** Throws one problem that is found outside a constructor. */
export function fail(scope: IConstruct, construct: string, problem: Problem): never {
  throw errorFor(scope, construct, [problem]);
}

/**
 * Plain `Error`, because the constructors of CDK's own `ValidationError` are internal and changed their arguments between releases
 * (decisions/0004-errors.md).
 */
function errorFor(scope: IConstruct, construct: string, problems: Problem[]): Error {
  const lines = problems.map(({ prop, got, allowed, fix }) => `  - ${prop}: got ${got}; allowed: ${allowed}. ${fix}`);
  return new Error(withoutPasswords(`cdk-decouple ${construct} at '${scope.node.path}' has ${count(problems.length)}:\n${lines.join('\n')}`));
}

function count(problems: number): string {
  return problems === 1 ? 'a problem' : `${problems} problems`;
}
