import { existsSync, readFileSync, writeFileSync } from 'fs';
import { join } from 'path';
import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Build } from './change';
import { CHANGES } from './changes';
import { givenQueue, givenTopic } from './changes-queues';
import { Effect, Fate, effectsOf, templateOf } from './effects';
import { FACTORIES, PROPS, docsOf } from './public-api';
import { render } from './replacement-document';
import { REASONS, REFUSED } from './replacement-reasons';
import * as access from '../../src/access';
import * as delivery from '../../src/delivery';
import * as fanout from '../../src/fanout';
import * as queues from '../../src/queues';
import * as workers from '../../src/workers';

/**
 * What a changed prop does to a resource that holds data.
 *
 * Every prop is changed between its values, each to each, and the templates are compared by a diff that knows what CloudFormation
 * replaces. What is not kept has to be named in docs/replacement.md and in the docstring of the prop.
 */
const DOCUMENT = join(__dirname, '..', '..', 'docs', 'replacement.md');
const CLASSES = { ...access, ...delivery, ...fanout, ...queues, ...workers } as unknown as Record<string, any>;

const used = new Set<string>();
for (const factory of FACTORIES) {
  const [name, method] = factory.split('.');
  const original = CLASSES[name][method];
  CLASSES[name][method] = function (this: unknown, ...args: unknown[]) {
    used.add(factory);
    return original.apply(this, args);
  };
}

const results = CHANGES.map(change => ({ change, ...effectsOf(change) }));
const effects = results.flatMap(result => result.effects);
const tried = results.reduce((sum, result) => sum + result.changes, 0);
const propsWithEffect = [...new Set(effects.map(({ prop }) => prop))];
const sentence = ({ construct, prop, from, to, resource, fate }: Effect) => `${construct}: ${prop} from ${from} to ${to}: ${resource} ${fate}`;

test('every prop is changed, and none that is not there', () => {
  expect(PROPS.length).toBeGreaterThan(100);
  const changed = CHANGES.map(({ prop }) => prop).filter(prop => !/\(\w+\)$/.test(prop)); // Without the arguments of constructors.
  expect([...new Set(changed)].sort()).toEqual([...PROPS].sort());
});

test('every factory of a union-like class is one of the values', () => {
  expect(FACTORIES.filter(factory => !used.has(factory))).toEqual([]);
});

test('every change makes a difference in the template', () => {
  expect(results.flatMap(({ unchanged }) => unchanged)).toEqual([]);
});

test('every resource that a change does not keep is explained in replacement-reasons.ts', () => {
  expect(effects.filter(({ prop }) => !REASONS[prop]).map(sentence)).toEqual([]);
});

test('no explanation outlives its change', () => {
  expect(Object.keys(REASONS).filter(prop => !propsWithEffect.includes(prop))).toEqual([]);
  expect(Object.keys(REFUSED).filter(prop => !PROPS.includes(prop))).toEqual([]);
});

test('no stream, bucket or log group is ever replaced or deleted', () => {
  const lost = effects.filter(({ fate }) => fate !== Fate.LEFT).map(({ type }) => type);
  expect([...new Set(lost)].sort()).toEqual(['AWS::KMS::Key', 'AWS::KinesisFirehose::DeliveryStream', 'AWS::SNS::Topic', 'AWS::SQS::Queue']);
});

/** The words for each fate. A replaced queue is deleted with the messages in it, and the docstring has to say both. */
const WORDS: Record<Fate, RegExp[]> = {
  [Fate.REPLACED]: [/replac/],
  [Fate.MAY_BE_REPLACED]: [/may be replaced/],
  [Fate.DELETED]: [/deleted|deletes/],
  [Fate.LEFT]: [/\bis kept\b/],
};
const docstrings = propsWithEffect.filter(prop => !REFUSED[prop]).map(prop => {
  const own = effects.filter(effect => effect.prop === prop);
  const words = own.flatMap(({ fate, type }) => [...WORDS[fate], ...fate === Fate.REPLACED && type === 'AWS::SQS::Queue' ? WORDS[Fate.DELETED] : []]);
  return [prop, [...new Set(words)], own.map(sentence)] as const;
});

test.each([...docstrings, ...Object.keys(REFUSED).map(prop => [prop, [/refuse/], []] as const)])('the docstring of %s says what becomes of it', (prop, words, found) => {
  const silent = words.filter(word => !word.test(docsOf(prop)));
  if (silent.length > 0) throw new Error(`The docstring of ${prop} does not say ${silent.join(' and ')}:\n${docsOf(prop)}\n${found.join('\n')}`);
});

/** Makes a work queue that keeps what leaves the template. */
const retaining = (props: queues.WorkQueueProps) => (stack: Stack) => { new queues.WorkQueue(stack, 'Subject', { ...props, removalPolicy: RemovalPolicy.RETAIN }); };

