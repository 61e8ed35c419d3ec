import { Names, Stack, Stage } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { BUCKET_EVENT_FAN_OUT, BucketEventChannel, Selection } from './bucket-event-channel';
import { bucketNameIn, bucketNameProblems } from './bucket-event-places';
import { EventTypePattern, eventTypePatterns } from './bucket-event-types';
import { registerWildcards, warnOfPatternSize, wildcardProblems } from './event-rule-limits';
import { keyConditions } from './object-filters';
import { checkPolicyAtSynth } from './policy-at-synthesis';
import { awsManagedKeyProblems, checkEncryptionAtSynth } from './subscription-checks';
import { createDeadLetterQueue } from './undelivered';
import { allowService, allowServiceOnKey } from '../../access/private/service-statements';
import { ServiceSource } from '../../access/service-source';
import { apart, kindProblems, placeOf, placeProblems } from '../../private/environment';
import { isSameKey } from '../../private/keys';
import { Problem, at, refuse, unless } from '../../private/problems';
import { deadLetterQueueOf, factsOf } from '../../private/queue-facts';
import { isSameResource } from '../../private/same-resource';
import { acceptLoss } from '../../queues/private/users-at-synthesis';
import { BucketEventDelivery } from '../bucket-event-delivery';
import { SubscriptionDeadLetters } from '../subscription-dead-letters';

/** The events of a bucket through the default event bus of its account and Region. */
export class RuleChannel implements BucketEventChannel {
  public readonly keyForm = 'plain';

  constructor(private readonly scope: Construct, private readonly bucket: s3.IBucket) {}

  public limits(): Problem[] {
    return [];
  }

  public deliver(queue: sqs.IQueue, selection: Selection): BucketEventDelivery {
    const deadLetters = selection.deadLetters ?? defaultDeadLetters(queue);
    const patterns = eventTypePatterns(selection.events);
    const withWildcard = needsWildcard(selection) ? patterns.length : 0;
    const misplaced = at('queue', this.queueProblems(queue));
    refuse(this.scope, BUCKET_EVENT_FAN_OUT, [
      ...misplaced,
      ...misplaced.length === 0 ? bucketNameProblems(this.bucket, Stack.of(queue)) : [],
      ...wildcardProblems(Stack.of(queue), withWildcard),
      ...at('subscriptionDeadLetters', deadLetterProblems(queue, deadLetters)),
    ]);
    this.bucket.enableEventBridgeNotification();
    // In the stack of the queue, whose policy names the rule. That stack depends on the stack of the bucket, and never the other way around.
    const place = new Construct(queue as unknown as Construct, Names.nodeUniqueId(this.scope.node));
    const deadLetterQueue = deadLetters._kind === 'dedicated' ? createDeadLetterQueue(place, false, queue) : deadLetters._target(queue);
    const rules = patterns.map(pattern => {
      const eventPattern = this.eventPattern(pattern, selection, Stack.of(queue));
      const rule = new events.Rule(place, pattern.id, { description: `Events of ${this.bucket.node.path} for ${queue.node.path}`, eventPattern });
      warnOfPatternSize(rule, eventPattern);
      return rule;
    });
    registerWildcards(Stack.of(queue), withWildcard);
    rules.forEach(rule => {
      allowRule(place, rule, [...new Set([queue, ...deadLetterQueue ? [deadLetterQueue] : []])]);
      // targets.SqsQueue does not name the rule if the queue has a customer key.
      rule.addTarget({ bind: () => ({ arn: queue.queueArn, deadLetterConfig: deadLetterQueue && { arn: deadLetterQueue.queueArn } }) });
      if (!deadLetterQueue) acceptLoss(rule.node.defaultChild!);
    });
    checkEncryptionAtSynth({ place, construct: BUCKET_EVENT_FAN_OUT, queue }, deadLetterQueue);
    return BucketEventDelivery._of(queue, { rules, deadLetterQueue });
  }

