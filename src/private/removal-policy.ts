import { RemovalPolicy } from 'aws-cdk-lib';
import { Problems } from './problems';

/** Queues, topics and keys take no snapshots, and CDK writes `Snapshot` into the template all the same. */
export function checkRemovalPolicy(problems: Problems, removalPolicy: RemovalPolicy | undefined, prop: string = 'removalPolicy'): void {
  problems.oneOf(prop, removalPolicy, [
    RemovalPolicy.DESTROY, RemovalPolicy.RETAIN, RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  ], 'Use RemovalPolicy.DESTROY, RETAIN or RETAIN_ON_UPDATE_OR_DELETE; there is nothing to take a snapshot of.');
}
