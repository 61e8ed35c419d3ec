import { CfnResource, Stack, Token } from 'aws-cdk-lib';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { IConstruct } from 'constructs';
import { pathOf } from './describe';
import { Problem } from './problems';
import { resourcesAtSynthesis } from './uses';
import { writtenProperty } from './written';

/** The resources with one name, by the name and its place; for each list of resources that is read when templates are written. */
const indexes = new WeakMap<CfnResource[], Map<string, CfnResource[]>>();

/**
 * The problems of a queue or topic whose name another one in the app has, in one account and Region; only while templates are validated.
 *
 * Stacks whose account or Region is not known can be deployed to different places, and of two resources with conditions only one may be created.
 */
export function sharedNameProblems(scope: IConstruct, resource: sqs.CfnQueue | sns.CfnTopic): Problem[] {
  const id = placedName(resource);
  if (id === undefined) return [];
  const resources = resourcesAtSynthesis(scope);
  const index = indexes.get(resources) ?? byName(resources);
  indexes.set(resources, index);
  const what = sqs.CfnQueue.isCfnQueue(resource) ? 'queue' : 'topic';
  return (index.get(id) ?? []).filter(other => other !== resource).map(other => ({
    prop: `${what}Name`,
    got: `'${nameOf(resource)}' for ${pathOf(resource)}, which is also the name of ${pathOf(other)}`,
    allowed: `a name that no other ${what} has in the account and Region`,
    fix: 'CloudFormation cannot create both. Choose another name, or omit it: a generated name is unique.',
  }));
}

function byName(resources: CfnResource[]): Map<string, CfnResource[]> {
  const index = new Map<string, CfnResource[]>();
  for (const resource of resources) {
    const id = sqs.CfnQueue.isCfnQueue(resource) || sns.CfnTopic.isCfnTopic(resource) ? placedName(resource) : undefined;
    if (id !== undefined) index.set(id, [...index.get(id) ?? [], resource]);
  }
  return index;
}

/** The name with its place; undefined for a generated name, and for one that is only known at deployment. */
function placedName(resource: sqs.CfnQueue | sns.CfnTopic): string | undefined {
  const name = nameOf(resource);
  if (typeof name !== 'string' || Token.isUnresolved(name) || resource.cfnOptions.condition) return undefined;
  const { account, region, node } = Stack.of(resource);
  const place = [account, region].some(part => Token.isUnresolved(part)) ? node.path : `${account} ${region}`;
  return `${resource.cfnResourceType} ${place} ${name}`;
}

function nameOf(resource: sqs.CfnQueue | sns.CfnTopic): unknown {
  return sqs.CfnQueue.isCfnQueue(resource)
    ? writtenProperty(resource, 'QueueName', resource.queueName)
    : writtenProperty(resource, 'TopicName', resource.topicName);
}
