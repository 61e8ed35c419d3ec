import { Duration, Stack, Token } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { Field, Value, leaf, oneOf, value } from './values';
import { ACCOUNT, Layer, OTHER_ACCOUNT, World } from './world';
import { ServiceSource } from '../../../src/access';
import { WorkQueue } from '../../../src/queues';

/** Where something imported is: in the account and Region of the stack as far as they are known. */
const here = (stack: Stack, service: string, resource: string) => stack.formatArn({ service, resource });
/** The same written out: of an ARN with tokens the CDK does not see that a queue is FIFO. */
const written = ({ account, region }: Stack, service: string, resource: string) => {
  const [where, whose] = [Token.isUnresolved(region) ? 'eu-west-1' : region, Token.isUnresolved(account) ? ACCOUNT : account];
  return `arn:aws:${service}:${where}:${whose}:${resource}`;
};
const there = (stack: Stack, service: string, resource: string) => stack.formatArn({ service, resource, account: OTHER_ACCOUNT });

/** Keys of the app's own, the same again where it is used twice, and imported ones. */
export const keys: Value[] = [
  value('a key of the base stack', world => world.once('key', 'base', (scope, id) => new kms.Key(scope, id))),
  value('the same key by an alias', world => world.once('alias', 'base', (scope, id) => new kms.Alias(scope, id, {
    aliasName: 'alias/mine', targetKey: world.once('key', 'base', (inner, name) => new kms.Key(inner, name)),
  }))),
  value('a key by its ARN', world => world.once('key by ARN', 'current', (scope, id) => kms.Key.fromKeyArn(scope, id, here(world.current, 'kms', 'key/11111111-2222-4333-8444-555555555555')))),
  value('a key of another account', world => world.once('foreign key', 'current', (scope, id) => kms.Key.fromKeyArn(scope, id, there(world.current, 'kms', 'key/11111111-2222-4333-8444-555555555555')))),
  value('a key by the name of its alias', world => world.once('key by alias', 'current', (scope, id) => kms.Alias.fromAliasName(scope, id, 'alias/theirs'))),
];

/** One that no service encrypts with. */
export const asymmetricKey = value('an asymmetric key', world => world.make('base', (scope, id) => new kms.Key(scope, id, { keySpec: kms.KeySpec.RSA_2048, keyUsage: kms.KeyUsage.ENCRYPT_DECRYPT })));

export const topics = (fifo: boolean, layer: Layer = 'topic'): Value[] => [
  value('a topic', world => world.make(layer, (scope, id) => new sns.Topic(scope, id, { fifo: fifo || undefined }))),
  value('a topic with a key', world => world.make(layer, (scope, id) => new sns.Topic(scope, id, {
    fifo: fifo || undefined, masterKey: world.once('key', 'base', (inner, name) => new kms.Key(inner, name)),
  }))),
  value('a topic by its ARN', world => world.make('current', (scope, id) => sns.Topic.fromTopicArn(scope, id, here(world.current, 'sns', `theirs-${id}${fifo ? '.fifo' : ''}`)))),
  value('a topic of another account', world => world.make('current', (scope, id) => sns.Topic.fromTopicArn(scope, id, there(world.current, 'sns', `theirs-${id}${fifo ? '.fifo' : ''}`)))),
];

/**
 * Dead letters of its subscriptions have to be there, and no queue that a draw makes is. Where the Region of the stack is not known, none is known to be
 * another one: the topic is in the Region that the stack is imagined to be deployed to.
 */
export const topicElsewhere = (fifo: boolean): Value => value('a topic of another Region', world => world.make('current', (scope, id) =>
  sns.Topic.fromTopicArn(scope, id, `arn:aws:sns:${otherRegion(scope)}:${ACCOUNT}:theirs-${id}${fifo ? '.fifo' : ''}`)));

const otherRegion = (scope: Construct) => Token.isUnresolved(Stack.of(scope).region) ? 'eu-west-1' : 'eu-central-1';

/** A queue in the Region of that topic. */
export const queueElsewhere = (fifo: boolean): Value => value('a queue of another Region', world => world.make('current', (scope, id) =>
  sqs.Queue.fromQueueArn(scope, id, `arn:aws:sqs:${otherRegion(scope)}:${ACCOUNT}:dead-${id}${fifo ? '.fifo' : ''}`)));

