import { App, CfnParameter, Duration, NestedStack, Size, Stack, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as subs from 'aws-cdk-lib/aws-sns-subscriptions';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { ACCOUNT, ENV, OTHER_ACCOUNT, REGION, newStack, only, refusal, resources, tree, warnings } from './support';
import { DirectPut, FirehoseStream } from '../../src/delivery';
import { FanOut, FifoFanOut, FilterPolicy, MobilePushSubscription, SubscriptionDeadLetters } from '../../src/fanout';
import { PROTOCOLS } from '../../src/fanout/private/protocols';

const { SQS, LAMBDA, FIREHOSE, HTTP, HTTPS, EMAIL, EMAIL_JSON, SMS, APPLICATION } = sns.SubscriptionProtocol;
const ALL = Object.values(sns.SubscriptionProtocol);
const URL = 'https://example.com/orders';
const DEVICE = `arn:aws:sns:${REGION}:${ACCOUNT}:endpoint/GCM/shop/5e3e9847-3183-3f18-a7e8-671c3a57d4b3`;

/** An endpoint of each protocol. */
const ENDPOINTS: Record<sns.SubscriptionProtocol, string> = {
  [SQS]: `arn:aws:sqs:${REGION}:${ACCOUNT}:orders`,
  [LAMBDA]: `arn:aws:lambda:${REGION}:${ACCOUNT}:function:orders`,
  [FIREHOSE]: `arn:aws:firehose:${REGION}:${ACCOUNT}:deliverystream/orders`,
  [HTTPS]: URL,
  [HTTP]: URL.replace('https', 'http'),
  [EMAIL]: 'audit@example.com',
  [EMAIL_JSON]: 'audit@example.com',
  [SMS]: '+12065550100',
  [APPLICATION]: DEVICE,
};

/** A subscription that sets what those of the CDK do not let their users set. */
const custom = (protocol: sns.SubscriptionProtocol, config: Partial<sns.TopicSubscriptionConfig> = {}): sns.ITopicSubscription => ({
  bind: () => ({ protocol, endpoint: ENDPOINTS[protocol], subscriberId: 'Custom', subscriptionRoleArn: `arn:aws:iam::${ACCOUNT}:role/delivery`, ...config }),
});
const adds = (subscription: sns.ITopicSubscription, orders = new FanOut(newStack({ env: ENV }), 'Orders')) => orders.addSubscription(subscription);

describe('what SNS supports for a protocol', () => {
  test('every protocol of the CDK is in the table', () => {
    expect(Object.keys(PROTOCOLS).sort()).toEqual([...ALL].sort());
  });

  test.each(ALL)('%s: raw delivery, to SQS, HTTP, HTTPS and Firehose', protocol => {
    const add = () => adds(custom(protocol, { rawMessageDelivery: true }));
    if ([SQS, HTTP, HTTPS, FIREHOSE].includes(protocol)) {
      expect(only(Stack.of(add()), 'AWS::SNS::Subscription').Properties.RawMessageDelivery).toBe(true);
    } else {
      expect(refusal(add).problems).toMatchObject([{ prop: 'rawMessageDelivery', got: expect.stringContaining(`'${protocol}'`), allowed: expect.stringMatching(/'sqs', 'firehose', 'https', 'http'$/) }]);
    }
    adds(custom(protocol, { rawMessageDelivery: false }));
  });

  test.each(ALL)('%s: a delivery policy, for HTTP and HTTPS', protocol => {
    const add = () => adds(custom(protocol, { deliveryPolicy: { throttlePolicy: { maxReceivesPerSecond: 1 } } }));
    if ([HTTP, HTTPS].includes(protocol)) {
      expect(only(Stack.of(add()), 'AWS::SNS::Subscription').Properties.DeliveryPolicy).toEqual({ throttlePolicy: { maxReceivesPerSecond: 1 } });
    } else {
      expect(refusal(add).problems).toMatchObject([{ prop: 'deliveryPolicy', got: expect.stringContaining(`'${protocol}'`), allowed: expect.stringMatching(/'https', 'http'$/) }]);
    }
  });

  test.each(ALL)('%s: a FIFO topic, for SQS', protocol => {
    const add = () => new FifoFanOut(newStack({ env: ENV }), 'Ledger').addSubscription(custom(protocol));
    if (protocol === SQS) expect(add).not.toThrow();
    else expect(refusal(add).problems).toMatchObject([{ prop: 'protocol', got: `'${protocol}'`, allowed: expect.stringContaining("'sqs'") }]);
  });

  test.each(ALL)('%s: a topic with messages of more than 256 KiB, for SQS, Lambda and Firehose', protocol => {
    const add = (maxMessageSize: Size) => adds(custom(protocol), new FanOut(newStack({ env: ENV }), 'Orders', { maxMessageSize }));
    add(Size.kibibytes(256));
    if ([SQS, LAMBDA, FIREHOSE].includes(protocol)) expect(() => add(Size.bytes(256 * 1024 + 1))).not.toThrow();
    else expect(refusal(() => add(Size.bytes(256 * 1024 + 1))).problems).toMatchObject([{ prop: 'protocol', got: `'${protocol}'`, allowed: expect.stringMatching(/^'sqs', 'lambda', 'firehose', .*256 KiB$/) }]);
  });

  test('Firehose has a role', () => {
    expect(refusal(() => adds(custom(FIREHOSE, { subscriptionRoleArn: undefined }))).problems).toMatchObject([{ prop: 'subscriptionRoleArn', fix: expect.stringContaining('FirehoseSubscription') }]);
  });

  test('a refused subscription leaves nothing behind', () => {
    const stack = newStack({ env: ENV });
    const orders = new FanOut(stack, 'Orders');
    const before = tree(stack);
    refusal(() => adds(custom(EMAIL, { rawMessageDelivery: true }), orders));
    refusal(() => adds(new subs.UrlSubscription(URL, { deliveryPolicy: { healthyRetryPolicy: { numRetries: 101 } } }), orders));
    expect(tree(stack)).toEqual(before);
  });
});

describe('the endpoint of a protocol', () => {
  const subscribed = (protocol: sns.SubscriptionProtocol, endpoint: string) => () => adds(custom(protocol, { endpoint }));

  test.each<[sns.SubscriptionProtocol, string]>([
    ...Object.entries(ENDPOINTS) as [sns.SubscriptionProtocol, string][],
    [SMS, '12065550100'], [SMS, '+1-206-555-0100'], [SMS, '+442079460000'], [SMS, '+12'], [SMS, '+123456789012345'],
    [EMAIL, 'o+audit@mail.example.co.uk'], [EMAIL, 'root@localhost'],
    [HTTPS, 'https://example.com'], [HTTPS, 'https://example.com:8443/orders?kind=paid'], [HTTPS, 'https://[2001:db8::1]/'],
    [HTTP, 'http://203.0.113.1'],
  ])('%s: %s', (protocol, endpoint) => {
    expect(only(Stack.of(subscribed(protocol, endpoint)()), 'AWS::SNS::Subscription').Properties.Endpoint).toBe(endpoint);
  });

  test.each<[sns.SubscriptionProtocol, string]>([
    [SMS, '555-CALL-NOW'], [SMS, '+0155555501'], [SMS, '+1'], [SMS, '+1234567890123456'], [SMS, '+1--2065550100'], [SMS, '-12065550100'], [SMS, '+1 206'],
    [EMAIL, 'audit'], [EMAIL, 'audit@'], [EMAIL, '@example.com'], [EMAIL_JSON, 'audit @example.com'], [EMAIL_JSON, 'mailto:'],
    [HTTPS, 'http://example.com'], [HTTPS, 'https://'], [HTTPS, 'https:///orders'], [HTTPS, 'https://example.com/new orders'], [HTTPS, 'example.com'],
    [HTTP, 'https://example.com'], [HTTP, 'http://?kind'],
    [LAMBDA, ENDPOINTS[SQS]], [FIREHOSE, ENDPOINTS[LAMBDA]], [SQS, ENDPOINTS[FIREHOSE]],
    [SQS, 'https://sqs.eu-west-1.amazonaws.com/111122223333/jobs'], [LAMBDA, 'handler'], [FIREHOSE, 'archive'], [APPLICATION, 'device'],
  ])('%s is refused: %s', (protocol, endpoint) => {
    expect(refusal(subscribed(protocol, endpoint))).toMatchObject({ construct: 'FanOut', problems: [{ prop: 'endpoint' }] });
  });

  test.each(ALL)('%s that is only known at deployment is accepted', protocol => {
    const stack = newStack({ env: ENV });
    const endpoint = new CfnParameter(stack, 'Endpoint').valueAsString;
    for (const known of [endpoint, `https://${endpoint}/orders`]) {
      expect(() => adds(custom(protocol, { endpoint: known, subscriberId: known }), new FanOut(stack, `Orders${known.length}`))).not.toThrow();
    }
  });

  test.each<[string, sns.ITopicSubscription]>([
    ['a phone number of the CDK', new subs.SmsSubscription('0155 5550100')],
    ['an e-mail address of the CDK', new subs.EmailSubscription('audit.example.com')],
    ['a URL of the CDK', new subs.UrlSubscription('https:///orders')],
  ])('%s is refused, and nothing is left behind', (_, subscription) => {
    const stack = newStack({ env: ENV });
    const orders = new FanOut(stack, 'Orders');
    const before = tree(stack);
    expect(refusal(() => adds(subscription, orders)).problems).toMatchObject([{ prop: 'endpoint' }]);
    expect(tree(stack)).toEqual(before);
  });

  test.each([['https', []], ['http', ['FanOut.plainText']]])('%s with a password gets a warning that does not contain it', (scheme, others) => {
    const stack = newStack({ env: ENV });
    const orders = new FanOut(stack, 'Orders');
    adds(new subs.UrlSubscription(`${scheme}://shop:s3cret@example.com/orders`), orders);
    adds(new subs.UrlSubscription(`${scheme}s://shop@example.com/orders`.replace('ss', 's')), orders);
    expect(warnings(stack).map(({ id }) => id)).toEqual([...others, 'FanOut.credentials']);
    expect(warnings(stack).map(({ text }) => text).join()).not.toContain('s3cret');
    expect(warnings(stack).map(({ text }) => text).join()).toContain('shop:***@example.com');
  });
  test('no error contains a password', () => {
    const orders = new FanOut(newStack({ env: ENV }), 'Orders');
    const subscribe = (url: string) => adds(custom(HTTPS, { endpoint: url, subscriberId: 'S' }), orders);
    expect(refusal(() => subscribe('https://shop:s3cret@/')).problems[0].got).toContain('shop:***@');
    subscribe('https://shop:s3cret@example.com');
    const again = custom(HTTPS, { endpoint: 'https://shop:s3cret@example.com', subscriberId: 'T' });
    expect(JSON.stringify(refusal(() => adds(again, orders)))).not.toContain('s3cret');
  });
});

describe('a topic with messages of more than 256 KiB', () => {
  test.each<[string, (stack: Stack) => sns.ITopic]>([
    ['a fan-out', stack => new FanOut(stack, 'Orders', { maxMessageSize: Size.mebibytes(1) })],
    ['an existing topic', stack => {
      const topic = new sns.Topic(stack, 'Topic');
      (topic.node.defaultChild as sns.CfnTopic).addPropertyOverride('MaximumMessageSize', 1024 * 1024);
      return FanOut.fromTopic(stack, 'Orders', topic);
    }],
  ])('%s has up to 100 subscriptions', (_, make) => {
    const stack = newStack({ env: ENV });
    const topic = make(stack);
    const arn = (index: number) => `${ENDPOINTS[LAMBDA]}-${index}`;
    const subscribe = (index: number) => topic.addSubscription(SubscriptionDeadLetters.none('tested elsewhere')
      .applyTo(custom(LAMBDA, { endpoint: arn(index), subscriberId: `S${index}` })));
    for (let index = 1; index <= 100; index++) subscribe(index);
    expect(refusal(() => subscribe(101)).problems).toMatchObject([{ prop: 'topic', got: expect.stringContaining('101'), allowed: expect.stringMatching(/100 .*256 KiB/) }]);
  });

  test('a size that is only known at deployment limits nothing', () => {
    const stack = newStack({ env: ENV });
    const size = new CfnParameter(stack, 'Size', { type: 'Number' }).valueAsNumber;
    const orders = new FanOut(stack, 'Orders', { maxMessageSize: Size.bytes(size) });
    adds(new subs.EmailSubscription('audit@example.com'), orders);
    expect(only(stack, 'AWS::SNS::Topic').Properties.MaximumMessageSize).toEqual({ Ref: 'Size' });
  });

  test('an imported topic has no known size', () => {
    const stack = newStack({ env: ENV });
    adds(new subs.EmailSubscription('audit@example.com'), FanOut.fromTopic(stack, 'Orders', sns.Topic.fromTopicArn(stack, 'T', `arn:aws:sns:${REGION}:${ACCOUNT}:t`)));
  });
});

describe('a URL', () => {
  const retrying = (healthyRetryPolicy: sns.HealthyRetryPolicy, stack = newStack()) =>
    adds(new subs.UrlSubscription(URL, { deliveryPolicy: { healthyRetryPolicy } }), new FanOut(stack, 'Orders'));
  const PREFIX = 'deliveryPolicy.healthyRetryPolicy';

  test('receives raw messages, with a content type', () => {
    const stack = newStack();
    adds(new subs.UrlSubscription(URL, { rawMessageDelivery: true, deliveryPolicy: { requestPolicy: { headerContentType: 'application/json' } } }), new FanOut(stack, 'Orders'));
    expect(only(stack, 'AWS::SNS::Subscription').Properties).toMatchObject({ RawMessageDelivery: true, DeliveryPolicy: { requestPolicy: { headerContentType: 'application/json' } } });
  });

  test.each<[string, sns.HealthyRetryPolicy]>([
    ['no retries', { numRetries: 0 }],
    ['100 retries', { numRetries: 100, minDelayTarget: Duration.seconds(1) }],
    ['one phase only', { numRetries: 5, numNoDelayRetries: 5 }],
    ['all phases', { numRetries: 6, numNoDelayRetries: 1, numMinDelayRetries: 2, numMaxDelayRetries: 3, minDelayTarget: Duration.seconds(1), maxDelayTarget: Duration.seconds(30) }],
    ['3,600 seconds in total', { numRetries: 1, minDelayTarget: Duration.hours(1), maxDelayTarget: Duration.hours(1) }],
  ])('is retried: %s', (_, policy) => {
    expect(() => retrying(policy)).not.toThrow();
  });

  test.each<[string, sns.HealthyRetryPolicy, string, RegExp]>([
    ['101 retries', { numRetries: 101 }, 'numRetries', /^0 to 100 \(inclusive\)/],
    ['-1 retries', { numRetries: -1 }, 'numRetries', /^0 to 100/],
    ['half a retry', { numRetries: 0.5 }, 'numRetries', /^0 to 100/],
    ['retries only known at deployment', { numRetries: Token.asNumber({ Ref: 'N' }) }, 'numRetries', /known at synthesis/],
    ['a delay of 0', { minDelayTarget: Duration.seconds(0) }, 'minDelayTarget', /^1 second to 1 hour \(inclusive\)/],
    ['a delay of half a second', { minDelayTarget: Duration.millis(500) }, 'minDelayTarget', /^1 second to 1 hour/],
    ['a delay of more than an hour', { maxDelayTarget: Duration.seconds(3601) }, 'maxDelayTarget', /^1 second to 1 hour/],
    ['a phase of -1', { numNoDelayRetries: -1 }, 'numNoDelayRetries', /^0 to 100/],
    ['a phase of 101 ', { numMinDelayRetries: 101 }, 'numMinDelayRetries', /^0 to 100/],
    ['half a retry in a phase', { numMaxDelayRetries: 0.5 }, 'numMaxDelayRetries', /^0 to 100/],
    ['a least delay above the default of the greatest, which the CDK writes', { minDelayTarget: Duration.seconds(21) }, 'minDelayTarget', /20 seconds by default/],
    ['a least delay above the greatest', { minDelayTarget: Duration.seconds(31), maxDelayTarget: Duration.seconds(30) }, 'minDelayTarget', /30 seconds$/],
    ['phases with more retries than there are by default', { numNoDelayRetries: 4 }, 'numRetries', /at least 4/],
    ['more than 3,600 seconds in total', { numRetries: 2, minDelayTarget: Duration.seconds(1801), maxDelayTarget: Duration.seconds(1801) }, 'numRetries', /3600 seconds/],
    ['more than 3,600 seconds after the backoff', { numRetries: 2, numMaxDelayRetries: 2, minDelayTarget: Duration.seconds(1), maxDelayTarget: Duration.seconds(1801) }, 'numRetries', /3600 seconds/],
  ])('is not retried with %s', (_, policy, prop, allowed) => {
    expect(refusal(() => retrying(policy))).toMatchObject({ construct: 'FanOut', problems: [{ prop: `${PREFIX}.${prop}`, allowed: expect.stringMatching(allowed) }] });
  });

  test.each([0, 0.5, Token.asNumber({ Ref: 'N' })])('is not throttled to %p deliveries a second', maxReceivesPerSecond => {
    expect(refusal(() => adds(new subs.UrlSubscription(URL, { deliveryPolicy: { throttlePolicy: { maxReceivesPerSecond } } }))).problems)
      .toMatchObject([{ prop: 'deliveryPolicy.throttlePolicy.maxReceivesPerSecond', allowed: expect.stringMatching(/^at least 1/) }]);
  });

  describe('has a content type', () => {
    const ALWAYS = ['application/json', 'text/plain', 'text/plain; charset=UTF-8', 'Application/JSON'];
    const RAW = [
      'text/css', 'text/csv', 'text/html', 'text/xml', 'application/atom+xml', 'application/octet-stream', 'application/soap+xml',
      'application/x-www-form-urlencoded', 'application/xhtml+xml', 'application/xml; charset=UTF-8',
    ];
    const typed = (headerContentType: string, rawMessageDelivery?: boolean) => () =>
      adds(new subs.UrlSubscription(URL, { rawMessageDelivery, deliveryPolicy: { requestPolicy: { headerContentType } } }));
    const problem = (got: string) => [{ prop: 'deliveryPolicy.requestPolicy.headerContentType', got: expect.stringContaining(got) }];

    test.each([...ALWAYS, Token.asString({ Ref: 'Type' })])('%s, with or without raw delivery', type => {
      for (const raw of [undefined, false, true]) expect(typed(type, raw)).not.toThrow();
    });
    test.each(RAW)('%s, with raw delivery only', type => {
      expect(typed(type, true)).not.toThrow();
      for (const raw of [undefined, false]) expect(refusal(typed(type, raw)).problems).toMatchObject(problem(type));
    });
    test.each(['image/png', 'json', '', 'application/'])('not %p', type => {
      for (const raw of [false, true]) expect(refusal(typed(type, raw)).problems).toMatchObject(problem(`'${type}'`));
    });
  });

  test('in plain text causes a warning, one with TLS does not', () => {
    const stack = newStack();
    const orders = new FanOut(stack, 'Orders');
    adds(new subs.UrlSubscription(URL), orders);
    expect(warnings(stack)).toEqual([]);
    adds(new subs.UrlSubscription('http://example.com/orders'), orders);
    adds(new subs.UrlSubscription(new CfnParameter(stack, 'Url').valueAsString, { protocol: HTTP }), orders);
    expect(warnings(stack)).toMatchObject([
      { id: 'FanOut.plainText', text: expect.stringContaining('http://example.com/orders') }, { id: 'FanOut.plainText', text: expect.stringContaining('this URL') },
    ]);
  });
});

describe('an e-mail address', () => {
  test.each([[undefined, EMAIL], [false, EMAIL], [true, EMAIL_JSON]])('with json %p receives %s', (json, protocol) => {
    const stack = newStack();
    const filterPolicy = { kind: sns.SubscriptionFilter.stringFilter({ allowlist: ['paid'] }) };
    adds(new subs.EmailSubscription('audit@example.com', { json, filterPolicy }), new FanOut(stack, 'Orders'));
    expect(only(stack, 'AWS::SNS::Subscription').Properties).toMatchObject({
      Protocol: protocol, Endpoint: 'audit@example.com', FilterPolicy: { kind: ['paid'] }, RedrivePolicy: { deadLetterTargetArn: expect.anything() },
    });
  });
});

test('a phone number is filtered by the body as well', () => {
  const stack = newStack();
  const filterPolicyWithMessageBody = { kind: sns.FilterOrPolicy.filter(sns.SubscriptionFilter.existsFilter()) };
  adds(new subs.SmsSubscription('+15555550100', { filterPolicyWithMessageBody }), new FanOut(stack, 'Orders'));
  expect(only(stack, 'AWS::SNS::Subscription').Properties).toMatchObject({ Protocol: SMS, Endpoint: '+15555550100', FilterPolicyScope: 'MessageBody', FilterPolicy: { kind: [{ exists: true }] } });
});

describe('a delivery stream', () => {
  test.each<[string, (stack: Stack) => firehose.IDeliveryStream]>([
    ['of the CDK', stack => new firehose.DeliveryStream(stack, 'Stream', { destination: new firehose.S3Bucket(new s3.Bucket(stack, 'Bucket')) })],
    ['of this library, through the interface of the CDK', stack => new FirehoseStream(stack, 'Stream', { source: new DirectPut() })],
    ['that is imported', stack => firehose.DeliveryStream.fromDeliveryStreamArn(stack, 'Stream', `arn:aws:firehose:${REGION}:${ACCOUNT}:deliverystream/archive`)],
  ])('%s archives every message, by a role with exact actions', (_, make) => {
    const stack = newStack({ env: ENV });
    const stream = make(stack);
    adds(new subs.FirehoseSubscription(stream, { rawMessageDelivery: true }), new FanOut(stack, 'Orders'));
    const { Properties, DependsOn } = only(stack, 'AWS::SNS::Subscription');
    expect(Properties).toMatchObject({
      Protocol: FIREHOSE,
      Endpoint: stack.resolve(stream.deliveryStreamArn),
      RawMessageDelivery: true,
      SubscriptionRoleArn: expect.anything(),
      RedrivePolicy: expect.anything(),
    });
    const policies = Object.entries(resources(stack, 'AWS::IAM::Policy')).filter(([, policy]) => JSON.stringify(policy).includes('firehose:PutRecordBatch'));
    expect(policies).toHaveLength(1);
    const [[id, policy]] = policies;
    expect(DependsOn).toContain(id);
    expect(policy.Properties.PolicyDocument.Statement).toEqual([{
      Effect: 'Allow',
      Action: ['firehose:DescribeDeliveryStream', 'firehose:ListDeliveryStreams', 'firehose:ListTagsForDeliveryStream', 'firehose:PutRecord', 'firehose:PutRecordBatch'],
      Resource: stack.resolve(stream.deliveryStreamArn),
    }]);
  });
});

test('a delivery stream of the CDK with a Kinesis source accepts no messages; one of this library refuses the grant', () => {
  const stack = newStack({ env: ENV });
  const source = new firehose.KinesisStreamSource(new kinesis.Stream(stack, 'Source'));
  const stream = new firehose.DeliveryStream(stack, 'Stream', { destination: new firehose.S3Bucket(new s3.Bucket(stack, 'Bucket')), source });
  const orders = new FanOut(stack, 'Orders');
  expect(refusal(() => adds(new subs.FirehoseSubscription(stream), orders)))
    .toMatchObject({ construct: 'FanOut', problems: [{ prop: 'endpoint', got: expect.stringContaining('Stack/Stream'), fix: expect.stringContaining('DirectPut') }] });
  const ours = new FirehoseStream(stack, 'Ours');
  expect(refusal(() => adds(new subs.FirehoseSubscription(ours), orders))).toMatchObject({ construct: 'FirehoseStream', problems: [{ prop: 'grant()' }] });
});

describe('a delivery stream that is imported', () => {
  const imported = (stack: Stack, { region = REGION, account = ACCOUNT }) =>
    firehose.DeliveryStream.fromDeliveryStreamArn(stack, 'Stream', `arn:aws:firehose:${region}:${account}:deliverystream/archive`);

  test.each<[string, object, object]>([
    ['of another Region than the topic', { region: 'us-east-1' }, { prop: 'topic', got: expect.stringContaining('us-east-1'), allowed: expect.stringContaining('Region of the topic') }],
    ['of another account', { account: OTHER_ACCOUNT }, { prop: 'endpoint', got: expect.stringContaining(OTHER_ACCOUNT), allowed: expect.stringContaining(ACCOUNT) }],
  ])('%s is refused, and nothing is left behind', (_, place, problem) => {
    const stack = newStack({ env: ENV });
    const orders = new FanOut(stack, 'Orders');
    const subscription = new subs.FirehoseSubscription(imported(stack, place));
    const before = tree(stack);
    expect(refusal(() => adds(subscription, orders))).toMatchObject({ construct: 'FanOut', problems: [problem] });
    expect(tree(stack)).toEqual(before);
  });

  test('is accepted in a stack that does not know its environment', () => {
    const stack = newStack();
    expect(() => adds(new subs.FirehoseSubscription(imported(stack, { region: 'us-east-1', account: OTHER_ACCOUNT })), new FanOut(stack, 'Orders'))).not.toThrow();
  });
});

describe('a mobile device', () => {
  test('is subscribed by the ARN of its platform endpoint, with a dead-letter queue', () => {
    const stack = newStack({ env: ENV });
    const filterPolicy = FilterPolicy.onAttributes({ kind: sns.SubscriptionFilter.stringFilter({ allowlist: ['shipped'] }) });
    const push = new MobilePushSubscription(DEVICE, { filterPolicy });
    const { deadLetterQueue } = adds(push, new FanOut(stack, 'Orders'));
    expect(push.endpointArn).toBe(DEVICE);
    expect(only(stack, 'AWS::SNS::Subscription').Properties).toEqual({
      Protocol: APPLICATION,
      Endpoint: DEVICE,
      TopicArn: expect.anything(),
      FilterPolicy: { kind: ['shipped'] },
      RedrivePolicy: { deadLetterTargetArn: stack.resolve(deadLetterQueue!.queueArn) },
    });
    expect(deadLetterQueue!.metricApproximateNumberOfMessagesVisible().metricName).toBe('ApproximateNumberOfMessagesVisible');
  });

  test('is subscribed to a plain topic in the same way', () => {
    const stack = newStack({ env: ENV });
    expect(new sns.Topic(stack, 'Topic').addSubscription(new MobilePushSubscription(DEVICE)).deadLetterQueue).toBeDefined();
  });

  test('has the dead letters that it states, and others can replace them', () => {
    const stack = newStack({ env: ENV });
    const orders = new FanOut(stack, 'Orders');
    const dead = new sqs.Queue(stack, 'Dead');
    const device = (id: string) => DEVICE.replace(/[^/]*$/, id);
    const none = SubscriptionDeadLetters.none('devices that are gone are not told');
    expect(adds(new MobilePushSubscription(device('1'), { subscriptionDeadLetters: none }), orders).deadLetterQueue).toBeUndefined();
    expect(adds(new MobilePushSubscription(device('2'), { subscriptionDeadLetters: SubscriptionDeadLetters.existing(dead) }), orders).deadLetterQueue!.node).toBe(dead.node);
    expect(adds(none.applyTo(new MobilePushSubscription(device('3'), { subscriptionDeadLetters: SubscriptionDeadLetters.existing(dead) })), orders).deadLetterQueue).toBeUndefined();
  });

  test('two that are only known at deployment', () => {
    const stack = newStack({ env: ENV });
    const orders = new FanOut(stack, 'Orders');
    for (const id of ['One', 'Two']) adds(new MobilePushSubscription(new CfnParameter(stack, id).valueAsString), orders);
    expect(Object.keys(resources(stack, 'AWS::SNS::Subscription'))).toHaveLength(2);
  });

  test.each<[string, string, object]>([
    ['nothing', ' ', { prop: 'endpoint', allowed: expect.stringContaining('not empty') }],
    ['a platform application', DEVICE.replace('endpoint/', 'app/').replace(/\/[^/]*$/, ''), { prop: 'endpoint', got: expect.stringContaining('app/GCM/shop'), allowed: expect.stringContaining('platform endpoint') }],
    ['no ARN', 'device', { prop: 'endpoint', got: "'device'", allowed: 'an ARN of sns' }],
    ['an endpoint without an id', DEVICE.replace(/\/[^/]*$/, ''), { prop: 'endpoint', allowed: expect.stringContaining('platform endpoint') }],
    ['an ARN of another service', `arn:aws:sqs:${REGION}:${ACCOUNT}:endpoint/x`, { prop: 'endpoint', allowed: expect.stringContaining('sns') }],
    ['an endpoint of another Region', DEVICE.replace(REGION, 'us-east-1'), { prop: 'topic', got: expect.stringContaining('us-east-1'), allowed: expect.stringContaining('Region of the topic') }],
  ])('%s is refused, and nothing is left behind', (_, arn, problem) => {
    const stack = newStack({ env: ENV });
    const orders = new FanOut(stack, 'Orders');
    const before = tree(stack);
    expect(refusal(() => adds(new MobilePushSubscription(arn), orders))).toMatchObject({ construct: 'MobilePushSubscription', problems: [problem] });
    expect(tree(stack)).toEqual(before);
  });

  test('sameAsQueue() is refused, and a FIFO topic', () => {
    const subscriptionDeadLetters = SubscriptionDeadLetters.sameAsQueue();
    expect(refusal(() => adds(new MobilePushSubscription(DEVICE, { subscriptionDeadLetters }))).problems).toMatchObject([{ prop: 'subscriptionDeadLetters', got: expect.stringContaining('not a queue') }]);
    expect(refusal(() => new FifoFanOut(newStack({ env: ENV }), 'Ledger').addSubscription(new MobilePushSubscription(DEVICE))).problems).toMatchObject([{ prop: 'protocol' }]);
  });

  test('one address is subscribed once for each protocol', () => {
    const orders = new FanOut(newStack({ env: ENV }), 'Orders');
    adds(new subs.EmailSubscription('audit@example.com'), orders);
    // Not subs.EmailSubscription: the CDK derives the same id for both.
    expect(() => adds(custom(EMAIL_JSON, { endpoint: 'audit@example.com', subscriberId: 'Json' }), orders)).not.toThrow();
    expect(() => adds(new subs.EmailSubscription('audit@example.com'), orders)).toThrow();
  });

  test('a device is subscribed once', () => {
    const orders = new FanOut(newStack({ env: ENV }), 'Orders');
    adds(new MobilePushSubscription(DEVICE), orders);
    expect(refusal(() => adds(new MobilePushSubscription(DEVICE), orders)).problems).toMatchObject([{ prop: 'endpoint', allowed: expect.stringContaining('once') }]);
  });
});

describe('the delivery streams of a topic', () => {
  const feed = (count: number, stacks: (index: number) => Stack, topic: sns.ITopic) => {
    for (let index = 0; index < count; index++) {
      const scope = stacks(index);
      const account = Token.isUnresolved(scope.account) ? ACCOUNT : scope.account;
      const stream = firehose.DeliveryStream.fromDeliveryStreamAttributes(scope, `Imported${index}`, { deliveryStreamArn: `arn:aws:firehose:eu-west-1:${account}:deliverystream/s${index}` });
      topic.addSubscription(new subs.FirehoseSubscription(stream, { role: iam.Role.fromRoleArn(scope, `Role${index}`, `arn:aws:iam::${account}:role/r`) }));
    }
    return warnings(topic.node.root).filter(({ id }) => id === 'FanOut.deliveryStreams').map(({ path }) => path);
  };

  test.each([[5, []], [6, ['Stack/Orders/Topic']], [8, ['Stack/Orders/Topic']]])('%d of one account: warned of at %p', (count, paths) => {
    const stack = newStack({ env: ENV });
    expect(feed(count, () => stack, new FanOut(stack, 'Orders'))).toEqual(paths);
  });

  test('are counted for each account, and for each stack where it is not known', () => {
    const app = new App();
    const known = ['111111111111', '222222222222'].map(account => new Stack(app, `In${account}`, { env: { ...ENV, account } }));
    expect(feed(10, index => known[index % 2], FanOut.fromTopic(known[0], 'Orders', sns.Topic.fromTopicArn(known[0], 'Topic', `arn:aws:sns:eu-west-1:${ACCOUNT}:orders`)))).toEqual([]);
    const agnostic = (count: number) => {
      const other = new App();
      const stacks = ['A', 'B'].map(id => new Stack(other, id));
      return feed(count, index => stacks[index % 2], new FanOut(stacks[0], 'Orders'));
    };
    expect([agnostic(10), agnostic(11)]).toEqual([[], ['A/Orders/Topic']]);
  });

  test.each<[string, (stack: Stack, id: string) => NestedStack]>([
    ['nested stacks', (stack, id) => new NestedStack(stack, id)],
    ['stacks nested in nested stacks', (stack, id) => new NestedStack(new NestedStack(stack, id), 'Inner')],
  ])('of %s are those of the stack around all of them', (_, nest) => {
    const stack = newStack();
    const nested = Array.from({ length: 6 }, (__, index) => nest(stack, `Nested${index}`));
    expect(feed(6, index => nested[index], new FanOut(stack, 'Orders'))).toEqual(['Stack/Orders/Topic']);
  });
});
