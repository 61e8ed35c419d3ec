import { App, Aws, Duration, Fn, NestedStack, PhysicalName, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acknowledgeDeadLetterQueue, acknowledgeKinesisSource } from '../../src/private/acknowledge';
import { knownApart } from '../../src/private/environment';
import { nameProblems, stackUniqueName } from '../../src/private/names';
import { QueueFacts, deadLetterQueueOf, factsOf } from '../../src/private/queue-facts';
import { renderPolicy, renderText, warn } from '../../src/private/warnings';
import { newStack, warningsOf } from '../support/template';

const STACK_IDENTIFIER = { 'Fn::Select': [2, { 'Fn::Split': ['/', { Ref: 'AWS::StackId' }] }] };

describe('a name that is specified', () => {
  const problem = (what: 'queue' | 'topic', allowed: string, got: string) => [{ prop: `${what}Name`, got, allowed, fix: expect.any(String) }];

  test.each([['queue', false, 80], ['queue', true, 75], ['topic', false, 256], ['topic', true, 251]] as const)('for a %s, FIFO %p, has at most %d characters', (what, fifo, max) => {
    const suffix = fifo ? '.fifo' : '';
    const allowed = `1 to ${max} letters, digits, hyphens and underscores${fifo ? ', followed by .fifo' : ''}`;
    const check = (name: string) => nameProblems(what, name, fifo);
    for (const name of ['x', 'A-z_9', 'x'.repeat(max)]) expect(check(name + suffix)).toEqual([]);
    for (const name of ['', 'x'.repeat(max + 1), 'a.b', 'ä']) expect(check(name + suffix)).toEqual(problem(what, allowed, `'${name + suffix}'`));
    expect(check(fifo ? 'jobs' : 'jobs.fifo')).toEqual(problem(what, allowed, fifo ? "'jobs'" : "'jobs.fifo'"));
    expect(check(PhysicalName.GENERATE_IF_NEEDED)).toEqual(problem(what, allowed, 'PhysicalName.GENERATE_IF_NEEDED'));
  });

  test('is read to its end if it is only known at deployment; CDK appends .fifo for a FIFO topic', () => {
    const got = (what: 'queue' | 'topic', name: string, fifo: boolean) => nameProblems(what, name, fifo).map(one => one.got);
    const followed = ['a value only known at deployment, followed by .fifo'];
    expect(got('queue', Aws.STACK_NAME, false)).toEqual([]);
    expect(got('queue', Aws.STACK_NAME, true)).toEqual(['a value only known at deployment, not followed by .fifo']);
    expect(got('queue', `${Aws.STACK_NAME}.fifo`, false)).toEqual(followed);
    expect(got('queue', `${Aws.STACK_NAME}.fifo`, true)).toEqual([]);
    expect(got('topic', Aws.STACK_NAME, true)).toEqual([]);
    expect(got('topic', `${Aws.STACK_NAME}.fifo`, true)).toEqual([]);
    expect(got('topic', `${Aws.STACK_NAME}.fifo`, false)).toEqual(followed);
  });
});

