import { Token } from 'aws-cdk-lib';

/** Whether two accounts, or two Regions, are known at synth to differ. Unknown is not different. */
export function knownApart(one: string, other: string): boolean {
  // The comparison first: most often both are the same token, and looking for tokens takes longer.
  return one !== other && !Token.isUnresolved(one) && !Token.isUnresolved(other);
}
