import { Reference, Stack, Tokenization } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';

/** The constructs that a string, such as an ARN, refers to. */
export function referencesIn(text: string): IConstruct[] {
  return Tokenization.reverseString(text).tokens.filter(Reference.isReference).map(({ target }) => target);
}

/** Whether a string contains a reference to a resource of another stack than the stack whose template it is written to. */
export function refersElsewhere(text: string, stack: Stack): boolean {
  return referencesIn(text).some(target => Stack.of(target) !== stack);
}
