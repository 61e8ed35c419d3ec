import { Aws, Fn, Names, PhysicalName, Stack, Token } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { describe } from './describe';
import { Problem, unless } from './problems';

/** The maximum length of the physical names of queues and topics, including the suffix of a FIFO one. */
export const MAX_NAME_LENGTH = { queue: 80, topic: 256 };

const FIFO_SUFFIX = '.fifo';

/** What is wrong with the physical name that was specified for a queue or topic. */
export function nameProblems(what: 'queue' | 'topic', name: string | undefined, fifo: boolean): Problem[] {
  if (name === undefined) return [];
  const maxLength = MAX_NAME_LENGTH[what] - (fifo ? FIFO_SUFFIX.length : 0);
  const allowed = `1 to ${maxLength} letters, digits, hyphens and underscores${fifo ? `, followed by ${FIFO_SUFFIX}` : ''}`;
  const problem = (got: string, fix: string) => ({ prop: `${what}Name`, got, allowed, fix });
  if (name === PhysicalName.GENERATE_IF_NEEDED) {
    return [problem('PhysicalName.GENERATE_IF_NEEDED', `Specify a name, or omit it where no stack in another account or Region refers to the ${what}.`)];
  }
  if (Token.isUnresolved(name)) {
    // CDK reads the end of the string, token or not, and appends the suffix to the name of a FIFO topic.
    const hasSuffix = name.endsWith(FIFO_SUFFIX) || (fifo && what === 'topic');
    return unless(hasSuffix === fifo, () => problem(`${describe(name)}, ${fifo ? 'not followed' : 'followed'} by ${FIFO_SUFFIX}`,
      `Append ${FIFO_SUFFIX} to the value for a FIFO ${what}, and only for a FIFO ${what}.`));
  }
  const pattern = new RegExp(`^[A-Za-z0-9_-]{1,${maxLength}}${fifo ? '\\.fifo' : ''}$`);
  return unless(pattern.test(name), () => problem(describe(name), 'Correct the name, or omit it: a generated name is unique.'));
}

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

/**
 * A prefix for the names of resources that are created at run time, as unique as `stackUniqueName`. It ends with a hyphen, so that no name of `stackUniqueName`
 * starts with it. Other stacks of the account and Region can refer to it.
 *
 * @param maxLength of the prefix, the hyphen included
 */
export function stackUniquePrefix(scope: IConstruct, maxLength: number): string {
  const readable = Names.uniqueResourceName(scope, { maxLength: maxLength - STACK_IDENTIFIER_LENGTH - 1, separator: '-' });
  return `${readable}-${Fn.select(2, Fn.split('/', Stack.of(scope).stackId))}-`;
}

let identifier: string | undefined;

/** The same string in every stack, because it is resolved where it is used. It is created once, because each token captures a stack trace. */
function stackIdentifier(): string {
  identifier ??= Fn.select(2, Fn.split('/', Aws.STACK_ID));
  return identifier;
}
