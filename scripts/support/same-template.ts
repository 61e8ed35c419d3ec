export interface Difference {
  /** `Resources.Orders.Properties.TopicName` */
  readonly path: string;
  readonly expected: string;
  readonly actual: string;
}

/** Where two templates differ. The order of the members of an object does not count: Java and Go have no order of the entries of a map. */
export function differences(expected: unknown, actual: unknown, path = ''): Difference[] {
  if (isObject(expected) && isObject(actual) && Array.isArray(expected) === Array.isArray(actual)) {
    const members = [...new Set([...Object.keys(expected), ...Object.keys(actual)])];
    return members.flatMap(name => differences(expected[name], actual[name], path ? `${path}.${name}` : name));
  }
  return expected === actual ? [] : [{ path, expected: shown(expected), actual: shown(actual) }];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function shown(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}
