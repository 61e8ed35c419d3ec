import type { NamedTest } from './named-tests';
import type { Page } from './pages';

/** What the library does with what a service accepts, refuses or requires. */
export type Answer =
  /** By the constructor or by the method that was called. */
  | 'refused at the call'
  /** When the template is written, because an aspect, an escape hatch or a later line can change it until then. */
  | 'refused at synthesis'
  | 'warned'
  /** In the template, without a prop or with a default. */
  | 'wired'
  /** Nothing is done in the template; the test shows what the service, or an emulator of it, does. */
  | 'left to the service';

/** A rule of a service. */
interface RuleOf {
  readonly rule: string;
  readonly source: Page;
}

/** A rule that tests hold. */
interface HeldRule extends RuleOf {
  readonly answers: readonly [Answer, ...Answer[]];
  readonly tests: readonly [NamedTest, ...NamedTest[]];
}

/** A rule that no test holds. */
interface RuleNotHeld extends RuleOf {
  /** Why; one or more sentences. */
  readonly notHeld: string;
}

export type Rule = HeldRule | RuleNotHeld;

/** Rules under one heading. */
export interface Topic {
  readonly heading: string;
  readonly rules: readonly Rule[];
}
