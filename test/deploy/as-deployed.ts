import assert from 'node:assert/strict';
import { GetRoleCommand, GetRolePolicyCommand } from '@aws-sdk/client-iam';
import { GetSubscriptionAttributesCommand, GetTopicAttributesCommand } from '@aws-sdk/client-sns';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { Engine } from './engine';
import { DeployedStack } from './stack';
import { Json } from '../support/written';

/** Every resource of the template is there. */
export function assertComplete({ resources, template }: DeployedStack): void {
  const created = resources.filter(({ ResourceStatus }) => ResourceStatus === 'CREATE_COMPLETE').map(({ LogicalResourceId, ResourceType }) => `${ResourceType} ${LogicalResourceId}`);
  assert.deepEqual(created.sort(), template.idsOf().map(id => `${template.typeOf(id)} ${id}`).sort());
}

/** Every property of every queue is what the template says, except those that an engine is known not to keep. */
export async function assertQueues(engine: Engine, stack: DeployedStack, except: readonly string[] = []): Promise<void> {
  for (const id of idsOf(stack, 'AWS::SQS::Queue')) {
    const { QueueName, ...properties } = stack.template.propertiesOf(id);
    const attributes = await queueAttributes(engine, stack.physicalId(id));
    except.forEach(name => delete properties[name]);
    assertAttributes(id, attributes, properties);
    if (QueueName) assert.equal(stack.template.nameOf(id), QueueName);
  }
}

/** The policy of every queue is what the template says. */
export async function assertQueuePolicies(engine: Engine, stack: DeployedStack): Promise<void> {
  for (const id of idsOf(stack, 'AWS::SQS::QueuePolicy')) {
    const { PolicyDocument, Queues } = stack.template.propertiesOf(id);
    assert.equal(Queues.length, 1);
    // `Ref` of a queue is its URL, whose host the engine chooses; its name is the same everywhere.
    const queue = idsOf(stack, 'AWS::SQS::Queue').find(other => Queues[0].endsWith(`/${stack.template.nameOf(other)}`))!;
    const { Policy } = await queueAttributes(engine, stack.physicalId(queue));
    assert.deepEqual(JSON.parse(Policy), PolicyDocument, id);
  }
}

/** Every topic, its policy and its subscriptions are what the template says. */
export async function assertTopics(engine: Engine, stack: DeployedStack): Promise<void> {
  for (const id of idsOf(stack, 'AWS::SNS::Topic')) {
    const { TopicName, ...properties } = stack.template.propertiesOf(id);
    assertAttributes(id, await topicAttributes(engine, stack.physicalId(id)), properties);
    if (TopicName) assert.equal(stack.template.nameOf(id), TopicName);
  }
  for (const id of idsOf(stack, 'AWS::SNS::TopicPolicy')) {
    const { PolicyDocument, Topics } = stack.template.propertiesOf(id);
    assert.equal(Topics.length, 1);
    assert.deepEqual(JSON.parse((await topicAttributes(engine, Topics[0])).Policy), PolicyDocument, id);
  }
}

export async function assertSubscriptions(engine: Engine, stack: DeployedStack): Promise<void> {
  for (const id of idsOf(stack, 'AWS::SNS::Subscription')) {
    const { Attributes = {} } = await engine.sns.send(new GetSubscriptionAttributesCommand({ SubscriptionArn: stack.physicalId(id) }));
    const { Region: _region, ...properties } = stack.template.propertiesOf(id);
    assertAttributes(id, Attributes, properties);
  }
}

/** Who may take on the roles, and what they may do. */
export async function assertRoles(engine: Engine, stack: DeployedStack): Promise<void> {
  for (const id of idsOf(stack, 'AWS::IAM::Role')) {
    const { Role } = await engine.iam.send(new GetRoleCommand({ RoleName: stack.physicalId(id) }));
    assert.deepEqual(JSON.parse(decodeURIComponent(Role!.AssumeRolePolicyDocument!)), stack.template.propertiesOf(id).AssumeRolePolicyDocument, id);
  }
  for (const id of idsOf(stack, 'AWS::IAM::Policy')) {
    const { PolicyDocument, PolicyName, Roles } = stack.template.propertiesOf(id);
    for (const RoleName of Roles) {
      const deployed = await engine.iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }));
      assert.deepEqual(JSON.parse(decodeURIComponent(deployed.PolicyDocument!)), PolicyDocument, id);
    }
  }
}

/** A stack without a resource of the type would pass every check of it. */
function idsOf(stack: DeployedStack, type: string): string[] {
  const ids = stack.template.idsOf(type);
  assert.notEqual(ids.length, 0, `the stack has no ${type}`);
  return ids;
}

/** Compares what has been asked for with the attributes, which are strings, or JSON where there is structure. */
function assertAttributes(id: string, attributes: Record<string, string>, properties: Json): void {
  const deployed = Object.keys(properties).map(name => {
    const attribute = attributes[name];
    return [name, typeof properties[name] === 'object' && attribute !== undefined ? JSON.parse(attribute) : attribute];
  });
  assert.deepEqual(inStrings(Object.fromEntries(deployed)), inStrings(properties), id);
}

/** CloudFormation takes numbers and booleans as strings as well. */
function inStrings(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value === undefined ? undefined : `${value}`;
  if (Array.isArray(value)) return value.map(inStrings);
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, inStrings(item)]));
}

async function queueAttributes({ sqs }: Engine, QueueUrl: string): Promise<Record<string, string>> {
  return (await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }))).Attributes!;
}

async function topicAttributes({ sns }: Engine, TopicArn: string): Promise<Record<string, string>> {
  return (await sns.send(new GetTopicAttributesCommand({ TopicArn }))).Attributes!;
}
