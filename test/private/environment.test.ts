import { App, Aws, NestedStack, Stack } from 'aws-cdk-lib';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { apart, canRefer, kindProblems, outermostStack, placeProblems } from '../../src/private/environment';
import { newStack } from '../support/template';

const HERE = { account: '111122223333', region: 'eu-west-1' };
const ELSEWHERE = { account: '444455556666', region: 'us-east-1' };
const ANYWHERE = { account: Aws.ACCOUNT_ID, region: Aws.REGION };
const fix = 'Move it.';
const because = 'since SQS sends nowhere else';

describe('apart', () => {
  test.each([
    ['the same place', HERE, []],
    ['another account', { ...HERE, account: ELSEWHERE.account }, ['account']],
    ['another Region', { ...HERE, region: ELSEWHERE.region }, ['region']],
    ['both', ELSEWHERE, ['account', 'region']],
    ['a place only known at deployment', ANYWHERE, []],
    ['an account only known at deployment', { ...ELSEWHERE, account: Aws.ACCOUNT_ID }, ['region']],
  ])('%s', (_, place, expected) => {
    expect(apart(HERE, place)).toEqual(expected);
    expect(apart(place, HERE)).toEqual(expected);
  });

  test('takes stacks and resources', () => {
    const app = new App();
    const queue = new sqs.Queue(new Stack(app, 'One', { env: HERE }), 'Queue');
    expect(apart(queue.env, new Stack(app, 'Other', { env: ELSEWHERE }))).toEqual(['account', 'region']);
    expect(apart(queue.env, Stack.of(queue))).toEqual([]);
  });
});

describe('placeProblems', () => {
  test('names what the resource is, where it is and where it has to be', () => {
    expect(placeProblems('queue', ELSEWHERE, { ...HERE, because }, fix)).toEqual([
      { prop: '', got: 'a queue in account 444455556666', allowed: `a queue in account 111122223333, ${because}`, fix },
      { prop: '', got: 'a queue in Region us-east-1', allowed: `a queue in Region eu-west-1, ${because}`, fix },
    ]);
  });

  test.each(['account', 'region'] as const)('looks at the %s alone where the other does not matter', only => {
    const problems = placeProblems('queue', ELSEWHERE, { ...HERE, only, because }, fix);
    expect(problems.map(({ got }) => got)).toEqual([expect.stringContaining(ELSEWHERE[only])]);
  });

  test('is none where the places are the same, or not known', () => {
    expect(placeProblems('queue', HERE, { ...HERE, because }, fix)).toEqual([]);
    expect(placeProblems('queue', ANYWHERE, { ...HERE, because }, fix)).toEqual([]);
    expect(placeProblems('queue', HERE, { ...ANYWHERE, because }, fix)).toEqual([]);
  });

  test('takes a construct that is in the right place for its own', () => {
    const stack = new Stack(new App(), 'Stack', { env: HERE });
    expect(placeProblems('topic', ELSEWHERE, { account: stack.account, region: stack.region, only: 'region', because }, fix)).toMatchObject([{ allowed: `a topic in Region eu-west-1, ${because}` }]);
  });
});

test('the outermost stack is the one that is deployed by itself', () => {
  const stack = newStack();
  const nested = new NestedStack(stack, 'Nested');
  const stacks = [stack, nested, new NestedStack(nested, 'Inner'), new Stack(stack, 'Within')];
  expect(stacks.map(outermostStack)).toEqual([stack, stack, stack, stacks[3]]);
});

describe('kindProblems', () => {
  test.each([
    ['queue', true, false, 'the FIFO queue \'Stack/One\'', 'a standard queue, since X'],
    ['queue', false, true, 'the standard queue \'Stack/One\'', 'a FIFO queue, since X'],
    ['topic', true, false, 'the FIFO topic \'Stack/One\'', 'a standard topic, since X'],
  ] as const)('a %s of the other kind: FIFO %p, and FIFO %p is asked for', (what, fifo, asked, got, allowed) => {
    const resource = what === 'queue' ? new sqs.Queue(newStack(), 'One', { fifo: fifo || undefined }) : new sns.Topic(newStack(), 'One', { fifo });
    expect(kindProblems(what, resource, asked, 'since X', fix)).toEqual([{ prop: '', got, allowed, fix }]);
    expect(kindProblems(what, resource, fifo, 'since X', fix)).toEqual([]);
  });

  test('needs no reason', () => {
    expect(kindProblems('queue', new sqs.Queue(newStack(), 'One'), true, '', fix)).toMatchObject([{ allowed: 'a FIFO queue' }]);
  });
});

describe('canRefer', () => {
  const app = new App();
  const [own, sibling, far] = ([['Own', HERE], ['Sibling', HERE], ['Far', ELSEWHERE]] as const).map(([id, env]) => new Stack(app, id, { env }));
  const [unnamed, beside, named] = [
    new sqs.Queue(far, 'Unnamed'), new sqs.Queue(sibling, 'Beside'), new sqs.Queue(far, 'Named', { queueName: 'orders' }),
  ];

  test.each([['in the same environment', beside, true], ['elsewhere with a name', named, true], ['elsewhere without one', unnamed, false]])('%s', (_, queue, expected) => {
    expect(canRefer(own, queue, queue.queueArn)).toBe(expected);
  });
});
