import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { SourceBinding } from './binding';
import { BoundStreamSource } from './bound';
import { streamKeyConditions, streamKeyPolicyConditions } from './permissions';
import { canRefer, knownApart } from '../../private/environment';
import { arnOf, byCondition, granteeProblems, keyArnFor, otherAccountProblems, unnamedProblems } from '../../private/grants';
import { Problem, fail, refuse, unless } from '../../private/problems';
import { renderPolicy, warn } from '../../private/warnings';

type Conditions = Record<string, Record<string, unknown>>;

/** `firehose:PutRecord`, `firehose:PutRecordBatch` and a pattern for both. IAM does not distinguish the case of actions. */
const PUT_ACTIONS = /^firehose:PutRecord/i;

const WRITE_ACTIONS = ['kinesis:PutRecord', 'kinesis:PutRecords', 'kinesis:ListShards'];

/** Grants exact actions; the grant of the L2 adds `kms:Encrypt`, `kms:ReEncrypt*` and `kms:GenerateDataKey*` without conditions. */
export function grantWriteToStream(scope: Construct, source: BoundStreamSource | undefined, grantee: iam.IGrantable): iam.Grant {
  if (!source) {
    fail(scope, 'FirehoseStream', {
      prop: 'grantWrite()', got: 'a Firehose stream without a data stream', allowed: 'a Firehose stream with a KinesisSource', fix: 'Use grantPutRecords() for a stream with direct put.',
    });
  }
  refuse(scope, 'FirehoseStream', granteeProblems(scope, 'grantWrite', grantee, 'Specify the role that the service assumes.'));
  const { stream, key } = source;
  checkReachable(scope, stream, grantee);
  if (kms.CfnKey.isCfnKey(key?.node.defaultChild)) refuse(scope, 'FirehoseStream', unnamedProblems(scope, 'grantWrite', key!, grantee));
  const missing: iam.PolicyStatement[] = [];
  const grant = iam.Grant.addToPrincipalOrResource({
    grantee, actions: WRITE_ACTIONS, resourceArns: [stream.streamArn], resource: watched(stream, grantee, missing),
  });
  const keyGrant = key && iam.Grant.addToPrincipalOrResource({
    grantee,
    actions: ['kms:GenerateDataKey'],
    conditions: streamKeyConditions(source),
    resourceArns: [keyArnFor(grantee, key)],
    resourceSelfArns: ['*'],
    resource: watched(key, grantee, missing, streamKeyPolicyConditions(source)),
  });
  if (missing.length > 0) {
    warn(scope, 'FirehoseStream.importedPolicy',
      'grantWrite() cannot change the policy of an imported stream or key: nothing can be put until its owner adds this to it.\n'
      + renderPolicy(scope, missing.map(one => one.toStatementJson())));
  }
  return keyGrant ? grant.combine(keyGrant) : grant;
}

/** Refuses to let a principal put records where Firehose takes none, or where only a resource policy could allow it. */
export function checkGrantPutRecords(scope: Construct, source: SourceBinding, grantee: iam.IGrantable): void {
  refuse(scope, 'FirehoseStream', directPutProblems('grantPutRecords', source, 'Use grantWrite(), which grants on the data stream.'));
  refuseWithoutIdentityPolicy(scope, 'grantPutRecords', grantee);
}

/** The same for any actions: an SNS subscription of the CDK grants `firehose:PutRecord` in this way, with no call of `grantPutRecords()`. */
export function checkGrant(scope: Construct, source: SourceBinding, grantee: iam.IGrantable, actions: string[]): void {
  if (actions.some(action => PUT_ACTIONS.test(action))) {
    refuse(scope, 'FirehoseStream', directPutProblems('grant', source,
      'Specify new DirectPut() as the source of the stream, which an SNS subscription needs too, or use grantWrite(), which grants on the data stream.'));
  }
  refuseWithoutIdentityPolicy(scope, 'grant', grantee);
}

/** Firehose takes no records from producers while it reads a source. */
function directPutProblems(method: string, { isDirectPut = false }: SourceBinding, fix: string): Problem[] {
  return unless(isDirectPut, () => ({
    prop: `${method}()`, got: 'a Firehose stream that reads its source', allowed: 'a Firehose stream with new DirectPut() as its source', fix,
  }));
}