  private queueProblems(queue: sqs.IQueue): Problem[] {
    const own = { ...placeOf(this.scope), because: 'where the bucket is' };
    const fix = 'A rule delivers to queues of its own account and Region. Create a queue there, or set route to BucketEventRoute.topic(), which delivers to others.';
    const [problem] = [...placeProblems('queue', queue.env, own, fix), ...placeProblems('queue', placeOf(queue), own, fix)];
    return [
      ...problem ? [problem] : [],
      ...unless(Stage.of(queue) === Stage.of(this.scope), () => ({
        prop: '', got: `'${queue.node.path}' of another stage`, allowed: 'a queue of the same stage, or an imported one', fix: 'The CDK has no references across stages; import the queue by its ARN.',
      })),
      ...awsManagedKeyProblems('', queue, 'EventBridge'),
    ];
  }

  private eventPattern({ detailType, reason, deletionType }: EventTypePattern, { objects }: Selection, stack: Stack): events.EventPattern {
    return {
      source: ['aws.s3'],
      detailType,
      detail: {
        'bucket': { name: [bucketNameIn(stack, this.bucket)] },
        'object': objects && { key: keyConditions(objects, this.keyForm) },
        reason,
        'deletion-type': deletionType,
      },
    };
  }
}

function needsWildcard({ objects = [] }: Selection): boolean {
  return objects.some(({ prefix, suffix }) => prefix !== undefined && suffix !== undefined);
}

/** Allows EventBridge to send for a rule to the queues, and to use their keys. */
function allowRule(place: Construct, rule: events.Rule, receivers: sqs.IQueue[]): void {
  const source = ServiceSource.rule(rule);
  receivers.forEach((receiver, index) => {
    allowService(place, BUCKET_EVENT_FAN_OUT, receiver, source);
    const key = receiver.encryptionMasterKey;
    const isKnown = receivers.slice(0, index).some(other => isSameKey(other.encryptionMasterKey, key));
    if (key && !isKnown) allowServiceOnKey(place, BUCKET_EVENT_FAN_OUT, key, receiver, source);
    checkPolicyAtSynth(place, BUCKET_EVENT_FAN_OUT, receiver);
  });
}

/** The dead-letter queue of the queue if EventBridge can use it. In a third stack, its policy would allow every rule of the account and Region. */
function defaultDeadLetters(queue: sqs.IQueue): SubscriptionDeadLetters {
  const own = deadLetterQueueOf(queue);
  const isNear = own !== undefined && (Stack.of(own) === Stack.of(queue) || !factsOf(own).owned) && apart(own.env, placeOf(queue)).length === 0;
  return own && isNear && !own.fifo && !factsOf(own).awsManagedKey ? SubscriptionDeadLetters.sameAsQueue() : SubscriptionDeadLetters.dedicated();
}

/** @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html */
function deadLetterProblems(queue: sqs.IQueue, deadLetters: SubscriptionDeadLetters): Problem[] {
  if (deadLetters._kind === 'none') return deadLetters._check();
  if (deadLetters._kind === 'dedicated') return [];
  const target = deadLetters._target(queue);
  if (!target) {
    return [{
      prop: '',
      got: 'sameAsQueue() for a queue whose dead-letter queue is not known',
      allowed: 'SubscriptionDeadLetters.dedicated(), existing() or none(reason)',
      fix: 'Use SubscriptionDeadLetters.dedicated(), or existing(queue).',
    }];
  }
  return [
    ...unless(deadLetters._kind === 'same' || !(isSameResource(target, queue) || target.queueArn === queue.queueArn), () => ({
      prop: '', got: `the queue '${target.node.path}' itself`, allowed: 'another queue', fix: 'When EventBridge needs the dead-letter queue, it cannot deliver to this queue; use SubscriptionDeadLetters.dedicated(), or another queue.',
    })),
    ...kindProblems('queue', target, false, 'as EventBridge sends dead letters to standard queues', 'Use SubscriptionDeadLetters.dedicated(), or a standard queue.'),
    ...placeProblems('queue', target.env, { ...placeOf(queue), because: 'where the rule is' }, 'EventBridge sends dead letters only within its account and Region; use SubscriptionDeadLetters.dedicated().'),
    ...awsManagedKeyProblems('', target, 'EventBridge'),
  ];
}
