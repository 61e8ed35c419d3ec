import { Problem, blankProblems } from '../../private/problems';

/** Why something is turned off. */
export function checkReason(reason: string): Problem[] {
  return blankProblems('reason', reason, 'Say why this is right.');
}

/** The string with every token replaced by one character, so that the literal parts can be checked. */
export function literalParts(text: string): string {
  return text.replace(/\$\{Token\[[^\]]*\]\}/g, '?');
}