function refuseWithoutIdentityPolicy(scope: Construct, method: string, grantee: iam.IGrantable): void {
  refuse(scope, 'FirehoseStream', granteeProblems(scope, method, grantee, 'Grant to the role that the service assumes.'));
  refuse(scope, 'FirehoseStream', otherAccountProblems(scope, method, grantee,
    'A Firehose stream has no resource policy: grant to a role of this account that the principal can assume.'));
  const { grantPrincipal: user } = grantee;
  // The name of the stream is generated, and the CDK cannot write it into the template of another Region.
  refuse(scope, 'FirehoseStream', unless(!Construct.isConstruct(user) || Stack.of(user).environment === Stack.of(scope).environment, () => ({
    prop: `${method}(grantee)`,
    got: `'${(user as unknown as Construct).node.path}' in ${Stack.of(user as unknown as Construct).environment}`,
    allowed: `a grantee of a stack in ${Stack.of(scope).environment}`,
    fix: 'Create the role in a stack of the Region of the Firehose stream.',
  })));
}

/** The grant, unless nothing was added: the principal has no policy of its own, such as an account or an ARN, and the stream has none either. */
export function requireAdded(scope: Construct, method: string, grant: iam.Grant): iam.Grant {
  refuse(scope, 'FirehoseStream', unless(grant.success, () => ({
    prop: `${method}(grantee)`,
    got: 'a principal without a policy of its own, such as an account',
    allowed: 'a role, user or group of this account, or a construct with a role',
    fix: 'A Firehose stream has no resource policy: grant to a role that the principal can assume.',
  })));
  return grant;
}

/** A stream and a role of this app, in two accounts or Regions, are referred to by their names. */
function checkReachable(scope: Construct, stream: kinesis.IStream, grantee: iam.IGrantable): void {
  const principal = grantee.grantPrincipal;
  if (iam.principalIsOwnedResource(principal) && !canRefer(Stack.of(principal), stream, stream.streamArn)) {
    fail(scope, 'FirehoseStream', {
      prop: 'grantWrite(grantee)',
      got: `'${principal.node.path}' in ${Stack.of(principal).environment}, and a data stream without a streamName in ${Stack.of(stream).environment}`,
      allowed: 'a grantee in the account and Region of the data stream, or a data stream with a name that is known there',
      fix: 'Specify a kinesis.Stream for KinesisSource.existing() with a streamName, such as PhysicalName.GENERATE_IF_NEEDED.',
    });
  }
  if (stream.node.defaultChild) refuse(scope, 'FirehoseStream', unnamedProblems(scope, 'grantWrite', stream, grantee));
}

/**
 * The resource, noting the statements that its policy did not take and giving them their conditions: a grant says nothing
 * of the first and drops the second.
 */
function watched(
  resource: kinesis.IStream | kms.IKey, grantee: iam.IGrantable, missing: iam.PolicyStatement[], conditions: Conditions = {},
): iam.IResourceWithPolicy {
  return {
    env: resource.env,
    node: resource.node,
    addToResourcePolicy: (bare: iam.PolicyStatement) => {
      const statement = bare.copy({ conditions, ...whoOf(grantee, resource, conditions) });
      const result = resource.addToResourcePolicy(statement);
      if (!result.statementAdded) missing.push(statement);
      return { ...result, policyDependable: result.policyDependable ?? resource };
    },
  } as unknown as iam.IResourceWithPolicy;
}

/** A role or user of this app, where the resource is in another account. */
function whoOf({ grantPrincipal }: iam.IGrantable, resource: kinesis.IStream | kms.IKey, conditions: Conditions) {
  if (!iam.principalIsOwnedResource(grantPrincipal)) return undefined;
  const { account } = Stack.of(grantPrincipal);
  if (!knownApart(account, resource.env.account)) return undefined;
  const who = byCondition(account, arnOf(grantPrincipal));
  return { ...who, conditions: { ...conditions, ...who.conditions } };
}
