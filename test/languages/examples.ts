/** The languages to which rosetta translates the blocks of the manuals and each `@example`. */
export type Translated = 'python' | 'java' | 'go' | 'csharp';

interface NotTranslated {
  readonly has: string;
  readonly reason: string;
  /** The languages in which a block that has it must fail. Default: each that is compiled. */
  readonly languages?: readonly Translated[];
}

/** What rosetta does not translate, or not into something that compiles: a block that has it must fail. */
export const NOT_TRANSLATED: readonly NotTranslated[] = [
  { has: 'new Date(', reason: 'rosetta: `Date` is not translated' },
  { has: 'lambda.Runtime.', reason: 'rosetta: imports whole packages, and `java.lang` has a `Runtime` too', languages: ['java'] },
  { has: '.node.defaultChild as ', reason: 'rosetta: the cast is left out', languages: ['python'] },
];

interface NotCompiled {
  readonly reason: string;
  /** Found in every translated block. A block without it may compile. */
  readonly fault?: RegExp;
}

/** The languages in which no translated block is compiled. */
export const NOT_COMPILED: Record<'go' | 'csharp', NotCompiled> = {
  go: {
    fault: /^import (?:\w+ )?"github\.com\/(?:aws\/aws-cdk-go\/awscdk|[\w-]+\/[\w-]+\/cdkdecouple)"$/m,
    reason: 'rosetta: module paths without major version and submodule, types without their package, calls without the props that are optional elsewhere',
  },
  csharp: { reason: 'the stage does not require .NET' },
};

/** A prop that does not exist, by which each compiler shows that it looks: in a copy of the first block that has the prop. */
export const PLANTED: Record<'python' | 'java', { readonly has: string; readonly wrong: string }> = {
  python: { has: 'visibility_timeout=', wrong: 'visibility_timeouts=' },
  java: { has: '.visibilityTimeout(', wrong: '.visibilityTimeouts(' },
};