/** Queues that are no work queues, ready to be subscribed or to take dead letters. */
export const plainQueues = (fifo: boolean, layer: Layer): Value[] => {
  const make = (props: (world: World) => sqs.QueueProps) => (world: World) => world.make(layer, (scope, id) => new sqs.Queue(scope, id, {
    fifo: fifo || undefined, retentionPeriod: Duration.days(14), ...props(world),
  }));
  return [
    value('a queue', make(() => ({}))),
    value('a queue that is TLS only', make(() => ({ enforceSSL: true }))),
    value('a queue with a key', make(world => ({ encryptionMasterKey: world.once('key', 'base', (scope, id) => new kms.Key(scope, id)) }))),
    value('a queue without encryption', make(() => ({ encryption: sqs.QueueEncryption.UNENCRYPTED }))),
    value('a queue by its ARN', world => world.make(layer, (scope, id) => sqs.Queue.fromQueueArn(scope, id, written(Stack.of(scope), 'sqs', `theirs-${id}${fifo ? '.fifo' : ''}`)))),
    value('a queue by its attributes', world => world.make(layer, (scope, id) => sqs.Queue.fromQueueAttributes(scope, id, {
      fifo, queueArn: here(Stack.of(scope), 'sqs', `theirs-${id}${fifo ? '.fifo' : ''}`), keyArn: here(Stack.of(scope), 'kms', 'key/11111111-2222-4333-8444-666666666666'),
    }))),
  ];
};

/** A queue with a dead-letter queue of its own, made with the L2 or by the library. */
export const queuesWithDeadLetters = (layer: Layer): Value[] => [
  value('a queue with dead letters', world => world.make(layer, (scope, id) => new sqs.Queue(scope, id, {
    deadLetterQueue: { queue: new sqs.Queue(scope, `${id}Dead`, { retentionPeriod: Duration.days(14) }), maxReceiveCount: 3 },
  }))),
  value('a work queue', world => world.make(layer, (scope, id) => new WorkQueue(scope, id))),
];

export const awsManagedQueue = (layer: Layer): Value[] => [
  value('a queue with alias/aws/sqs', world => world.make(layer, (scope, id) => new sqs.Queue(scope, id, { encryption: sqs.QueueEncryption.KMS_MANAGED, retentionPeriod: Duration.days(14) }))),
];

