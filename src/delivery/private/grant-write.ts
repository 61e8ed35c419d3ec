import * as iam from 'aws-cdk-lib/aws-iam';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { BoundStreamSource } from './bound';
import { streamKeyConditions, streamKeyPolicyConditions } from './permissions';
import { refuseServicePrincipal } from '../../private/grants';
import { renderPolicy, warn } from '../../private/warnings';

type Conditions = Record<string, Record<string, unknown>>;

const WRITE_ACTIONS = ['kinesis:PutRecord', 'kinesis:PutRecords', 'kinesis:ListShards'];

/** Grants exact actions; the grant of the L2 adds `kms:Encrypt`, `kms:ReEncrypt*` and `kms:GenerateDataKey*` without conditions. */
export function grantWriteToStream(scope: Construct, source: BoundStreamSource, grantee: iam.IGrantable): iam.Grant {
  refuseServicePrincipal(scope, 'StreamDelivery', 'grantWrite', grantee, 'Give the role the service assumes.');
  const { stream, key } = source;
  const missing: iam.PolicyStatement[] = [];
  const grant = iam.Grant.addToPrincipalOrResource({
    grantee, actions: WRITE_ACTIONS, resourceArns: [stream.streamArn], resource: watched(stream, missing),
  });
  const keyGrant = key && iam.Grant.addToPrincipalOrResource({
    grantee,
    actions: ['kms:GenerateDataKey'],
    conditions: streamKeyConditions(source),
    resourceArns: [key.keyArn],
    resourceSelfArns: ['*'],
    resource: watched(key, missing, streamKeyPolicyConditions(source)),
  });
  if (missing.length > 0) {
    warn(scope, 'StreamDelivery.importedPolicy',
      'grantWrite() cannot change the policy of an imported stream or key: nothing can be put until its owner adds this to it.\n'
      + renderPolicy(scope, missing.map(one => one.toStatementJson())));
  }
  return keyGrant ? grant.combine(keyGrant) : grant;
}

/**
 * The resource, noting the statements that its policy did not take and giving them their conditions: a grant says nothing
 * of the first and drops the second.
 */
function watched(resource: kinesis.IStream | kms.IKey, missing: iam.PolicyStatement[], conditions: Conditions = {}): iam.IResourceWithPolicy {
  return {
    env: resource.env,
    node: resource.node,
    addToResourcePolicy: (bare: iam.PolicyStatement) => {
      const statement = bare.copy({ conditions });
      const result = resource.addToResourcePolicy(statement);
      if (!result.statementAdded) missing.push(statement);
      return { ...result, policyDependable: result.policyDependable ?? resource };
    },
  } as unknown as iam.IResourceWithPolicy;
}
