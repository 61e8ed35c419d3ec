import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct, IConstruct } from 'constructs';
import { EVENTS } from '../../access/private/bound-service-source';
import { letsServiceIn } from '../../access/private/service-statements';
import { knownApart, stackThatCannotRefer } from '../../private/environment';
import { grantOnKey, grantOnResource, granteeProblems, unnamedProblems } from '../../private/grants';
import { WRITE_KEY } from '../../private/key-permissions';
import { awsManagedAlias } from '../../private/keys';
import { awsManagedKeyProblems } from '../../private/outsiders';
import { Problem, refuse, unless } from '../../private/problems';
import { renderPolicy, warn } from '../../private/warnings';
import { writtenProperty } from '../../private/written';

/** Grants `sns:Publish`, and the actions on the key of the topic that publishing requires. */
export function grantPublish(scope: Construct, construct: string, topic: sns.ITopic, grantee: iam.IGrantable): iam.Grant {
  const [method, key] = ['grantPublish', topic.masterKey];
  if (isLetIn(topic, grantee)) return grantNothing(topic, grantee);
  refuse(scope, construct, granteeProblems(scope, method, grantee,
    isEventBridge(grantee) ? 'An EventBridge rule publishes with a role instead: targets.SnsTopic does so with authorizeUsingRole.'
      : 'Call allowService(ServiceSource...) for an AWS service, before the construct that grants to it: it adds aws:SourceArn and aws:SourceAccount.'));
  refuse(scope, construct, outsiderProblems(topic, `${method}(grantee)`, grantee.grantPrincipal));
  refuse(scope, construct, referenceProblems(scope, method, topic, grantee));
  const grant = grantOnResource(scope, construct, method, { resource: topic, arn: topic.topicArn }, grantee, ['sns:Publish']);
  if (key) return grant.combine(grantOnKey(scope, construct, method, { key, service: 'sns' }, grantee, WRITE_KEY));
  warnOfUnknownKey(scope, construct, topic, grantee);
  return grant;
}

/** A topic that another account publishes to has a customer key, if it is encrypted with a key: nobody can change the policy of the AWS managed key. */
function warnOfUnknownKey(scope: Construct, construct: string, topic: sns.ITopic, { grantPrincipal }: iam.IGrantable): void {
  const { principalAccount } = grantPrincipal;
  const isElsewhere = (account: string) => knownApart(account, topic.env.account);
  if (topic.node.defaultChild || principalAccount === undefined || !isElsewhere(principalAccount) || !isElsewhere(Stack.of(scope).account)) return;
  warn(scope, `${construct}.unknownKey`,
    `the topic '${topic.node.path}' of another account is imported without its key, so grantPublish() grants nothing on a key. If the topic has a customer key, import it with `
    + 'sns.Topic.fromTopicAttributes() and keyArn, or add this statement to a policy of the publisher; the policy of the key must allow the same:\n'
    + renderPolicy(scope, new iam.PolicyStatement({ actions: WRITE_KEY, resources: ['<ARN of the key>'] }).toStatementJson()));
}

/** Grants `sns:Subscribe`. */
export function grantSubscribe(scope: Construct, construct: string, topic: sns.ITopic, grantee: iam.IGrantable): iam.Grant {
  const method = 'grantSubscribe';
  refuse(scope, construct, [
    ...granteeProblems(scope, method, grantee, 'Grant to the role that the service assumes: AWS services do not subscribe as themselves.'),
    ...referenceProblems(scope, method, topic, grantee),
  ]);
  return grantOnResource(scope, construct, method, { resource: topic, arn: topic.topicArn }, grantee, ['sns:Subscribe']);
}

/** A role of this app in another account or Region and the topic refer to each other by their names, which must be known at synthesis. */
function referenceProblems(scope: Construct, method: string, topic: sns.ITopic, grantee: iam.IGrantable): Problem[] {
  if (!topic.node.defaultChild) return [];
  const user = grantee.grantPrincipal;
  return [
    ...unnamedProblems(scope, method, topic, grantee),
    ...unless(!stackThatCannotRefer(user, topic, topic.topicArn), () => ({
      prop: `${method}(grantee)`,
      got: `'${(user as unknown as IConstruct).node.path}' in another account or Region, and a topic without a topicName`,
      allowed: 'a grantee in the account and Region of the topic, or a topic with a topicName',
      fix: 'Specify a topicName, because a generated name is not known in another account or Region.',
    })),
  ];
}

function isEventBridge({ grantPrincipal }: iam.IGrantable): boolean {
  return grantPrincipal instanceof iam.ServicePrincipal && grantPrincipal.service === EVENTS;
}

/** Whether `allowService` already allowed the service, so that a construct of the CDK that grants to it by its name needs nothing else. */
function isLetIn(topic: sns.ITopic, { grantPrincipal }: iam.IGrantable): boolean {
  return grantPrincipal instanceof iam.ServicePrincipal && letsServiceIn(topic, grantPrincipal.service);
}

/** The grant for a service that can publish already. */
export function grantNothing(topic: sns.ITopic, grantee: iam.IGrantable): iam.Grant {
  const resource: sns.ITopic = Object.create(topic, { addToResourcePolicy: { value: () => ({ statementAdded: true, policyDependable: topic }) } });
  return iam.Grant.addToPrincipalOrResource({ grantee, actions: ['sns:Publish'], resourceArns: [topic.topicArn], resource });
}

/** A problem for a principal that is known to be of another account, if the topic has the AWS managed key. */
export function outsiderProblems(topic: sns.ITopic, prop: string, principal: iam.IPrincipal): Problem[] {
  return isAwsManaged(topic) ? awsManagedKeyProblems(topic, 'topic', prop, principal) : [];
}

/** Whether a topic has the key `alias/aws/sns`, whose policy cannot be changed. */
export function isAwsManaged(topic: sns.ITopic): boolean {
  const resource = topic.node.defaultChild as sns.CfnTopic | undefined;
  if (!resource) return topic.masterKey !== undefined && awsManagedAlias(topic.masterKey) !== undefined;
  const key = Stack.of(topic).resolve(writtenProperty(resource, 'KmsMasterKeyId', resource.kmsMasterKeyId));
  // By its name, or at the end of an ARN that can begin with tokens.
  return /alias\/aws\/sns"/.test(JSON.stringify(key) ?? '');
}
