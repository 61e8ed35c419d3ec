import { Reference, Stack, Tokenization } from 'aws-cdk-lib';

/** Whether a text holds a reference to something in another stack than the one it is written into. */
export function refersElsewhere(text: string, stack: Stack): boolean {
  return Tokenization.reverseString(text).tokens.some(token => Reference.isReference(token) && Stack.of(token.target) !== stack);
}
