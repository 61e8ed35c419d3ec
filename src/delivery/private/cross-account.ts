import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { BoundBucket, BoundStreamSource } from './bound';
import { bucketStatements, keyStatement, mayDiffer } from './permissions';
import { renderPolicy, warn } from '../../private/warnings';

/**
 * What the owners of buckets and keys in other accounts have to allow: added where it can be, said where it cannot.
 *
 * Within the account the policy of the role is enough.
 */
export function allowFromOtherAccount(scope: Construct, role: iam.IRole, source: BoundStreamSource, buckets: [string, BoundBucket][]): void {
  const account = Stack.of(scope).account;
  const principals = [new iam.ArnPrincipal(role.roleArn)];
  const missing: iam.PolicyStatement[] = [];
  const missingOnKeys: iam.PolicyStatement[] = [];
  for (const [sid, bound] of buckets) {
    if (mayDiffer(bound.bucket.env.account, account)) {
      const statements = bucketStatements(sid, bound.bucket.bucketArn, true, principals);
      missing.push(...statements.filter(statement => !bound.bucket.addToResourcePolicy(statement).statementAdded));
    }
    if (bound.key && mayDiffer(bound.key.env.account, account)) {
      const statement = keyStatement(sid, bound, principals);
      if (!bound.key.addToResourcePolicy(statement, true).statementAdded) missingOnKeys.push(statement);
    }
  }
  if (missing.length > 0) {
    warn(scope, 'StreamDelivery.bucketPolicy',
      'A bucket is in another account and its policy cannot be changed from here: nothing is delivered until its owner adds this to it.\n' + render(scope, missing));
  }
  if (missingOnKeys.length > 0) {
    warn(scope, 'StreamDelivery.bucketKeyPolicy',
      'The key of a bucket is in another account and its policy cannot be changed from here: nothing is delivered until its owner adds this to it.\n' + render(scope, missingOnKeys));
  }
  if (mayDiffer(source.stream.env.account, account)) {
    warn(scope, 'StreamDelivery.streamInAnotherAccount',
      'The data stream is in another account. AWS does not document that Firehose can read it: test it before you rely on it, or deliver from the account of the stream.');
  }
}

function render(scope: Construct, statements: iam.PolicyStatement[]): string {
  return renderPolicy(scope, statements.map(statement => statement.toStatementJson()));
}
