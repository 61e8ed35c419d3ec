import { Duration, Size, SizeRoundingBehavior, Token } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';

/** Renders a value for an error message. */
export function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Token.isUnresolved(value)) return 'a value only known at deployment';
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return `${value}`;
  if (Array.isArray(value)) return `[${value.map(describe).join(', ')}]`;
  return `an object of another kind (${typeof value})`;
}

/** A text with the password of each URL replaced by `***`. The ID of a construct has `--` for each slash. */
export function withoutPasswords(text: string): string {
  return text.replace(/(https?:(?:\/\/|----)[^\s:/@]*):[^\s/@]*@/g, '$1:***@');
}

/** The path of the L2 of a resource. */
export function pathOf({ node }: IConstruct): string {
  return `'${node.id === 'Resource' ? node.scope!.node.path : node.path}'`;
}

/** `12 hours`, `90 seconds` as `1 minute 30 seconds`, without a part left out: `toHumanString` of the CDK renders the two largest parts only. */
export function describeDuration(value: Duration): string {
  if (value.isUnresolved()) return 'a value only known at deployment';
  const millis = value.toMilliseconds({ integral: false });
  if (millis === 0) return '0 seconds';
  if (!Number.isInteger(millis / 1000)) return `${millis} milliseconds`;
  const units: [number, string][] = [[86_400, 'day'], [3_600, 'hour'], [60, 'minute'], [1, 'second']];
  let left = millis / 1000;
  return units.flatMap(([seconds, unit]) => {
    const count = Math.floor(left / seconds);
    left -= count * seconds;
    return count === 0 ? [] : [`${count} ${unit}${count === 1 ? '' : 's'}`];
  }).join(' ');
}

/** `1 MiB`, `1024 KiB` as `1 MiB`, `1500 bytes`; parts of a byte in tenths of a larger unit: `0.2 MiB`. */
export function describeSize(value: Size): string {
  if (value.isUnresolved()) return 'a value only known at deployment';
  const bytes = value.toBytes({ rounding: SizeRoundingBehavior.NONE });
  const units: [number, string][] = [[1024 ** 3, 'GiB'], [1024 ** 2, 'MiB'], [1024, 'KiB']];
  const isTenths = (factor: number) => !Number.isInteger(bytes) && Number.isInteger(bytes / factor * 10);
  const [factor, unit] = units.find(([f]) => (bytes >= f && Number.isInteger(bytes / f)) || isTenths(f)) ?? [1, 'bytes'];
  return bytes === 1 ? '1 byte' : `${bytes / factor} ${unit}`;
}
