import { Token } from 'aws-cdk-lib';

/** Whether two accounts, or two Regions, are known at synth to differ. Unknown is not different. */
export function knownApart(one: string, other: string): boolean {
  return !Token.isUnresolved(one) && !Token.isUnresolved(other) && one !== other;
}
