import { Arn, ArnFormat, CfnResource, Stack, Token, Tokenization } from 'aws-cdk-lib';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { IConstruct } from 'constructs';
import { Binding } from './bind-subscription';
import { FilterDocument, filterDocumentProblems } from './filter-limits';
import { largeMessageProblems } from './protocol-checks';
import { OfAKind, Place, apart, kindProblems, placeOf } from '../../private/environment';
import { Problem, at, checkWhenWritten, unless } from '../../private/problems';
import { allowing, servicesIn } from '../../private/statements';
import { forgetUsesBeforeSynth, referredTo, usesOf } from '../../private/uses';
import { isOverridden, overriddenProperty, writtenProperties, writtenProperty } from '../../private/written';

/** A subscription as it is written, beside what was checked when it was created. */
interface WrittenSubscription {
  readonly resource: sns.CfnSubscription;
  readonly topic: sns.ITopic;
  /** Where the subscription is. */
  readonly place: Place;
  readonly deadLetterQueue?: sqs.IQueue;
}

/** Checks a subscription when the template is written, because an aspect, a property injector or an escape hatch can change it. */
export function checkSubscriptionAtSynth(binding: Binding, place: Place, deadLetterQueue: sqs.IQueue | undefined): void {
  const { place: scope, construct, topic, config } = binding;
  forgetUsesBeforeSynth(scope);
  checkWhenWritten(scope, construct, () => {
    const resource = scope.node.tryFindChild('Resource')?.node.defaultChild;
    if (!sns.CfnSubscription.isCfnSubscription(resource)) return [];
    const written = { resource, topic, place, deadLetterQueue };
    return [
      ...largeMessageProblems(topic, config.protocol),
      ...filterProblems(written),
      ...redriveProblems(written),
    ];
  });
}

function filterProblems({ resource }: WrittenSubscription): Problem[] {
  const value = writtenProperty(resource, 'FilterPolicy', resource.filterPolicy);
  const policy = readable(Tokenization.isResolvable(value) ? Stack.of(resource).resolve(value) : value);
  if (typeof policy !== 'object' || policy === null || Token.isUnresolved(policy)) return [];
  const scope = writtenProperty(resource, 'FilterPolicyScope', resource.filterPolicyScope) ?? 'MessageAttributes';
  const nested = Object.entries(policy).filter(([, conditions]) => typeof conditions === 'object' && conditions !== null && !Array.isArray(conditions) && !Token.isUnresolved(conditions));
  return [
    ...filterDocumentProblems(policy as FilterDocument).map(problem => ({ ...problem, prop: 'FilterPolicy' })),
    ...unless(scope !== 'MessageAttributes' || nested.length === 0, () => ({
      prop: 'FilterPolicy',
      got: `nested keys of '${nested[0][0]}' with the FilterPolicyScope MessageAttributes`,
      allowed: 'a list of conditions for each attribute',
      fix: 'Attributes have no keys; set FilterPolicyScope to MessageBody, or name the attribute itself.',
    })),
  ];
}

/** A filter policy whose intrinsic functions are tokens, as those of a policy that is not rendered. */
function readable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(readable);
  if (typeof value !== 'object' || value === null || Token.isUnresolved(value)) return value;
  const keys = Object.keys(value);
  if (keys.length === 1 && (keys[0] === 'Ref' || keys[0].startsWith('Fn::'))) return Token.asAny(value);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, readable(item)]));
}

/** The problems of a dead-letter queue that is not the one that was checked. A subscription without one is a choice of the user. */
function redriveProblems(written: WrittenSubscription): Problem[] {
  const { resource, deadLetterQueue } = written;
  const value = (isOverridden(resource) ? overriddenProperty(resource, 'RedrivePolicy') : undefined) ?? resource.redrivePolicy;
  const arn = (value as { readonly deadLetterTargetArn?: unknown } | undefined)?.deadLetterTargetArn;
  if (arn === undefined || arn === deadLetterQueue?.queueArn) return [];
  if (typeof arn === 'string' && !Token.isUnresolved(arn)) return arnProblems(written, arn);
  const [target] = [...referredTo(resource, arn)];
  return sqs.CfnQueue.isCfnQueue(target) ? queueProblems(written, target) : [];
}

function arnProblems({ topic, place }: WrittenSubscription, arn: string): Problem[] {
  if (arn.split(':').length !== 6) return [];
  const { account = '', region = '', resource } = Arn.split(arn, ArnFormat.NO_RESOURCE_NAME);
  return [
    ...redriveKindProblems(topic, { node: { path: arn }, fifo: resource.endsWith('.fifo') }),
    ...elsewhereProblems(`the queue ${arn}`, { account, region }, place),
  ];
}

function queueProblems({ resource, topic, place }: WrittenSubscription, target: sqs.CfnQueue): Problem[] {
  const got = `'${target.node.scope!.node.path}'`;
  const key = writtenProperty(target, 'KmsMasterKeyId', target.kmsMasterKeyId);
  return [
    ...redriveKindProblems(topic, { node: target.node.scope!.node, fifo: writtenProperty(target, 'FifoQueue', target.fifoQueue) === true }),
    ...elsewhereProblems(got, placeOf(target), place),
    ...unless(typeof key !== 'string' || !key.endsWith('alias/aws/sqs'), () => ({
      prop: 'RedrivePolicy',
      got: `${got}, encrypted with alias/aws/sqs`,
      allowed: 'a queue encrypted by SQS (SSE-SQS) or with a customer key',
      fix: 'The policy of alias/aws/sqs cannot be changed, so SNS could not send. Use QueueEncryption.SQS_MANAGED or a customer key.',
    })),
    ...unless(letsSnsIn(resource, target), () => ({
      prop: 'RedrivePolicy',
      got: `${got}, whose policy does not let SNS send`,
      allowed: 'a queue whose policy lets the topic send',
      fix: 'Set the dead letters with SubscriptionDeadLetters.existing(queue), which adds the statement, instead of changing the property.',
    })),
  ];
}

function letsSnsIn(scope: IConstruct, target: CfnResource): boolean {
  const documents = usesOf(scope, target, 'queuePolicies').map(policy => writtenProperties(policy).PolicyDocument);
  return documents.some(document => servicesIn(allowing(document, 'sqs:SendMessage')).some(service => service.startsWith('sns.')));
}

function redriveKindProblems(topic: sns.ITopic, queue: OfAKind): Problem[] {
  return at('RedrivePolicy', kindProblems('queue', queue, topic.fifo, `as the topic is a ${topic.fifo ? 'FIFO' : 'standard'} topic`,
    'Set the dead letters with SubscriptionDeadLetters of the subscription, and with a queue of this kind.'));
}

/** Not placeProblems: the property does not say which queue it is. */
function elsewhereProblems(got: string, queue: Place, subscription: Place): Problem[] {
  return unless(apart(queue, subscription).length === 0, () => ({
    prop: 'RedrivePolicy',
    got: `${got} in another account or Region`,
    allowed: 'a queue in the account and Region of the subscription',
    fix: 'SNS moves undeliverable messages only within its account and Region. Set the dead letters with SubscriptionDeadLetters.existing(queue).',
  }));
}
