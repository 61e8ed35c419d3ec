import { Stack, Token } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';

/**
 * The entries of a map, by the UTF-16 code units of its keys.
 *
 * Maps of other languages have no order: Go sorts them, and Java's `Map.of` has another order in each process. `localeCompare` depends on the machine. A key
 * that is only known at deployment is compared as it resolves, because the number of a token depends on the rest of the app.
 */
export function sortedEntries<T>(scope: IConstruct, map: { readonly [key: string]: T }): [string, T][] {
  const stack = Stack.of(scope);
  const text = (key: string) => Token.isUnresolved(key) ? JSON.stringify(stack.resolve(key)) : key;
  return Object.entries(map)
    .map(([key, value]): [string, [string, T]] => [text(key), [key, value]])
    .sort(([one], [other]) => one < other ? -1 : one > other ? 1 : 0)
    .map(([, entry]) => entry);
}

/** The value with all of its maps in the order of `sortedEntries`. Lists keep their order; tokens and other objects are not changed. */
export function sortedDeep<T>(scope: IConstruct, value: T): T {
  if (Array.isArray(value)) return value.map(item => sortedDeep(scope, item)) as T;
  if (!isMap(value)) return value;
  return Object.fromEntries(sortedEntries(scope, value).map(([key, item]) => [key, sortedDeep(scope, item)])) as T;
}

function isMap(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Token.isUnresolved(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
