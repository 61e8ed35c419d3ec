import { errorOf } from './template';

/** One line of an error of ours. */
export interface ReportedProblem {
  readonly prop: string;
  readonly got: string;
  readonly allowed: string;
  readonly fix: string;
}

/** An error of ours, read back. */
export interface ReportedError {
  readonly construct: string;
  readonly path: string;
  readonly problems: ReportedProblem[];
}

/** Reads an error, or the message of a check at synthesis. Fails where it does not have the format that test/private/problems.test.ts holds. */
export function readError(message: string): ReportedError {
  const [first, ...lines] = message.split('\n  - ');
  const [, construct, path, count] = /^cdk-decouple (\S+) at '([^']*)' has (a problem|\d+ problems):$/.exec(first) ?? [];
  const problems = lines.map(line => {
    const [, prop, got, allowed, fix] = /^(.+?): got ([^]+?); allowed: ([^]+?)\. ([^]+)$/.exec(line) ?? [];
    if (fix === undefined) throw new Error(`not a problem of ours: ${line}`);
    return { prop, got, allowed, fix };
  });
  if (count !== (problems.length === 1 ? 'a problem' : `${problems.length} problems`)) throw new Error(`not an error of ours: ${message}`);
  return { construct, path, problems };
}

/** The problems of the error that an action throws; fails when none is thrown, and for an error that is not ours. */
export function problemsOf(action: () => unknown): ReportedProblem[] {
  return readError(errorOf(action)).problems;
}

/** The props that the error of an action names, in order. */
export function refusedProps(action: () => unknown): string[] {
  return problemsOf(action).map(({ prop }) => prop);
}
