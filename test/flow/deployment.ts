import { CreateTopicCommand, SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand } from '@aws-sdk/client-sqs';
import { ACCOUNT, Emulator, REGION } from './emulator';
import { Refusal, find, refusals } from './gate';
import { ResolvedTemplate, resolveAll } from '../support/resolver';

type Json = any;

/** A subscription that the policies do not let deliver, and that the emulator has not been told of. */
export interface Refused {
  readonly logicalId: string;
  readonly refusals: Refusal[];
}

export interface DeployOptions {
  /** Whether the policies are asked before a queue is subscribed. */
  readonly gate: boolean;
}

/** Templates whose queues, topics and subscriptions are in the emulator. */
export class Deployment {
  public readonly refused: Refused[] = [];
  private readonly urls = new Map<string, string>();

  constructor(public readonly emulator: Emulator, public readonly stacks: readonly ResolvedTemplate[]) {}

  /** URL of the queue whose logical id is this name and a hash. */
  public queue(name: string): string {
    return this.urls.get(this.arn('AWS::SQS::Queue', name))!;
  }

  public topic(name: string): string {
    return this.arn('AWS::SNS::Topic', name);
  }

  /** The properties of the queue, topic, … whose logical id is this name and a hash. */
  public properties(type: string, name: string): Json {
    const { stack, logicalId } = find(this.stacks, type, this.arn(type, name));
    return stack.propertiesOf(logicalId);
  }

  public arn(type: string, name: string): string {
    const named = new RegExp(`^${name}[0-9A-F]{8}$`);
    const found = this.stacks.flatMap(stack => stack.idsOf(type).filter(id => named.test(id)).map(id => stack.arnOf(id)));
    if (found.length !== 1) throw new Error(`${found.length} resources of type ${type} are named ${name}, instead of one`);
    return found[0];
  }

  /** @internal */
  public remember(arn: string, url: string) {
    this.urls.set(arn, url);
  }
}

/**
 * Creates what SNS and SQS would have after these templates were deployed, in the order in which CloudFormation would.
 *
 * Templates of several stacks are given in the order in which they are deployed.
 */
export async function deploy(emulator: Emulator, templates: Json | Json[], options: DeployOptions = { gate: true }): Promise<Deployment> {
  const deployment = new Deployment(emulator, resolveAll([templates].flat().map((template, index) => (
    { template, deployed: { account: ACCOUNT, region: REGION, stackName: `Stack${index + 1}` } }))));
  for (const stack of deployment.stacks) {
    for (const logicalId of inOrder(stack.template)) {
      switch (stack.typeOf(logicalId)) {
        case 'AWS::SQS::Queue': await createQueue(deployment, stack, logicalId); break;
        case 'AWS::SNS::Topic': await createTopic(deployment, stack, logicalId); break;
        case 'AWS::SNS::Subscription': await subscribe(deployment, stack, logicalId, options); break;
      }
    }
  }
  return deployment;
}

async function createQueue(deployment: Deployment, stack: ResolvedTemplate, logicalId: string) {
  const { QueueName: _name, Tags: _tags, ...properties } = stack.propertiesOf(logicalId);
  const arn = stack.arnOf(logicalId);
  if (properties.RedrivePolicy) checkRedrive(deployment, arn, properties);
  const command = new CreateQueueCommand({ QueueName: stack.nameOf(logicalId), Attributes: attributes(properties) });
  deployment.remember(arn, (await deployment.emulator.sqs.send(command)).QueueUrl!);
}

/** SQS refuses a dead-letter queue that is missing, of the other kind, or that does not let the source use it; the emulator does not. */
function checkRedrive(deployment: Deployment, sourceArn: string, source: Json) {
  const target = find(deployment.stacks, 'AWS::SQS::Queue', source.RedrivePolicy.deadLetterTargetArn);
  const { FifoQueue, RedriveAllowPolicy } = target.stack.propertiesOf(target.logicalId);
  if (Boolean(FifoQueue) !== Boolean(source.FifoQueue)) throw new Error(`${sourceArn} and its dead-letter queue are of different kinds`);
  const { redrivePermission = 'allowAll', sourceQueueArns = [] } = RedriveAllowPolicy ?? {};
  if (redrivePermission === 'denyAll' || (redrivePermission === 'byQueue' && !sourceQueueArns.includes(sourceArn))) {
    throw new Error(`the dead-letter queue of ${sourceArn} allows only ${sourceQueueArns.join(', ') || 'nobody'}`);
  }
}

async function createTopic(deployment: Deployment, stack: ResolvedTemplate, logicalId: string) {
  const { TopicName: _name, Tags: _tags, ...properties } = stack.propertiesOf(logicalId);
  await deployment.emulator.sns.send(new CreateTopicCommand({ Name: stack.nameOf(logicalId), Attributes: attributes(properties) }));
}

async function subscribe(deployment: Deployment, stack: ResolvedTemplate, logicalId: string, { gate }: DeployOptions) {
  const { TopicArn, Endpoint, Protocol, Region: _region, ...properties } = stack.propertiesOf(logicalId);
  if (Protocol !== 'sqs') throw new Error(`${logicalId} is subscribed by ${Protocol}`);
  if (gate) {
    const found = await refusals(deployment.stacks, TopicArn, Endpoint);
    if (found.length > 0) {
      deployment.refused.push({ logicalId, refusals: found });
      return;
    }
  }
  await deployment.emulator.sns.send(new SubscribeCommand({ TopicArn, Endpoint, Protocol, Attributes: attributes(properties) }));
}

/** As the APIs take them: texts, and JSON where there is structure. */
function attributes(properties: Json): Record<string, string> {
  return Object.fromEntries(Object.entries<Json>(properties).map(([name, value]) => [name, typeof value === 'object' ? JSON.stringify(value) : String(value)]));
}

/** The logical ids, each after what it refers to or depends on. */
export function inOrder(template: Json): string[] {
  const order: string[] = [];
  const visit = (id: string, path: string[]) => {
    if (order.includes(id)) return;
    if (path.includes(id)) throw new Error(`a cycle: ${[...path, id].join(' -> ')}`);
    needs(template.Resources[id]).filter(other => other in template.Resources).forEach(other => visit(other, [...path, id]));
    order.push(id);
  };
  Object.keys(template.Resources).forEach(id => visit(id, []));
  return order;
}

function needs(value: Json): string[] {
  if (Array.isArray(value)) return value.flatMap(needs);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries<Json>(value).flatMap(([key, item]) => {
    if (key === 'Ref') return [item];
    if (key === 'Fn::GetAtt') return [Array.isArray(item) ? item[0] : item.split('.')[0]];
    if (key === 'Fn::Sub') return [...JSON.stringify(item).matchAll(/\$\{([^!.}]+)/g)].map(match => match[1]).concat(needs(item));
    return key === 'DependsOn' ? [item].flat() : needs(item);
  });
}
