import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { servicesOf } from './arriving-statements';
import { PolicyTarget, isComplete, letsServiceIn } from './service-statements';

/**
 * A view of the key of a queue or topic that leaves out what other classes of the CDK add to its policy for services that the queue or topic lets in:
 * the exact statement for each of them is there already.
 *
 * `SqsSubscription`, `s3n.SqsDestination` and `s3n.SnsDestination` add statements to the key after those to the queue or topic, without a condition or
 * with a reference that forms a cycle where a topic and a queue share a key. The view shares the node of the key, so keys are compared with `isSameKey`.
 */
export function narrowedKey(target: PolicyTarget, key: kms.IKey): kms.IKey {
  const isReplaced = (statement: iam.PolicyStatement) => {
    if (isComplete(statement) || statement.effect === iam.Effect.DENY) return false;
    const services = servicesOf(target, statement);
    return services.length > 0 && services.every(service => letsServiceIn(target, service));
  };
  return Object.create(key, {
    addToResourcePolicy: {
      value: (statement: iam.PolicyStatement, allowNoOp?: boolean): iam.AddToResourcePolicyResult =>
        isReplaced(statement) ? { statementAdded: true, policyDependable: target } : key.addToResourcePolicy(statement, allowNoOp),
    },
  });
}
