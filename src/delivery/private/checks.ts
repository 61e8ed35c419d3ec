import { Duration, Size, SizeRoundingBehavior, Token } from 'aws-cdk-lib';
import { describe, describeDuration, describeSize } from '../../private/describe';
import { Bounds, Problems } from '../../private/problems';

/** An object of the CDK, known by one of its methods; `undefined` is none. */
export function checkInterface(problems: Problems, prop: string, value: unknown, method: string, allowed: string, fix: string): boolean {
  if (typeof (value as Record<string, unknown> | null | undefined)?.[method] === 'function') return true;
  problems.add({ prop, got: describe(value), allowed, fix });
  return false;
}

/** A duration in whole hours. Known only at deployment, it has to be made in that unit, since CDK cannot convert it. */
export function checkHours(problems: Problems, prop: string, value: Duration | undefined, bounds: Bounds<Duration>): void {
  const known = !value?.isUnresolved?.();
  if (known && problems.seconds(prop, value, bounds) === undefined) return;
  convertible(problems, prop, () => (value as Duration).toHours(), describeDuration(value as Duration), 'whole hours', 'Duration.hours()');
}

/** A size in whole MiB. Known only at deployment, it has to be made in that unit, since CDK cannot convert it. */
export function checkMebibytes(problems: Problems, prop: string, value: Size | undefined, bounds: Bounds<Size>): void {
  const known = !value?.isUnresolved?.();
  if (known && problems.bytes(prop, value, bounds) === undefined) return;
  convertible(problems, prop, () => (value as Size).toMebibytes(), describeSize(value as Size), 'whole MiB', 'Size.mebibytes()');
}

/** A size in MiB that need not be whole, for the parameters that Firehose takes as text. */
export function checkFractionalMebibytes(problems: Problems, prop: string, value: Size | undefined, bounds: Bounds<number>): void {
  if (value === undefined) return;
  const allowed = `${bounds.min} to ${bounds.max} MiB (inclusive)`;
  if (typeof value?.toMebibytes !== 'function') {
    problems.add({ prop, got: describe(value), allowed, fix: 'Give a Size, such as Size.mebibytes(1).' });
  } else if (value.isUnresolved()) {
    convertible(problems, prop, () => value.toMebibytes(), describeSize(value), allowed, 'Size.mebibytes()');
  } else {
    const mebibytes = value.toMebibytes({ rounding: SizeRoundingBehavior.NONE });
    problems.require(mebibytes >= bounds.min && mebibytes <= bounds.max, { prop, got: `${mebibytes} MiB`, allowed, fix: bounds.fix });
  }
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

/** A text of the right type; tokens count as text. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' || Token.isUnresolved(value);
}
