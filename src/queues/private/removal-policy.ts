import { RemovalPolicy } from 'aws-cdk-lib';
import { Problems } from '../../private/problems';

/** SQS takes no snapshots, and CDK writes `Snapshot` into the template all the same. */
export function checkRemovalPolicy(problems: Problems, removalPolicy: RemovalPolicy | undefined): void {
  problems.oneOf('removalPolicy', removalPolicy, [
    RemovalPolicy.DESTROY, RemovalPolicy.RETAIN, RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  ], 'Use RemovalPolicy.DESTROY, RETAIN or RETAIN_ON_UPDATE_OR_DELETE; a queue has no snapshots.');
}