/** Makes a subscriber of a FIFO topic that keeps what leaves the template. */
const subscriber = (options: fanout.FifoFanOutQueueProps) => (stack: Stack) => {
  new fanout.FifoFanOut(stack, 'Subject').addQueue('Subscriber', { ...options, removalPolicy: RemovalPolicy.RETAIN });
};
const { none } = queues.DeadLetters;

test.each<[string, Build, Build, string[]]>([
  ['the ordering of a work queue', retaining({ ordering: queues.Ordering.standard() }), retaining({ ordering: queues.Ordering.fifo() }), ['Queue', 'DeadLetterQueue']],
  ['the name of a work queue', retaining({ queueName: 'one' }), retaining({ queueName: 'other' }), ['Queue']],
  ['the dead letters of a work queue', retaining({}), retaining({ deadLetters: none('not needed here') }), ['DeadLetterQueue']],
  ['the encryption of a work queue', retaining({ encryption: access.Encryption.customerManaged() }), retaining({}), ['Key']],
  ['the dead letters of a subscription', subscriber({ deadLetters: none('not needed here') }), subscriber({}), ['Subscriber/Subscription/DeadLetterQueue']],
])('with RemovalPolicy.RETAIN, a change of %s leaves the messages and their key behind', (_, before, after, resources) => {
  const { effects: found } = effectsOf({ construct: '', prop: '', values: { before, after } });
  expect(found.filter(({ from }) => from === 'before').map(({ resource }) => resource).sort()).toEqual([...resources].sort());
  const { template, paths } = templateOf(before);
  const kept = [...paths].filter(([, path]) => resources.includes(path)).map(([id]) => template.Resources[id]);
  expect(kept).toHaveLength(resources.length);
  kept.forEach(resource => expect(resource).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' }));
});

test('the dead-letter queue of the subscription of an imported queue can be kept', () => {
  const { template } = templateOf(stack => {
    const fanOut = fanout.FanOut.fromTopic(stack, 'Subject', givenTopic(stack));
    fanOut.addSubscription(new fanout.QueueSubscription(givenQueue(stack))).deadLetterQueue?.applyRemovalPolicy(RemovalPolicy.RETAIN);
  });
  const found = Object.values(template.Resources).filter(({ Type }) => Type === 'AWS::SQS::Queue');
  expect(found).toEqual([expect.objectContaining({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' })]);
});

test.each<[string, Build, Build, Partial<Effect>[]]>([
  ['a renamed topic', stack => { new sns.Topic(stack, 'T', { topicName: 'a' }); }, stack => { new sns.Topic(stack, 'T', { topicName: 'b' }); }, [{ resource: 'Stack/T', fate: Fate.REPLACED }]],
  ['a lost bucket', stack => { new s3.Bucket(stack, 'B'); }, stack => { new sns.Topic(stack, 'T'); }, [{ resource: 'Stack/B', fate: Fate.LEFT }]],
  ['a bucket under another id', stack => { new s3.Bucket(stack, 'B', { removalPolicy: RemovalPolicy.DESTROY }); }, stack => { new s3.Bucket(stack, 'C'); }, [{ resource: 'Stack/B', fate: Fate.DELETED }]],
  ['a topic with another display name', stack => { new sns.Topic(stack, 'T'); }, stack => { new sns.Topic(stack, 'T', { displayName: 'b' }); }, []],
])('the comparison sees %s', (_, before, after, expected) => {
  const { effects: found } = effectsOf({ construct: '', prop: '', values: { before, after } });
  expect(found.filter(({ from }) => from === 'before')).toEqual(expected.map(effect => expect.objectContaining(effect)));
});

test('docs/replacement.md is current (npm run docs:replacement)', () => {
  const rendered = render(effects, { props: PROPS.length, changes: tried });
  if (process.env.REPLACEMENT_WRITE) writeFileSync(DOCUMENT, rendered);
  const lines = (existsSync(DOCUMENT) ? readFileSync(DOCUMENT, 'utf8') : '').split('\n');
  const [missing, gone] = [rendered.split('\n').filter(line => !lines.includes(line)), lines.filter(line => !rendered.split('\n').includes(line))];
  if (lines.join('\n') !== rendered) {
    throw new Error(['docs/replacement.md is not current; run npm run docs:replacement', ...gone.map(line => `- ${line}`), ...missing.map(line => `+ ${line}`)].join('\n'));
  }
});

afterAll(() => {
  const replaced = effects.filter(({ fate }) => fate === Fate.REPLACED).length;
  const deleted = effects.filter(({ fate }) => fate === Fate.DELETED).length;
  const keeping = tried - new Set(effects.map(({ construct, prop, from, to }) => [construct, prop, from, to].join())).size;
  console.info(`upgrades: ${PROPS.length} props, ${tried} changes tried, ${keeping} keep every resource; of the others, ${replaced} resources are replaced, `
    + `${deleted} deleted, ${effects.length - replaced - deleted} left behind, all named: ${propsWithEffect.length} props, and ${Object.keys(REFUSED).length} that a service refuses`);
});
