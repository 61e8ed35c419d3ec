import { Token } from 'aws-cdk-lib';
import { describe } from '../../private/describe';
import { Problems } from '../../private/problems';

/** A list whose elements are all of one kind. */
export function checkList<T>(problems: Problems, prop: string, list: T[] | undefined, belongs: (element: T) => boolean, allowed: string): boolean {
  if (list === undefined || (Array.isArray(list) && list.every(belongs))) return true;
  problems.add({ prop, got: describe(list), allowed: `a list of ${allowed}`, fix: 'Remove or replace what is of another kind.' });
  return false;
}

/** A number of instances. Returns it when it is known at synth and allowed. */
export function checkCount(
  problems: Problems, prop: string, value: unknown, least: number, most?: { count: number; named: string },
): number | undefined {
  if (typeof value === 'number' && Token.isUnresolved(value)) return undefined;
  if (Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= (most?.count ?? Infinity)) return value as number;
  const bound = most ? ` and at most ${most.named}, which is ${most.count}` : '';
  problems.add({ prop, got: describe(value), allowed: `a whole number, at least ${least}${bound}`, fix: 'Give a number of instances.' });
  return undefined;
}
