import { CfnResource, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Problem, unless } from '../../private/problems';
import { factsOf } from '../../private/queue-facts';
import { resourceOf } from '../../private/same-resource';
import { usesOf } from '../../private/uses';
import { writtenProperties, writtenProperty } from '../../private/written';

/** A problem for a queue with a customer key that no policy of the role allows to use: an aspect gave it the key. Only while templates are validated. */
export function keyProblems(queue: sqs.IQueue, handler: lambda.IFunction): Problem[] {
  const resource = resourceOf(queue);
  const role = handler.role && resourceOf(handler.role);
  if (!sqs.CfnQueue.isCfnQueue(resource) || !iam.CfnRole.isCfnRole(role)) return [];
  const key = writtenProperty(resource, 'KmsMasterKeyId', resource.kmsMasterKeyId);
  if (key === undefined || factsOf(queue, true).awsManagedKey) return [];
  return unless(mayDecrypt(role), () => ({
    prop: 'source.queue.encryption',
    got: `a key that the role of the function cannot use, on '${queue.node.path}'`,
    allowed: 'a key that the queue has when the worker is created',
    fix: 'An aspect or escape hatch gave the queue the key afterwards. Specify it for the queue, or call key.grantDecrypt() with the worker.',
  }));
}

/** Whether a policy of the role allows kms:Decrypt, on some key, or is not known. */
function mayDecrypt(role: iam.CfnRole): boolean {
  const { ManagedPolicyArns: managed, Policies: inline } = writtenProperties(role);
  if ([managed ?? []].flat().some(arn => !JSON.stringify(arn).includes('service-role/AWSLambda'))) return true;
  const policies = usesOf(role, role, 'policies').map(policy => Stack.of(policy).resolve((policy as CfnResource & iam.CfnPolicy).policyDocument));
  return /"(kms:(Decrypt|De\*|\*)|\*)"/.test(JSON.stringify([inline ?? [], policies.map(({ Statement }) => Statement.map(({ Action }: { Action: unknown }) => Action))]));
}
