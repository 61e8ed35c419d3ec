import { Stack, Token } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';

/** Whether two accounts, or two Regions, are known at synth to differ. Unknown is not different. */
export function knownApart(one: string, other: string): boolean {
  // The comparison first: most often both are the same token, and looking for tokens takes longer.
  return one !== other && !Token.isUnresolved(one) && !Token.isUnresolved(other);
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
