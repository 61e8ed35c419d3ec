import { RemovalPolicy } from 'aws-cdk-lib';
import { Problem, unless } from './problems';

/** A problem for `SNAPSHOT`: queues, topics and keys have no snapshots, but CDK writes `Snapshot` to the template. */
export function removalPolicyProblems(removalPolicy: RemovalPolicy | undefined): Problem[] {
  return unless(removalPolicy !== RemovalPolicy.SNAPSHOT, () => ({
    prop: 'removalPolicy',
    got: 'RemovalPolicy.SNAPSHOT',
    allowed: 'RemovalPolicy.DESTROY, RETAIN or RETAIN_ON_UPDATE_OR_DELETE',
    fix: 'Use one of these policies; these resources do not support snapshots.',
  }));
}
