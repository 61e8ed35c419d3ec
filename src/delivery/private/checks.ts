import { Duration, Size, SizeRoundingBehavior, Token } from 'aws-cdk-lib';
import * as logs from 'aws-cdk-lib/aws-logs';
import { describe, describeDuration, describeSize } from '../../private/describe';
import { hasMethod } from '../../private/has-method';
import { Bounds, Problems } from '../../private/problems';

/** An object of the CDK, known by one of its methods; `undefined` is none. */
export function checkInterface(problems: Problems, prop: string, value: unknown, method: string, allowed: string, fix: string): boolean {
  if (hasMethod(value, method)) return true;
  problems.add({ prop, got: describe(value), allowed, fix });
  return false;
}

/** A duration in whole hours. Known only at deployment, it has to be made in that unit, since CDK cannot convert it. */
export function checkHours(problems: Problems, prop: string, value: Duration | undefined, bounds: Bounds<Duration>): void {
  const { min, max, fix } = bounds;
  const allowed = `${describeDuration(min)} to ${describeDuration(max)} (inclusive), in whole hours`;
  checkWhole(problems, prop, value, 'hours', { min: min.toHours(), max: max.toHours(), allowed, fix });
}

/** The same in whole days, without an upper bound. */
export function checkDays(problems: Problems, prop: string, value: Duration | undefined, bounds: Pick<Bounds<number>, 'min' | 'fix'>): void {
  checkWhole(problems, prop, value, 'days', { ...bounds, max: Infinity, allowed: `a Duration in whole days, at least ${bounds.min}` });
}

function checkWhole(
  problems: Problems, prop: string, value: Duration | undefined, unit: 'hours' | 'days', bounds: Bounds<number> & { readonly allowed: string },
) {
  if (value === undefined) return;
  const { min, max, allowed, fix } = bounds;
  const read = (options: { integral: boolean }) => unit === 'hours' ? value.toHours(options) : value.toDays(options);
  if (typeof value?.toHours !== 'function') {
    problems.add({ prop, got: describe(value), allowed, fix: `Give a Duration, such as Duration.${unit}(${min || 30}).` });
  } else if (value.isUnresolved()) {
    convertible(problems, prop, () => read({ integral: true }), describeDuration(value), allowed, `Duration.${unit}()`);
  } else {
    const number = read({ integral: false });
    problems.require(number >= min && number <= max && Number.isInteger(number), { prop, got: describeDuration(value), allowed, fix });
  }
}

/** A size in whole MiB. Known only at deployment, it has to be made in that unit, since CDK cannot convert it. */
export function checkMebibytes(problems: Problems, prop: string, value: Size | undefined, bounds: Bounds<number>): void {
  checkSize(problems, prop, value, bounds, `${bounds.min} to ${bounds.max} MiB (inclusive), in whole MiB`, mebibytes => Number.isInteger(mebibytes));
}

/** A size in MiB that need not be whole, for the parameters that Firehose takes as text. */
export function checkFractionalMebibytes(problems: Problems, prop: string, value: Size | undefined, bounds: Bounds<number>): void {
  checkSize(problems, prop, value, bounds, `${bounds.min} to ${bounds.max} MiB (inclusive)`, () => true);
}

function checkSize(
  problems: Problems, prop: string, value: Size | undefined, bounds: Bounds<number>, allowed: string, fits: (mebibytes: number) => boolean,
) {
  if (value === undefined) return;
  if (typeof value?.toMebibytes !== 'function') {
    problems.add({ prop, got: describe(value), allowed, fix: `Give a Size, such as Size.mebibytes(${Math.ceil(bounds.min)}).` });
  } else if (value.isUnresolved()) {
    convertible(problems, prop, () => value.toMebibytes(), describeSize(value), allowed, 'Size.mebibytes()');
  } else {
    const mebibytes = value.toMebibytes({ rounding: SizeRoundingBehavior.NONE });
    const within = mebibytes >= bounds.min && mebibytes <= bounds.max && fits(mebibytes);
    problems.require(within, { prop, got: describeSize(value), allowed, fix: bounds.fix });
  }
}

/** The days that CloudWatch Logs knows, which JavaScript does not enforce. */
export function checkLogRetention(problems: Problems, prop: string, value: logs.RetentionDays | undefined): void {
  const known = Object.values(logs.RetentionDays).filter(days => typeof days === 'number');
  problems.require(value === undefined || Token.isUnresolved(value) || known.includes(value), {
    prop, got: describe(value), allowed: 'one of logs.RetentionDays', fix: 'Use one of logs.RetentionDays, or leave it out for ONE_MONTH.',
  });
}

function convertible(problems: Problems, prop: string, read: () => unknown, got: string, allowed: string, factory: string) {
  try {
    read();
  } catch {
    problems.add({ prop, got, allowed, fix: `Give it with ${factory}; a value that is only known at deployment cannot be converted.` });
  }
}

/** Why something is turned off: a text for the people who read the code. */
export function checkReason(problems: Problems, prop: string, reason: string): void {
  problems.require(reason !== undefined, { prop, got: 'nothing', allowed: 'a text that is not empty', fix: 'Say why this is right.' });
  problems.text(prop, reason, 'Say why this is right.');
}

/** The text with every token replaced by one character, so that the literal parts can be checked. */
export function literalParts(text: string): string {
  return text.replace(/\$\{Token\[[^\]]*\]\}/g, '?');
}

/** A text, also one that is only known at deployment. */
export function isText(value: unknown): value is string {
  return typeof value === 'string';
}

/** An object of options, or nothing; `null` is nothing. */
export function checkOptions(problems: Problems, prop: string, value: unknown, example: string): boolean {
  if (value === undefined || value === null) return true;
  if (typeof value === 'object' && !Array.isArray(value)) return true;
  problems.add({ prop, got: describe(value), allowed: 'an object of options', fix: `Write it such as ${example}.` });
  return false;
}
