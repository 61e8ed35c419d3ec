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
  if (value === undefined) return;
  const allowed = `${describeDuration(bounds.min)} to ${describeDuration(bounds.max)} (inclusive), in whole hours`;
  if (typeof value?.toHours !== 'function') {
    problems.add({ prop, got: describe(value), allowed, fix: `Give a Duration, such as Duration.hours(${bounds.min.toHours()}).` });
  } else if (value.isUnresolved()) {
    convertible(problems, prop, () => value.toHours(), describeDuration(value), allowed, 'Duration.hours()');
  } else {
    const hours = value.toHours({ integral: false });
    const within = hours >= bounds.min.toHours() && hours <= bounds.max.toHours() && Number.isInteger(hours);
    problems.require(within, { prop, got: describeDuration(value), allowed, fix: bounds.fix });
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