/** Principals that can be granted something. */
const grantees: Value[] = [
  value('a role', world => world.make('current', (scope, id) => new iam.Role(scope, id, { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') }))),
  value('the same role', world => world.once('role', 'current', (scope, id) => new iam.Role(scope, id, { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') }))),
  value('a user', world => world.make('current', (scope, id) => new iam.User(scope, id))),
  value('a function', world => world.make('current', (scope, id) => functionOf(scope, id))),
  value('an imported role', world => world.make('current', (scope, id) => iam.Role.fromRoleArn(scope, id, `arn:aws:iam::${ACCOUNT}:role/theirs`))),
  value('an imported role that is not changed', world => world.make('current', (scope, id) => iam.Role.fromRoleArn(scope, id, `arn:aws:iam::${ACCOUNT}:role/fixed`, { mutable: false }))),
];

/** Principals of other accounts, and everything that is granted in the policy of the resource alone. */
const outsiders: Value[] = [
  value('an account', () => new iam.AccountPrincipal(OTHER_ACCOUNT)),
  value('a role of another account', world => world.make('current', (scope, id) => iam.Role.fromRoleArn(scope, id, `arn:aws:iam::${OTHER_ACCOUNT}:role/theirs`))),
  value('an organization', () => new iam.OrganizationPrincipal('o-1234567890')),
  value('an ARN', () => new iam.ArnPrincipal(`arn:aws:iam::${OTHER_ACCOUNT}:user/theirs`)),
  value('a service with conditions', () => new iam.ServicePrincipal('profile.amazonaws.com', {
    conditions: { ArnLike: { 'aws:SourceArn': `arn:aws:profile:*:${ACCOUNT}:*` }, StringEquals: { 'aws:SourceAccount': ACCOUNT } },
  })),
];

const refusedGrantees = oneOf(
  value('a service', () => new iam.ServicePrincipal('lambda.amazonaws.com')),
  value('everyone', () => new iam.AnyPrincipal()),
  value('a star', () => new iam.StarPrincipal()),
  value('every ARN', () => new iam.ArnPrincipal('*')),
  value('a function imported without its role', world => world.make('current', (scope, id) => lambda.Function.fromFunctionArn(scope, id, here(world.current, 'lambda', 'function:theirs')))),
);

/** @param elsewhere whether principals of other accounts are allowed as well; either may be the case where the topic or its key decides */
export function grantee(method: string, elsewhere: 'allowed' | 'refused' | 'either'): Field {
  const prop = `${method}(grantee)`;
  if (elsewhere === 'allowed') return leaf(prop, oneOf(...grantees, ...outsiders), refusedGrantees);
  return leaf(prop, oneOf(...grantees), refusedGrantees, oneOf(...outsiders));
}

/** Services that may send to a queue. */
export function sources(prop: string, fifo: boolean): Field {
  const make = (text: string, source: (world: World) => ServiceSource) => value(`ServiceSource.${text}`, source);
  const arn = `arn:aws:pipes:eu-west-1:${ACCOUNT}:pipe/mine`;
  const bucket = [
    make('bucket(a bucket)', world => ServiceSource.bucket(world.make('base', (scope, id) => new s3.Bucket(scope, id)))),
    make('bucket(a bucket of a later stack)', world => ServiceSource.bucket(world.make('queue', (scope, id) => new s3.Bucket(scope, id, { bucketName: 'mine' })))),
    make('bucket(by its name)', world => ServiceSource.bucket(world.make('current', (scope, id) => s3.Bucket.fromBucketName(scope, id, 'theirs')))),
  ];
  const standardTopic = [make('topic(a standard topic)', world => ServiceSource.topic(world.make('base', (scope, id) => new sns.Topic(scope, id))))];
  // A FIFO queue has to deduplicate by content to receive events.
  const rules = [
    make('rule(a rule)', world => ServiceSource.rule(world.make('current', (scope, id) => new events.Rule(scope, id, { schedule: events.Schedule.rate(Duration.hours(1)) })))),
    make('rule(a rule of a later stack)', world => ServiceSource.rule(world.make('queue', (scope, id) => new events.Rule(scope, id, { schedule: events.Schedule.rate(Duration.hours(1)) })))),
  ];
  const always = [
    make('topic(a FIFO topic)', world => ServiceSource.topic(world.make('base', (scope, id) => new sns.Topic(scope, id, { fifo: true })))),
    make('of(pipes)', () => ServiceSource.of({ service: 'pipes.amazonaws.com', sourceArn: arn })),
    make('of(pipes of another account)', () => ServiceSource.of({ service: 'pipes.amazonaws.com', sourceArn: arn.replace(ACCOUNT, OTHER_ACCOUNT), sourceAccount: OTHER_ACCOUNT })),
    make('of(tokens)', world => ServiceSource.of({ service: 'scheduler.amazonaws.com', sourceArn: world.lazyText(arn), sourceAccount: world.lazyText(ACCOUNT) })),
  ];
  const wrong = [
    make('alarms()', () => ServiceSource.alarms()),
    make('of(a name)', () => ServiceSource.of({ service: 'pipes', sourceArn: arn })),
    make('of(a wildcard)', () => ServiceSource.of({ service: 'pipes.amazonaws.com', sourceArn: 'arn:aws:*:*:*:*' })),
    make('of(an account other than that of the ARN)', () => ServiceSource.of({ service: 'pipes.amazonaws.com', sourceArn: arn, sourceAccount: OTHER_ACCOUNT })),
    make('of(a short account)', () => ServiceSource.of({ service: 'pipes.amazonaws.com', sourceArn: arn, sourceAccount: '1234' })),
  ];
  const standardOnly = [...bucket, ...standardTopic];
  const likely = [...always, ...fifo ? [] : [...standardOnly, ...rules]];
  // Where the key is in another stack, it cannot name the parameter.
  const parameter = make('of(a parameter)', world => ServiceSource.of({
    service: 'scheduler.amazonaws.com', sourceArn: arn, sourceAccount: world.textParameter(ACCOUNT),
  }));
  return leaf(prop, oneOf(...likely), oneOf(...wrong, ...fifo ? standardOnly : []), oneOf(parameter, ...fifo ? rules : []));
}

export function functionOf(scope: Construct, id: string, timeout?: Duration): lambda.Function {
  return new lambda.Function(scope, id, { runtime: lambda.Runtime.NODEJS_22_X, handler: 'index.handler', code: lambda.Code.fromInline('exports.handler = async () => {};'), timeout });
}
