import { CfnElement, Stack } from 'aws-cdk-lib';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { IConstruct } from 'constructs';
import { brokenReferences, brokenValues } from './graph';
import { Policies } from './policies';
import { errorsIn } from './validation';
import { wholeAppViolations } from './whole-app';
import type { World } from './world';
import { QueueSubscription } from '../../../src/fanout';
import { ReplyQueue, SharedDeadLetterQueue, WorkQueue } from '../../../src/queues';
import { ResolvedTemplate } from '../../support/resolver';
import { Json } from '../../support/written';

/**
 * What is wrong with the templates of an app; nothing when every promise of the library holds.
 *
 * @param whole whether the app is as it was meant, so that it is checked as a whole as well
 * @param validated whether the CloudFormation validation is asked as well, which is what takes most of the time
 */
export function violations(world: World, templates: Record<string, Json>, whole: boolean, validated: boolean = whole): string[] {
  const found: string[] = [];
  const check = (holds: boolean, problem: string) => { if (!holds) found.push(problem); };
  for (const template of Object.values(templates)) {
    found.push(...brokenValues(template), ...brokenReferences(template));
    if (validated) found.push(...errorsIn(template));
  }
  if (found.length > 0) return found;
  const app = new Resources(world, templates);
  for (const imported of app.importsWithoutExport()) found.push(`${imported} is imported and not exported`);
  const policies = new Policies(app);
  found.push(...policies.violations());
  for (const queue of app.of('AWS::SQS::Queue')) found.push(...queueViolations(queue, app));
  for (const queue of app.queuesOfOurs()) {
    check(policies.isTlsOnly(queue), `${queue.id} accepts requests without TLS`);
    check(app.isDeadLetterQueue(queue) || queue.properties.RedrivePolicy !== undefined || app.hasNoneByChoice(queue), `${queue.id} has no dead letters`);
  }
  for (const subscription of app.of('AWS::SNS::Subscription')) found.push(...subscriptionViolations(subscription, app, policies));
  for (const delivery of app.of('AWS::KinesisFirehose::DeliveryStream')) {
    check(delivery.dependsOn.some(id => app.resource(delivery.stack, id)?.type === 'AWS::IAM::ManagedPolicy'), `${delivery.id} does not wait for the policy of its role`);
  }
  for (const group of app.of('AWS::AutoScaling::AutoScalingGroup')) {
    check(group.dependsOn.some(id => app.resource(group.stack, id)?.type === 'AWS::IAM::ManagedPolicy'), `${group.id} does not wait for the policy of its role`);
    check(Number(group.properties.MinSize) <= Number(group.properties.MaxSize) || [group.properties.MinSize, group.properties.MaxSize].some(size => typeof size !== 'string'), `${group.id} has its minimum above its maximum`);
  }
  if (found.length === 0 && whole) found.push(...wholeAppViolations(world.deployed(templates), world));
  return found;
}

