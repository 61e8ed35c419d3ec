import { Aws, Fn, Names } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';

/** Length of the identifier CloudFormation gives a stack, with the hyphen before it. */
const STACK_IDENTIFIER_LENGTH = 37;

/**
 * A physical name that is known before its resource exists, and that no other resource can have.
 *
 * The construct path makes it unique in the stack, and the identifier CloudFormation gives every stack at creation makes
 * it unique in the account, however often the same template is deployed. Valid only in the construct's own stack.
 *
 * @param maxLength of the whole name, suffix included
 */
export function stackUniqueName(scope: IConstruct, maxLength: number, suffix: string = ''): string {
  const readable = Names.uniqueResourceName(scope, {
    maxLength: maxLength - STACK_IDENTIFIER_LENGTH - suffix.length,
    separator: '-',
  });
  return `${readable}-${stackIdentifier()}${suffix}`;
}

let identifier: string | undefined;

/** The same text in every stack, since it is resolved where it is used. Made once: each token takes a stack trace. */
function stackIdentifier(): string {
  identifier ??= Fn.select(2, Fn.split('/', Aws.STACK_ID));
  return identifier;
}
