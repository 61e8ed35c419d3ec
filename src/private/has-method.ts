/** Whether a value is an object with a method. Not a function: every one of those has a `bind`, a class given in place of its instance too. */
export function hasMethod(value: unknown, method: string): boolean {
  return typeof value === 'object' && typeof (value as Record<string, unknown> | null)?.[method] === 'function';
}
