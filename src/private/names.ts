import { Aws, Fn, Names } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';

/** The length of the identifier that CloudFormation assigns to a stack, with the hyphen before it. */
const STACK_IDENTIFIER_LENGTH = 37;

/**
 * A unique physical name that is known before the resource exists.
 *
 * The construct path makes it unique in the stack. The identifier that CloudFormation assigns to every stack makes it unique in the account, even if the same
 * template is deployed several times. It is valid only in the stack of the construct.
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

/** The same string in every stack, because it is resolved where it is used. It is created once, because each token captures a stack trace. */
function stackIdentifier(): string {
  identifier ??= Fn.select(2, Fn.split('/', Aws.STACK_ID));
  return identifier;
}
