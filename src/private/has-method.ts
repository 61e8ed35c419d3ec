/** Whether a value is an object with a method. Not a function: every one of those has a `bind`, a class given in place of its instance too. */
export function hasMethod(value: unknown, method: string): boolean {
  return typeof value === 'object' && typeof (value as Record<string, unknown> | null)?.[method] === 'function';
}

/** Whether a value is of a class, also of the one of another copy of the library, whose name is the same. */
export function isOf(type: { readonly name: string; readonly prototype: object }, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.prototype.isPrototypeOf.call(type.prototype, value) || value.constructor?.name === type.name;
}
