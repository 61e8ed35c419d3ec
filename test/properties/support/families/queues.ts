import { Duration } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import * as fc from 'fast-check';
import { ServiceSource } from '../../../../src/access';
import { DeadLetters, Ordering, RequestResponse, SharedDeadLetterQueue, WorkQueue } from '../../../../src/queues';
import { Family, Step } from '../draws';
import { grantee, sources } from '../existing';
import { alarmOn, metricOptions } from '../metrics';
import { lateStep, oneFault, orNothing, queueNames, queueStatements, requestResponseProps, sharedProps, step, workQueueProps } from '../queues';
import { Field, Mode, leaf, map, oneOf, struct, value } from '../values';

const GRANTS = ['grantSendMessages', 'grantConsumeMessages', 'grantPurge', 'grantConsumeDeadLetters', 'grantRedrive'] as const;

/** A grant of actions that the user names, to a role; the other grants show which principals are refused. */
const ownActions = (what: string): Step => ({
  what: `${what}.grant`,
  layer: 'topic',
  given: value('a role', world => world.make('current', (scope, id) => new iam.Role(scope, id, { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') }))),
  use: (_, principal, __, [queue]) => queue?.grant(principal, 'sqs:GetQueueUrl'),
});

/** A work queue, and what it is asked for afterwards. */
function workQueue(mode: Mode): fc.Arbitrary<Step[]> {
  return fc.boolean().chain(fifo => oneFault(mode,
    inner => step(inner, 'WorkQueue', 'topic', orNothing(workQueueProps(fifo, 'topic')), (scope, props) => new WorkQueue(scope, 'Jobs', props)),
    ...[0, 1].map(() => (inner: Mode) => fc.constantFrom(...GRANTS).chain(method => step(inner, `WorkQueue.${method}`, 'topic',
      withAnother(inner, method, grantee(method, method === 'grantRedrive' ? 'refused' : 'allowed')), (_, { principal, another }, __, made) => {
        const needs = method === 'grantConsumeDeadLetters' || method === 'grantRedrive';
        const queue: WorkQueue | undefined = needs && made[0]?.deadLetterQueue === undefined ? another : made[0];
        return queue?.[method](principal);
      }))),
    inner => step(inner, 'WorkQueue.allowService', 'topic', sources('allowService(source)', fifo), (_, source, __, made) => inner === 'valid' && neverArrives(made[0], source) ? undefined : made[0]?.allowService(source)),
    inner => lateStep(inner, 'WorkQueue.addToResourcePolicy', 'topic', queueStatements, (_, statement, __, [queue]) => queue?.addToResourcePolicy(statement)),
  )).map(steps => [...steps, ownActions('WorkQueue')]);
}

/** What is granted to, and where a fault is looked for, another queue: without dead letters there is nothing to grant. */
const withAnother = (mode: Mode, method: string, field: Field): Field => map(field, method, (principal, world) => ({
  principal, another: mode === 'fault' ? world.once('another queue', 'topic', (scope, id) => new WorkQueue(scope, id)) : undefined,
}));

/** Whether a queue and a source that are valid alone do not go together: S3 events may be too large, and EventBridge sends no deduplication ID. */
function neverArrives(queue: WorkQueue | undefined, source: ServiceSource | undefined): boolean {
  const { maximumMessageSize: size, contentBasedDeduplication } = (queue?.node.defaultChild ?? {}) as Partial<sqs.CfnQueue>;
  if (source?.service === 'events.amazonaws.com') return queue?.fifo === true && contentBasedDeduplication !== true;
  return source?.service === 's3.amazonaws.com' && !queue?.fifo && typeof size === 'number' && size < 65_536;
}

/** A shared dead-letter queue with up to a dozen work queues, some of them in a stack of their own. */
const shared = (mode: Mode): fc.Arbitrary<Step[]> => fc.tuple(fc.boolean(), fc.array(fc.constantFrom('topic', 'queue'), { minLength: 1, maxLength: 4 }), fc.constantFrom(0, 0, 9, 10, 11)).chain(([fifo, layers, more]) => oneFault(mode,
  inner => step(inner, 'SharedDeadLetterQueue', 'topic', orNothing(sharedProps(fifo)), (scope, props) => new SharedDeadLetterQueue(scope, 'Failed', props)),
  ...layers.map((layer, index) => (inner: Mode) => step(inner, 'WorkQueue', layer as 'topic' | 'queue', workQueueProps(fifo, 'topic'), (scope, props, _, made) => {
    // Queues that are drawn without dead letters of another kind use the shared one.
    const given = made[0] && props.deadLetters === undefined ? { ...props, deadLetters: DeadLetters.shared(made[0]) } : props;
    return new WorkQueue(scope, `Jobs${index}`, given);
  })),
  inner => step(inner, 'SharedDeadLetterQueue.grantConsumeMessages', 'topic', grantee('grantConsumeMessages', 'allowed'), (_, principal, __, [failed]) => failed?.grantConsumeMessages(principal)),
  inner => step(inner, 'WorkQueue.grantRedrive', 'queue', withAnother(inner, 'grantRedrive', grantee('grantRedrive', 'refused')), (_, { principal, another }, __, made) => (made[1]?.deadLetterQueue ? made[1] : another)?.grantRedrive(principal)),
).map(steps => [...steps, ownActions('SharedDeadLetterQueue'), ...[...Array(more).keys()].map(plainSource)]));

/** Plain sources, enough of them to cross the ten that a redrive-allow policy can name. */
const plainSource = (index: number): Step => ({
  what: 'WorkQueue',
  layer: 'topic',
  given: value('one more source', () => undefined),
  use: (scope, _, __, [failed]) => failed && new WorkQueue(scope, `Plain${index}`, {
    ordering: failed.fifo ? Ordering.fifo() : Ordering.standard(), deadLetters: DeadLetters.shared(failed), retention: Duration.seconds(60),
  }),
});

/** Requesters and responders, in either order, on reply queues of the stack. */
const durable = (mode: Mode): fc.Arbitrary<Step[]> => fc.tuple(fc.boolean(), fc.boolean()).chain(([fifo, responderFirst]) => oneFault(mode,
  inner => step(inner, 'RequestResponse', 'topic', orNothing(requestResponseProps(fifo, false, 'topic')), (scope, props) => new RequestResponse(scope, 'Prices', props)),
  ...[responderFirst, !responderFirst].map((isResponder, index) => (inner: Mode) => isResponder
    ? step(inner, 'RequestResponse.grantRespond', 'topic', grantee('grantRespond', 'allowed'), (_, principal, __, [prices]) => prices?.grantRespond(principal))
    : step(inner, 'RequestResponse.addRequester', 'topic', struct({ queueName: queueNames(false) }), (_, props, __, [prices]) => prices?.addRequester(`Shop${index}`, props))),
  inner => step(inner, 'ReplyQueue.grantRequest', 'topic', grantee('grantRequest', 'allowed'), (_, principal, __, made) => made[responderFirst ? 2 : 1]?.grantRequest(principal)),
).map(steps => [...steps, { ...ownActions('ReplyQueue'), use: (_, principal, __, made) => made[responderFirst ? 2 : 1]?.grant(principal, 'sqs:GetQueueUrl') }]));

/** Requesters that create their reply queues: only roles of the account and Region can be granted that. */
const temporary = (mode: Mode): fc.Arbitrary<Step[]> => fc.boolean().chain(fifo => oneFault(mode,
  inner => step(inner, 'RequestResponse', 'topic', requestResponseProps(fifo, true, 'topic'), (scope, props) => new RequestResponse(scope, 'Prices', props)),
  ...(['grantRequest', 'grantRespond'] as const).map(method => (inner: Mode) =>
    step(inner, `RequestResponse.${method}`, 'topic', granteeOf(method), (_, principal, __, [prices]) => prices?.[method](principal))),
  inner => step(inner, 'RequestResponse.metricSweeperErrors', 'topic', metricOptions('metricSweeperErrors'), (_, options, world, [prices]) => prices && alarmOn(world, prices.metricSweeperErrors(options))),
));

const granteeOf = (method: string): Field => leaf(`${method}(grantee)`,
  oneOf(value('a role', world => world.make('current', (scope, id) => new iam.Role(scope, id, { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') })))),
  oneOf(
    value('an account', () => new iam.AccountPrincipal('444455556666')),
    value('an organization', () => new iam.OrganizationPrincipal('o-1234567890')),
    value('a service', () => new iam.ServicePrincipal('lambda.amazonaws.com')),
  ));

export const QUEUES: Family[] = [
  { name: 'work queues', share: { valid: 340, fault: 310, wild: 290 }, steps: workQueue },
  { name: 'shared dead-letter queues', share: { valid: 100, fault: 100, wild: 100 }, steps: shared },
  { name: 'requests with durable reply queues', share: { valid: 80, fault: 80, wild: 60 }, steps: durable },
  { name: 'requests with temporary reply queues', share: { valid: 60, fault: 60, wild: 40 }, steps: temporary },
];
