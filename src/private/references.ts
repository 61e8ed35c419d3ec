import { Reference, Stack, Tokenization } from 'aws-cdk-lib';

/** Whether a string contains a reference to a resource of another stack than the stack whose template it is written to. */
export function refersElsewhere(text: string, stack: Stack): boolean {
  return Tokenization.reverseString(text).tokens.some(token => Reference.isReference(token) && Stack.of(token.target) !== stack);
}
