import { App, IPropertyInjector, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { ServiceSource } from '../../src/access';
import { RequestResponse, SharedDeadLetterQueue, WorkQueue } from '../../src/queues';
import { refusedAtSynth, warnings } from '../fanout/support';
import { newStack, synthApp } from '../support/template';

let stack: Stack;
beforeEach(() => {
  stack = newStack();
});

/** The queues of each construct, with the construct and the path that reports them. */
const QUEUES: [string, { construct: string; path: string; queue: () => sqs.IQueue }][] = [
  ['a work queue', { construct: 'WorkQueue', path: 'Stack/Jobs', queue: () => new WorkQueue(stack, 'Jobs') }],
  ['its dead-letter queue', { construct: 'WorkQueue', path: 'Stack/Jobs', queue: () => new WorkQueue(stack, 'Jobs').deadLetterQueue! }],
  ['a shared dead-letter queue', { construct: 'SharedDeadLetterQueue', path: 'Stack/Failed', queue: () => new SharedDeadLetterQueue(stack, 'Failed') }],
  ['a reply queue', { construct: 'ReplyQueue', path: 'Stack/Prices/Web', queue: () => new RequestResponse(stack, 'Prices').addRequester('Web') }],
];

/** A statement that names as many accounts, and has so many bytes besides, which are known. */
const statement = (accounts: number, padding: number = 0) => new iam.PolicyStatement({
  sid: 'x'.repeat(padding),
  actions: ['sqs:SendMessage'],
  principals: Array.from({ length: accounts }, (_, index) => new iam.ArnPrincipal(`arn:aws:iam::${100_000_000_000 + index}:root`)),
  resources: ['arn:aws:sqs:us-east-1:111111111111:jobs'],
});

const refused = () => refusedAtSynth(stack);
const found = () => refused().flatMap(({ problems }) => problems);
const bytesIn = (text: string) => Number(/(?:least|about) (\d+) bytes/.exec(text)![1]);

describe.each(QUEUES)('the policy of %s', (_, { construct, path, queue }) => {
  test('has 8192 bytes at most, whoever adds the statement', () => {
    queue().addToResourcePolicy(statement(1, 9000));
    const [error] = refused();
    expect(error).toMatchObject({ construct, path, problems: [{ prop: 'queue policy', allowed: 'at most 8192 bytes' }] });
    expect(error.problems[0].got).toContain('sqs:SendMessage for arn:aws:iam::100000000000:root');
    const most = 9000 - (bytesIn(error.problems[0].got) - 8192);
    stack = newStack();
    queue().addToResourcePolicy(statement(1, most));
    expect(refused()).toEqual([]);
    stack = newStack();
    queue().addToResourcePolicy(statement(1, most + 1));
    expect(found().map(({ got }) => bytesIn(got))).toEqual([8193]);
  });

  test('names 50 principals at most', () => {
    queue().addToResourcePolicy(statement(50));
    expect(refused()).toEqual([]);
    stack = newStack();
    queue().addToResourcePolicy(statement(51));
    expect(refused()).toMatchObject([{ construct, path, problems: [{ prop: 'queue policy', allowed: 'at most 50 principals' }] }]);
    expect(found()[0].got).toMatch(/^51 principals in the policy of '/);
  });
});

describe('the sources of services', () => {
  const topics = (count: number, name: string) => Array.from({ length: count }, (_, index) =>
    ServiceSource.topic(sns.Topic.fromTopicArn(stack, `T${index}`, `arn:aws:sns:us-east-1:111111111111:${`${index}`.padStart(3, name)}`)));

  test('that are written out are counted as they are, and the error names how many there are', () => {
    const jobs = new WorkQueue(stack, 'Jobs');
    topics(250, 'x').forEach(source => jobs.allowService(source));
    expect(found()).toMatchObject([{ prop: 'queue policy', got: expect.stringMatching(/are sqs:SendMessage for sns\.amazonaws\.com, with 251 values in conditions \(/), allowed: 'at most 8192 bytes' }]);
  });

  test('that are only known at deployment are estimated: 60 topics of generated names fit, 80 likely do not', () => {
    const feed = (count: number) => {
      const jobs = new WorkQueue(stack, 'Jobs');
      Array.from({ length: count }, (_, index) => new sns.Topic(stack, `T${index}`)).forEach(topic => jobs.allowService(ServiceSource.topic(topic)));
      synthApp(stack);
      return warnings(stack);
    };
    expect(feed(60)).toEqual([]);
    stack = newStack();
    expect(feed(80)).toEqual([{ id: 'WorkQueue.policySize', path: 'Stack/Jobs', text: expect.stringMatching(/'Stack\/Jobs\/Queue' has about \d+ bytes.*8192/) }]);
  });

  test('with long ARNs are measured, few as they are', () => {
    const jobs = new WorkQueue(stack, 'Jobs');
    ['a', 'b'].forEach(id => jobs.allowService(ServiceSource.of({ service: 'events.amazonaws.com', sourceArn: `arn:aws:events:us-east-1:111111111111:rule/${id.repeat(4500)}` })));
    expect(found()).toMatchObject([{ prop: 'queue policy', allowed: 'at most 8192 bytes' }]);
  });
});

test('principals are counted once, however many statements name them', () => {
  const jobs = new WorkQueue(stack, 'Jobs');
  jobs.addToResourcePolicy(statement(50));
  jobs.addToResourcePolicy(statement(50, 5));
  expect(refused()).toEqual([]);
});

test('a principal that is only known at deployment is one, and everyone is none', () => {
  const jobs = new WorkQueue(stack, 'Jobs');
  jobs.addToResourcePolicy(statement(49));
  jobs.addToResourcePolicy(new iam.PolicyStatement({ effect: iam.Effect.DENY, actions: ['sqs:SendMessage'], principals: [new iam.AnyPrincipal()], resources: ['*'] }));
  jobs.grantSendMessages(new iam.AccountRootPrincipal());
  expect(refused()).toEqual([]);
  jobs.addToResourcePolicy(new iam.PolicyStatement({ actions: ['sqs:SendMessage'], principals: [new iam.AccountPrincipal('222222222222')], resources: ['*'] }));
  expect(found()).toMatchObject([{ allowed: 'at most 50 principals' }]);
});

test('a statement that an escape hatch adds counts', () => {
  const jobs = new WorkQueue(stack, 'Jobs');
  const policy = jobs.node.findChild('Queue').node.findChild('Policy').node.defaultChild as sqs.CfnQueuePolicy;
  policy.addPropertyOverride('PolicyDocument.Statement.0.Sid', 'x'.repeat(9000));
  expect(found()).toMatchObject([{ prop: 'queue policy', allowed: 'at most 8192 bytes' }]);
});

test('a large statement is found where an injector removes the one for TLS', () => {
  const injector: IPropertyInjector = {
    constructUniqueId: sqs.Queue.PROPERTY_INJECTION_ID, inject: (original: sqs.QueueProps) => ({ ...original, enforceSSL: false }),
  };
  stack = newStack({}, new App({ propertyInjectors: [injector] }));
  new WorkQueue(stack, 'Jobs').addToResourcePolicy(statement(1, 9000));
  expect(found()).toMatchObject([{ prop: 'queue policy', allowed: 'at most 8192 bytes' }]);
});

test('too many of everything is told in one error', () => {
  const jobs = new WorkQueue(stack, 'Jobs');
  Array.from({ length: 20 }, (_, index) => jobs.addToResourcePolicy(statement(51, 500 + index)));
  expect(found().map(({ allowed }) => allowed)).toEqual(['at most 20 statements', 'at most 50 principals', 'at most 8192 bytes']);
});
