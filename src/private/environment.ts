import { Stack, Token } from 'aws-cdk-lib';
import { Construct, IConstruct } from 'constructs';
import { Problem, unless } from './problems';

/** Whether two accounts, or two Regions, are known at synthesis to differ. Unknown values do not differ. */
export function knownApart(one: string, other: string): boolean {
  // The comparison comes first, because it is faster than the search for tokens.
  return one !== other && !Token.isUnresolved(one) && !Token.isUnresolved(other);
}

/** An account and a Region, each of which can be only known at deployment: those of a stack, or `env` of a resource. */
export interface Place {
  readonly account: string;
  readonly region: string;
}

/** The account and Region of a construct's stack. */
export function placeOf(scope: IConstruct): Place {
  const { account, region } = Stack.of(scope);
  return { account, region };
}

/** The parts of two places that are known at synthesis to differ. */
export function apart(one: Place, other: Place): ('account' | 'region')[] {
  return (['account', 'region'] as const).filter(what => knownApart(one[what], other[what]));
}

/**
 * One problem each if the account or the Region of a resource is known to be wrong.
 *
 * @param what the resource, in the words of an error message: `queue`
 * @param own the account and Region in which it must be; `only` if only one of them matters
 */
export function placeProblems(what: string, resource: Place, own: Place & { readonly only?: 'account' | 'region'; readonly because: string }, fix: string): Problem[] {
  return apart(resource, own).filter(one => own.only === undefined || own.only === one).map(one => {
    const word = one === 'region' ? 'Region' : one;
    return { prop: '', got: `a ${what} in ${word} ${resource[one]}`, allowed: `a ${what} in ${word} ${own[one]}, ${own.because}`, fix };
  });
}

/** A queue or topic, or what is known of one that is not a construct. */
export interface OfAKind {
  readonly node: { readonly path: string };
  readonly fifo: boolean;
}

/** A problem if a queue or topic is of the other kind, standard or FIFO. */
export function kindProblems(what: 'queue' | 'topic', resource: OfAKind, fifo: boolean, because: string, fix: string): Problem[] {
  const kind = (isFifo: boolean) => isFifo ? 'FIFO' : 'standard';
  return unless(resource.fifo === fifo, () => ({
    prop: '', got: `the ${kind(resource.fifo)} ${what} '${resource.node.path}'`, allowed: `a ${kind(fifo)} ${what}${because && `, ${because}`}`, fix,
  }));
}

/**
 * Whether the template of a stack can refer to a resource.
 *
 * In another account or Region, the resource needs a name that is known at synthesis. CDK checks this only when the template is written, and its error contains
 * neither the prop nor the user of the resource.
 */
export function canRefer(from: Stack, resource: IConstruct, arn: string): boolean {
  if (Stack.of(resource).environment === from.environment) return true;
  try {
    from.resolve(arn);
    return true;
  } catch {
    return false;
  }
}

/**
 * The stack of whoever uses a resource, if its template would have to contain a name of the resource that is only known at deployment.
 *
 * @param user a role, a bucket or another resource; other principals are not constructs and do not refer to it
 */
export function stackThatCannotRefer(user: unknown, resource: IConstruct, arn: string): Stack | undefined {
  if (!Construct.isConstruct(user)) return undefined;
  const stack = Stack.of(user);
  // CDK cannot change the policies of an imported role of a third account, so no template refers to the resource.
  const account = (user as { principalAccount?: string }).principalAccount;
  if (account !== undefined && knownApart(account, stack.account)) return undefined;
  return canRefer(stack, resource, arn) ? undefined : stack;
}

/** The stack that is deployed by itself: the one around all stacks that a stack is nested in, or the stack itself. */
export function outermostStack(stack: Stack): Stack {
  return stack.nestedStackParent ? outermostStack(stack.nestedStackParent) : stack;
}

/** The stack of a role or another resource, if it is in another account or Region than a construct, or not known to be in the same. */
export function stackElsewhere(user: unknown, construct: IConstruct): Stack | undefined {
  if (!Construct.isConstruct(user)) return undefined;
  const stack = Stack.of(user);
  return stack.environment === Stack.of(construct).environment ? undefined : stack;
}
