/** What the draws used of the public API: `Class.method`, `Class()` for a constructor, and the arguments each was given. */
export interface Call {
  readonly what: string;
  readonly given: readonly unknown[];
}

const calls: Call[] = [];
/** How deep within the library a call is made; what the library calls by itself is not drawn. */
let depth = 0;

/** The calls since they were last taken. */
export function takeRecordedCalls(): readonly Call[] {
  return calls.splice(0);
}

/** An index of the library whose classes tell what is called on them. The library itself does not load its indexes. */
export function recorded(index: Record<string, any>): Record<string, any> {
  return Object.fromEntries(Object.entries(index).map(([name, one]) => [name, typeof one === 'function' ? recordedClass(name, one) : one]));
}

function recordedClass(name: string, type: any): any {
  for (const [member, { value, get, set }] of Object.entries(membersOf(type.prototype))) {
    if (member === 'constructor' || member.startsWith('_')) continue;
    const called = (original: any) => function (this: any, ...given: unknown[]) {
      return record(`${name}.${member}`, given, () => original.apply(this, given));
    };
    const replaced = get ? { get: called(get), set } : { value: called(value), writable: true };
    Object.defineProperty(type.prototype, member, { ...replaced, configurable: true });
  }
  return new Proxy(type, {
    construct: (target, given, newTarget) => record(`${name}()`, given, () => Reflect.construct(target, given, newTarget)),
    get: (target, member) => {
      const value = target[member];
      if (typeof value !== 'function' || typeof member !== 'string' || member === 'prototype') return value;
      return (...given: unknown[]) => record(`${name}.${member}`, given, () => value.apply(target, given));
    },
  });
}

/** Those of the base classes too that jsii hides; the ones of the CDK have its type information. */
function membersOf(prototype: any): Record<string, PropertyDescriptor> {
  const isOfCdk = Object.prototype.hasOwnProperty.call(prototype.constructor, Symbol.for('jsii.rtti'));
  if (prototype === Object.prototype || isOfCdk) return {};
  return { ...membersOf(Object.getPrototypeOf(prototype)), ...Object.getOwnPropertyDescriptors(prototype) };
}

function record<T>(what: string, given: readonly unknown[], run: () => T): T {
  if (depth === 0) calls.push({ what, given });
  depth++;
  try {
    return run();
  } finally {
    depth--;
  }
}