describe('a name that is unique', () => {
  const readable = (stack: Stack, construct: Construct, max: number, suffix?: string) => {
    const { 'Fn::Join': [separator, parts] } = stack.resolve(stackUniqueName(construct, max, suffix));
    expect(separator).toBe('');
    expect(parts.slice(1)).toEqual(suffix ? [STACK_IDENTIFIER, suffix] : [STACK_IDENTIFIER]);
    return parts[0] as string;
  };

  test('is made of the path and the identifier of the stack, so that the same template twice does not collide', () => {
    const stack = newStack();
    expect(readable(stack, new Construct(stack, 'Orders'), 80)).toMatch(/^Stack-Orders-[0-9A-F]{8}-$/);
  });

  test.each([[80, ''], [80, '.fifo'], [60, '']])('fits %d characters with the suffix %p, however long the path', (max, suffix) => {
    const stack = newStack();
    const deep = new Construct(new Construct(stack, 'A'.repeat(120)), 'B'.repeat(120));
    // The identifier of a stack is a UUID.
    expect(readable(stack, deep, max, suffix || undefined).length + 36 + suffix.length).toBeLessThanOrEqual(max);
  });

  test('differs for paths that read the same', () => {
    const stack = newStack();
    const billing = new Construct(stack, 'OrdersBilling');
    const names = [
      billing,
      new Construct(billing, 'Billing'),
      new Construct(stack, 'Orders-Billing'),
      new Construct(new Construct(stack, 'Orders'), 'Billing'),
      new Construct(billing, 'Resource'),
    ].map(construct => readable(stack, construct, 80));
    expect(new Set(names).size).toBe(names.length);
  });

  test('in a nested stack has the identifier of the nested stack', () => {
    const nested = new NestedStack(newStack(), 'Nested');
    expect(readable(nested, new Construct(nested, 'Orders'), 80)).toMatch(/Orders/);
  });
});

describe('policies in warnings', () => {
  test('tokens appear the way Fn::Sub writes them', () => {
    const stack = newStack();
    const topic = new sns.Topic(stack, 'Topic');
    const queue = new sqs.Queue(stack, 'Queue');
    const text = renderPolicy(stack, {
      account: Aws.ACCOUNT_ID,
      topic: topic.topicArn,
      queue: queue.queueArn,
      many: [`arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:root`, 'plain', 3, null],
      split: Fn.select(0, Fn.split('/', 'a/b')),
      imported: Fn.importValue('Exported'),
      importedArn: `arn:${Fn.importValue(`Stack-${Aws.REGION}`)}:x`,
      stackId: Fn.select(2, Fn.split('/', Aws.STACK_ID)),
      list: { 'Fn::Join': [',', { Ref: 'Names' }] },
      sub: Fn.sub('a-${AWS::Region}'),
      subOf: Fn.sub('a-${x}', { x: '1' }),
      map: Fn.findInMap('M', Aws.REGION, 'k'),
      empty: {},
    });
    expect(JSON.parse(text)).toEqual({
      account: '${AWS::AccountId}',
      topic: `\${${stack.getLogicalId(topic.node.defaultChild as sns.CfnTopic)}}`,
      queue: `\${${stack.getLogicalId(queue.node.defaultChild as sqs.CfnQueue)}.Arn}`,
      many: ['arn:${AWS::Partition}:iam::${AWS::AccountId}:root', 'plain', 3, null],
      split: 'a',
      imported: '${import:Exported}',
      importedArn: 'arn:${import:Stack-AWS::Region}:x',
      stackId: '${select:2:split:/:AWS::StackId}',
      list: '${join:,:Names}',
      sub: 'a-${AWS::Region}',
      subOf: '${sub:a-x:{"x":"1"}}',
      map: '${findInMap:M:AWS::Region:k}',
      empty: {},
    });
  });

  test('in a text as in a policy', () => {
    expect(renderText(newStack(), `account ${Aws.ACCOUNT_ID}`)).toBe('account ${AWS::AccountId}');
    expect(renderText(newStack(), 'plain')).toBe('plain');
  });

  test('a warning has an id and is put on the construct', () => {
    const stack = newStack();
    warn(new Construct(stack, 'Orders'), 'Thing.what', 'mind this');
    expect(warningsOf(stack)).toEqual([{ path: '/Stack/Orders', text: 'mind this [ack: cdk-decouple:Thing.what]' }]);
  });
});

test('only known environments are apart', () => {
  expect(knownApart('1', '2')).toBe(true);
  expect(knownApart('1', '1')).toBe(false);
  expect(knownApart('1', Aws.ACCOUNT_ID)).toBe(false);
  expect(knownApart(Aws.ACCOUNT_ID, '1')).toBe(false);
});

