import { Stack, Token } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { Problem, unless } from './problems';

/** Whether two accounts, or two Regions, are known at synth to differ. Unknown is not different. */
export function knownApart(one: string, other: string): boolean {
  // The comparison first: most often both are the same token, and looking for tokens takes longer.
  return one !== other && !Token.isUnresolved(one) && !Token.isUnresolved(other);
}

/** An account and a Region, each of which may only be known at deployment. A stack is one, and so is `env` of a resource. */
export interface Place {
  readonly account: string;
  readonly region: string;
}

/** The account and Region of a construct's stack. */
export function placeOf(scope: IConstruct): Place {
  const { account, region } = Stack.of(scope);
  return { account, region };
}

/** What of two places is known at synth to differ. */
export function apart(one: Place, other: Place): ('account' | 'region')[] {
  return (['account', 'region'] as const).filter(what => knownApart(one[what], other[what]));
}

/**
 * One problem for each of account and Region in which a resource is known to be elsewhere.
 *
 * @param what the resource, in the words of an error message: `queue`
 * @param own where it has to be, and which of both matter where not both do
 */
export function placeProblems(what: string, resource: Place, own: Place & { readonly only?: 'account' | 'region'; readonly because: string }, fix: string): Problem[] {
  return apart(resource, own).filter(one => own.only === undefined || own.only === one).map(one => {
    const word = one === 'region' ? 'Region' : one;
    return { prop: '', got: `a ${what} in ${word} ${resource[one]}`, allowed: `a ${what} in ${word} ${own[one]}, ${own.because}`, fix };
  });
}

/** A problem where a queue or topic is of the other kind, standard or FIFO. */
export function kindProblems(what: 'queue' | 'topic', resource: IConstruct & { readonly fifo: boolean }, fifo: boolean, because: string, fix: string): Problem[] {
  const kind = (isFifo: boolean) => isFifo ? 'FIFO' : 'standard';
  return unless(resource.fifo === fifo, () => ({
    prop: '', got: `the ${kind(resource.fifo)} ${what} '${resource.node.path}'`, allowed: `a ${kind(fifo)} ${what}${because && `, ${because}`}`, fix,
  }));
}

/**
 * Whether the template of a stack can name a resource.
 *
 * In another account or Region it needs a name that is known at synth; CDK finds out as late as at synthesis, and then names neither the
 * prop nor the user of the resource.
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
