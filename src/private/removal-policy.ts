import { RemovalPolicy } from 'aws-cdk-lib';
import { Problem, Problems, unless } from './problems';

/** A problem for `SNAPSHOT`: queues, topics and keys have no snapshots, and CDK writes `Snapshot` into the template all the same. */
export function removalPolicyProblems(removalPolicy: RemovalPolicy | undefined): Problem[] {
  return unless(removalPolicy !== RemovalPolicy.SNAPSHOT, () => ({
    prop: '',
    got: 'RemovalPolicy.SNAPSHOT',
    allowed: 'RemovalPolicy.DESTROY, RETAIN or RETAIN_ON_UPDATE_OR_DELETE',
    fix: 'Use one of these; there is nothing to take a snapshot of.',
  }));
}

/** Queues, topics and keys take no snapshots, and CDK writes `Snapshot` into the template all the same. */
export function checkRemovalPolicy(problems: Problems, removalPolicy: RemovalPolicy | undefined, prop: string = 'removalPolicy'): void {
  problems.oneOf(prop, removalPolicy, [
    RemovalPolicy.DESTROY, RemovalPolicy.RETAIN, RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  ], 'Use RemovalPolicy.DESTROY, RETAIN or RETAIN_ON_UPDATE_OR_DELETE; there is nothing to take a snapshot of.');
}