describe('what is known of a queue', () => {
  test('the defaults of the service where the template says nothing', () => {
    expect(factsOf(new sqs.Queue(newStack(), 'Queue'))).toEqual({
      owned: true,
      retention: 345_600,
      visibilityTimeout: 30,
      deliveryDelay: 0,
      maximumMessageSize: 1_048_576,
      maxReceiveCount: undefined,
      awsManagedKey: false,
    });
  });

  test('nothing of a value that is only known at deployment', () => {
    const stack = newStack();
    const queue = new sqs.CfnQueue(stack, 'Queue', { messageRetentionPeriod: Fn.ref('X') as any });
    const l2 = new sqs.Queue(stack, 'L2');
    (l2.node.defaultChild as sqs.CfnQueue).messageRetentionPeriod = queue.messageRetentionPeriod;
    expect(factsOf(l2).retention).toBeUndefined();
  });

  test.each<[keyof QueueFacts, string, unknown, unknown]>([
    ['retention', 'MessageRetentionPeriod', 60, 60],
    ['visibilityTimeout', 'VisibilityTimeout', 0, 0],
    ['deliveryDelay', 'DelaySeconds', 900, 900],
    ['maximumMessageSize', 'MaximumMessageSize', 1024, 1024],
    ['maxReceiveCount', 'RedrivePolicy', { maxReceiveCount: 7 }, 7],
    ['awsManagedKey', 'KmsMasterKeyId', 'alias/aws/sqs', true],
    ['retention', 'MessageRetentionPeriod', { Ref: 'X' }, undefined],
    ['retention', 'MessageRetentionPeriod', undefined, 345_600],
    ['awsManagedKey', 'KmsMasterKeyId', { Ref: 'X' }, false],
  ])('%s by an escape hatch: %s %j', (fact, name, value, expected) => {
    const queue = new sqs.Queue(newStack(), 'Queue', {
      retentionPeriod: Duration.days(1), visibilityTimeout: Duration.seconds(5), deliveryDelay: Duration.seconds(5), maxMessageSizeBytes: 2048,
    });
    (queue.node.defaultChild as sqs.CfnQueue).addPropertyOverride(name, value);
    expect(factsOf(queue)[fact]).toBe(expected);
  });

  test('nothing of an import but its encryption', () => {
    const stack = newStack();
    const managed = sqs.Queue.fromQueueArn(stack, 'Managed', 'arn:aws:sqs:us-east-1:111122223333:q');
    Object.defineProperty(managed, 'encryptionType', { value: sqs.QueueEncryption.KMS_MANAGED });
    expect(factsOf(sqs.Queue.fromQueueArn(stack, 'Import', 'arn:aws:sqs:us-east-1:111122223333:q'))).toEqual({ owned: false, awsManagedKey: false });
    expect(factsOf(managed)).toEqual({ owned: false, awsManagedKey: true });
    expect(deadLetterQueueOf(managed)).toBeUndefined();
  });

  test('the AWS managed key', () => {
    expect(factsOf(new sqs.Queue(newStack(), 'Queue', { encryption: sqs.QueueEncryption.KMS_MANAGED })).awsManagedKey).toBe(true);
  });

  test('the dead-letter queue', () => {
    const stack = newStack();
    const queue = new sqs.Queue(stack, 'Dead');
    expect(deadLetterQueueOf(new sqs.Queue(stack, 'Queue', { deadLetterQueue: { queue, maxReceiveCount: 1 } }))).toBe(queue);
    expect(deadLetterQueueOf(queue)).toBeUndefined();
  });
});

test.each([acknowledgeDeadLetterQueue, acknowledgeKinesisSource])('acknowledging for compliance packs changes no property (%#)', acknowledge => {
  const template = (acknowledged: boolean) => {
    const stack = new Stack(new App(), 'Stack');
    const queue = new sqs.Queue(stack, 'Queue');
    if (acknowledged) acknowledge(queue);
    queue.grantPurge(new iam.AccountPrincipal('111122223333'));
    const json = Template.fromStack(stack).toJSON();
    Object.values(json.Resources).forEach((resource: any) => delete resource.Metadata);
    return json;
  };
  expect(template(true)).toEqual(template(false));
});