function queueViolations(queue: Resource, app: Resources): string[] {
  const found: string[] = [];
  const { FifoQueue, DeduplicationScope, FifoThroughputLimit, QueueName } = queue.properties;
  const { RedrivePolicy, RedriveAllowPolicy, MessageRetentionPeriod = 345_600 } = queue.properties;
  const check = (holds: boolean, problem: string) => { if (!holds) found.push(`${queue.id} ${problem}`); };
  check(FifoQueue === true || FifoQueue === undefined, 'says FifoQueue: false');
  check((DeduplicationScope === 'messageGroup') === (FifoThroughputLimit === 'perMessageGroupId'), 'sets one half of high throughput');
  check(FifoQueue === true || (DeduplicationScope === undefined && FifoThroughputLimit === undefined && queue.properties.ContentBasedDeduplication === undefined), 'is a standard queue with FIFO properties');
  check(!/\.fifo"?$/.test(endOf(QueueName)) || FifoQueue === true, 'is a standard queue with a FIFO name');
  if (RedriveAllowPolicy !== undefined) {
    const { redrivePermission, sourceQueueArns } = RedriveAllowPolicy;
    check(['allowAll', 'denyAll', 'byQueue'].includes(redrivePermission), `has the redrive permission ${redrivePermission}`);
    check(redrivePermission === 'byQueue' ? sourceQueueArns?.length >= 1 && sourceQueueArns.length <= 10 : sourceQueueArns === undefined, 'names the wrong number of redrive sources');
  }
  if (RedrivePolicy !== undefined) {
    const { deadLetterTargetArn, maxReceiveCount } = RedrivePolicy;
    check(typeof maxReceiveCount === 'object' || (Number.isInteger(maxReceiveCount) && maxReceiveCount >= 1 && maxReceiveCount <= 1000), `gives up after ${maxReceiveCount} receives`);
    const target = app.resolve(queue.stack, deadLetterTargetArn);
    check(target !== undefined || /^arn:/.test(startOf(deadLetterTargetArn)), `has dead letters at ${JSON.stringify(deadLetterTargetArn)}`);
    if (target) {
      check(target.properties.FifoQueue === FifoQueue, 'and its dead-letter queue are of two kinds');
      check(app.redriveAllowed(queue, target), `may not use its dead-letter queue ${target.id}`);
      const kept = target.properties.MessageRetentionPeriod ?? 345_600;
      check(FifoQueue === true || typeof kept !== 'number' || typeof MessageRetentionPeriod !== 'number' || kept > MessageRetentionPeriod, `keeps messages ${MessageRetentionPeriod} s and its dead letters ${kept} s`);
    }
  }
  return found;
}

function subscriptionViolations(subscription: Resource, app: Resources, policies: Policies): string[] {
  const found: string[] = [];
  const { TopicArn, Endpoint, RedrivePolicy } = subscription.properties;
  const topic = app.resolve(subscription.stack, TopicArn);
  const endpoint = app.resolve(subscription.stack, Endpoint);
  const queue = endpoint?.type === 'AWS::SQS::Queue' ? endpoint : undefined;
  const deadLetters = RedrivePolicy && app.resolve(subscription.stack, RedrivePolicy.deadLetterTargetArn);
  const check = (holds: boolean, problem: string) => { if (!holds) found.push(`${subscription.id} ${problem}`); };
  if (topic && queue) check(topic.properties.FifoTopic === true || queue.properties.FifoQueue === undefined, 'brings a standard topic to a FIFO queue');
  if (topic && deadLetters) check(topic.properties.FifoTopic === deadLetters.properties.FifoQueue, 'has dead letters of another kind than its topic');
  for (const receiver of [queue, deadLetters]) {
    if (!receiver) continue;
    check(policies.allows(receiver, 'sns.', TopicArn, subscription.stack), `delivers to ${receiver.id}, which does not accept it`);
    const policy = policies.of(receiver);
    check(receiver.stack !== subscription.stack || (policy !== undefined && subscription.dependsOn.includes(policy.id)), `does not wait for the policy of ${receiver.id}`);
    const key = receiver.properties.KmsMasterKeyId && app.resolve(receiver.stack, receiver.properties.KmsMasterKeyId);
    check(!key || policies.lets(key, 'sns.', ['kms:Decrypt', 'kms:GenerateDataKey']), `delivers to ${receiver.id}, whose key does not let SNS use it`);
  }
  return found;
}

/** A resource of one of the templates. */
export class Resource {
  constructor(
    public readonly stack: string,
    public readonly id: string,
    public readonly type: string,
    public readonly properties: Json,
    public readonly dependsOn: string[],
  ) {}
}

/** The resources of all stacks, found through references, imports included. */
export class Resources {
  private readonly all: Resource[] = [];
  private readonly exports = new Map<string, [string, Json]>();
  private readonly elements: Map<string, CfnElement>;

  constructor(world: World, private readonly templates: Record<string, Json>) {
    for (const [stack, template] of Object.entries(templates)) {
      for (const [id, { Type, Properties = {}, DependsOn = [] }] of Object.entries<Json>(template.Resources ?? {})) {
        this.all.push(new Resource(stack, id, Type, Properties, [DependsOn].flat()));
      }
      for (const [id, { Value, Export }] of Object.entries<Json>(template.Outputs ?? {})) {
        if (Export) this.exports.set(Export.Name, [stack, Value]);
        this.exports.set(`${stack}/${id}`, [stack, Value]);
      }
    }
    const elements = (world.app.node.findAll() as IConstruct[]).filter(CfnElement.isCfnElement);
    this.elements = new Map(elements.map(element => {
      const stack = Stack.of(element);
      return [`${stack.stackName} ${stack.resolve(element.logicalId)}`, element];
    }));
  }

  public of(type: string): Resource[] {
    return this.all.filter(resource => resource.type === type);
  }

  public resource(stack: string, id: string): Resource | undefined {
    return this.all.find(resource => resource.stack === stack && resource.id === id);
  }

  /** The resource that a value is an attribute of, in whatever stack; undefined for anything else. */
  public resolve(stack: string, value: Json): Resource | undefined {
    const id = value?.Ref ?? [value?.['Fn::GetAtt']].flat()[0];
    if (id !== undefined) return this.resource(stack, id);
    const { StackName, OutputName } = value?.['Fn::GetStackOutput'] ?? {};
    const exported = this.exports.get(StackName ? `${StackName}/${OutputName}` : value?.['Fn::ImportValue']);
    return exported && this.resolve(...exported);
  }

  /** Whether the redrive-allow policy of a dead-letter queue lets a queue use it, once all names are known. */
  public redriveAllowed(queue: Resource, deadLetterQueue: Resource): boolean {
    const { redrivePermission = 'allowAll', sourceQueueArns = [] } = deadLetterQueue.properties.RedriveAllowPolicy ?? {};
    if (redrivePermission !== 'byQueue' || queue.stack !== deadLetterQueue.stack || sourceQueueArns.length === 0) return redrivePermission === 'allowAll';
    const deployed = new ResolvedTemplate(this.templates[queue.stack]);
    const [, partition, , region, account] = deployed.resolve(sourceQueueArns[0]).split(':');
    const there = new ResolvedTemplate(this.templates[queue.stack], { partition, region, account });
    return deployed.resolve(sourceQueueArns).includes(there.arnOf(queue.id));
  }

  public importsWithoutExport(): string[] {
    const text = JSON.stringify(this.templates);
    const outputs = [...text.matchAll(/"Fn::GetStackOutput":(\{.*?"OutputName":"[^"]+"\})/g)].map(([, reference]) => JSON.parse(reference));
    const exported = [...text.matchAll(/"Fn::ImportValue":"([^"]+)"/g)].map(([, name]) => name);
    const names = exported.concat(outputs.map(({ StackName, OutputName }) => `${StackName}/${OutputName}`));
    return names.filter(name => !this.exports.has(name));
  }

  /** The queues that the library made. */
  public queuesOfOurs(): Resource[] {
    const ours = [WorkQueue, SharedDeadLetterQueue, ReplyQueue, QueueSubscription];
    return this.of('AWS::SQS::Queue').filter(queue => this.owners(queue).some(owner => ours.some((type: Function) => owner instanceof type)));
  }

  /** Whether some queue, subscription or rule sends its dead letters here, or the library made it for that. */
  public isDeadLetterQueue(queue: Resource): boolean {
    const [element, parent] = this.owners(queue);
    if (parent instanceof SharedDeadLetterQueue || parent instanceof QueueSubscription) return true;
    const redriven = [...this.of('AWS::SQS::Queue'), ...this.of('AWS::SNS::Subscription')]
      .map(({ stack, properties }) => [stack, properties.RedrivePolicy?.deadLetterTargetArn] as const);
    const ofRules = this.of('AWS::Events::Rule')
      .flatMap(({ stack, properties }) => (properties.Targets ?? []).map((target: Json) => [stack, target.DeadLetterConfig?.Arn] as const));
    return [...redriven, ...ofRules].some(([stack, arn]) => this.resolve(stack, arn) === queue) && element instanceof sqs.Queue;
  }

  public hasNoneByChoice(queue: Resource): boolean {
    const [, parent] = this.owners(queue);
    return parent instanceof ReplyQueue || (parent instanceof WorkQueue && parent.deadLetterQueue === undefined);
  }

  /** The L2 of a resource, and what that is in. */
  private owners(resource: Resource): IConstruct[] {
    const element = this.elements.get(`${resource.stack} ${resource.id}`);
    return element ? [...element.node.scopes].reverse().slice(1) : [];
  }
}

function startOf(value: Json): string {
  return typeof value === 'string' ? value : startOf(value?.['Fn::Join']?.[1]?.[0] ?? '');
}

function endOf(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value?.['Fn::Join']?.[1]?.at(-1) ?? '');
}
