import { Annotations, App, Aspects, CfnCondition, CfnParameter, CfnResource, Fn, Lazy, NestedStack, Stack, Stage, Token } from 'aws-cdk-lib';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { SnsDestination } from 'aws-cdk-lib/aws-s3-notifications';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { SnsPublish } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { IConstruct } from 'constructs';
import { ACCOUNT, ENV, OTHER_ACCOUNT, REGION, newStack, refusedAtSynth, warnings } from './support';
import { Encryption, ServiceSource } from '../../src/access';
import { FanOut, FifoFanOut } from '../../src/fanout';
import { letIn } from '../support/let-in';
import { ReportedProblem } from '../support/problems';

const metric = new cloudwatch.Metric({ namespace: 'Orders', metricName: 'Failed' });
const alarmIn = (scope: Stack, topic: sns.ITopic, id = 'Alarm', alarmName?: string) => {
  const alarm = new cloudwatch.Alarm(scope, id, { metric, threshold: 1, evaluationPeriods: 1, alarmName });
  alarm.addAlarmAction(new SnsAction(topic));
  return alarm;
};
const ruleIn = (scope: Stack, topic: sns.ITopic, props?: targets.SnsTopicProps) =>
  new events.Rule(scope, 'Rule', { schedule: events.Schedule.expression('rate(1 day)'), targets: [new targets.SnsTopic(topic, props)] });
const bucketIn = (scope: Stack, topic: sns.ITopic) => new s3.Bucket(scope, 'Bucket').addEventNotification(s3.EventType.OBJECT_CREATED, new SnsDestination(topic));

/** What the fan-outs of an app object to when it is written. */
function refusals(scope: IConstruct): ReportedProblem[] {
  return refusedAtSynth(scope).flatMap(({ construct, problems }) => {
    expect(['FanOut', 'FifoFanOut']).toContain(construct);
    return problems;
  });
}

const problem = (prop: string, got: string | RegExp, allowed: string | RegExp = /./): ReportedProblem =>
  expect.objectContaining({ prop, got: expect.stringMatching(got), allowed: expect.stringMatching(allowed) });
const awsManaged = (publisher: string) => problem('encryption', `^alias/aws/sns.*${publisher}`, /customer key/);
const notLetIn = (alarm: string) => problem('allowService(source)', `'${alarm}'`, /policy of the topic/);
const created = (stack: Stack, ...publishers: ServiceSource[]) =>
  letIn(new FanOut(stack, 'Orders', { encryption: Encryption.customerManaged(), topicName: 'orders' }), ...publishers);
/** The L2 within a fan-out, which nothing completes. */
const inner = (fanOut: FanOut | FifoFanOut) => fanOut.node.findChild('Topic') as sns.Topic;

describe('a topic with the AWS managed key', () => {
  test.each<[string, (stack: Stack, topic: sns.ITopic) => unknown, string]>([
    ['a bucket', bucketIn, 's3.amazonaws.com'],
    ['any other service', (_, topic) => topic.addToResourcePolicy(new iam.PolicyStatement({
      actions: ['sns:publish'], principals: [new iam.ServicePrincipal('ses.amazonaws.com')], resources: [topic.topicArn],
    })), 'ses.amazonaws.com'],
    ['an action with a star', (_, topic) => topic.addToResourcePolicy(new iam.PolicyStatement({
      actions: ['SNS:*'], principals: [new iam.ServicePrincipal('ses.amazonaws.com')], resources: [topic.topicArn],
    })), 'ses.amazonaws.com'],
  ])('%s is refused by name', (_, wire, service) => {
    const stack = newStack();
    const orders = new FanOut(stack, 'Orders');
    new FanOut(stack, 'Untouched');
    wire(stack, inner(orders));
    expect(refusals(stack)).toEqual([awsManaged(service)]);
  });

  test.each<[string, (alarm: cloudwatch.AlarmBase, action: SnsAction) => void]>([
    ['alarm', (alarm, action) => alarm.addAlarmAction(action)],
    ['OK', (alarm, action) => alarm.addOkAction(action)],
    ['insufficient data', (alarm, action) => alarm.addInsufficientDataAction(action)],
  ])('an alarm that notifies it of %s is refused, and a composite one', (_, add) => {
    const stack = newStack();
    const action = new SnsAction(new FanOut(stack, 'Orders'));
    const alarm = new cloudwatch.Alarm(stack, 'Alarm', { metric, threshold: 1, evaluationPeriods: 1 });
    const composite = new cloudwatch.CompositeAlarm(stack, 'Both', { alarmRule: cloudwatch.AlarmRule.fromAlarm(alarm, cloudwatch.AlarmState.ALARM) });
    add(alarm, action);
    add(composite, action);
    expect(refusals(stack)).toEqual([problem('allowService(source)', /'Stack\/Alarm', 'Stack\/Both'.*'Stack\/Orders\/Topic'.*alias\/aws\/sns/)]);
  });

  test('more than three alarms are counted', () => {
    const stack = newStack();
    const topic = new FanOut(stack, 'Orders');
    for (let i = 0; i < 5; i++) alarmIn(stack, topic, `Alarm${i}`);
    expect(refusals(stack)).toEqual([problem('allowService(source)', /'Stack\/Alarm0', 'Stack\/Alarm1', 'Stack\/Alarm2' and 2 more/)]);
  });

  test.each<[string, (topics: Stack, app: App) => Stack]>([
    ['another stack', (_, app) => new Stack(app, 'Alarms')],
    ['a nested stack', topics => new NestedStack(topics, 'Nested')],
  ])('an alarm of %s is found', (_, make) => {
    const app = new App();
    const topics = new Stack(app, 'Topics');
    const topic = new FanOut(topics, 'Orders');
    alarmIn(make(topics, app), topic);
    expect(refusals(app)).toEqual([problem('allowService(source)', /'[A-Za-z/]+\/Alarm'/)]);
  });

  test('what an aspect makes of the topic counts', () => {
    const stack = newStack();
    const orders = created(stack, ServiceSource.alarms());
    alarmIn(stack, orders);
    expect(refusals(stack)).toEqual([]);
    Aspects.of(stack).add({ visit: node => { if (sns.CfnTopic.isCfnTopic(node)) node.addPropertyOverride('KmsMasterKeyId', 'alias/aws/sns'); } });
    expect(refusals(stack)).toEqual([awsManaged("'Stack/Alarm'")]);
  });

  test('roles of the account may publish, those of a rule among them', () => {
    const stack = newStack();
    const orders = new FanOut(stack, 'Orders');
    orders.grantPublish(new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') }));
    ruleIn(stack, orders, { authorizeUsingRole: true });
    expect(refusals(stack)).toEqual([]);
    expect(warnings(stack)).toEqual([]);
  });
});

describe('a rule', () => {
  const withKey = (stack: Stack, masterKey?: kms.IKey) => new FanOut(stack, 'Orders', { encryption: Encryption.customerManaged(masterKey) });
  const withRole = problem('encryption', /'Stack\/Rule'/, /role/);

  test('that publishes as EventBridge is refused with the AWS managed key, and told to use a role alone', () => {
    const stack = newStack();
    ruleIn(stack, inner(new FanOut(stack, 'Orders')));
    const problems = refusals(stack);
    expect(problems).toEqual([withRole]);
    expect(problems[0].fix).toMatch(/grantPublish.*authorizeUsingRole/);
    expect(problems[0].fix).not.toMatch(/allowService|customerManaged/);
  });

  test('and with a customer key that does not let it in', () => {
    const stack = newStack();
    const topic = inner(withKey(stack));
    topic.addToResourcePolicy(new iam.PolicyStatement({ actions: ['sns:Publish'], principals: [new iam.ServicePrincipal('events.amazonaws.com')], resources: [topic.topicArn] }));
    ruleIn(stack, sns.Topic.fromTopicArn(stack, 'Imported', topic.topicArn));
    expect(refusals(stack)).toEqual([withRole]);
  });

  test('with a customer key that does let it in, there is a warning that can be acknowledged on the fan-out', () => {
    const stack = newStack();
    const orders = withKey(stack);
    ruleIn(stack, inner(orders));
    expect(refusals(stack)).toEqual([]);
    expect(warnings(stack)).toMatchObject([{ id: 'FanOut.ruleTarget', path: 'Stack/Orders/Topic' }]);
    expect(warnings(stack)[0].text).toMatch(/events.amazonaws.com.*'Stack\/Rule'.*authorizeUsingRole/);
    Annotations.of(orders).acknowledgeWarning('cdk-decouple:FanOut.ruleTarget', 'tested');
    expect(refusals(stack)).toEqual([]);
    expect(warnings(stack)).toEqual([]);
  });

  test.each<[string, (stack: Stack) => void]>([
    ['with a role', stack => ruleIn(stack, withKey(stack), { authorizeUsingRole: true })],
    ['of a topic that exists, which its owner wires', stack => {
      const topic = new sns.Topic(stack, 'Topic', { masterKey: new kms.Key(stack, 'Key') });
      FanOut.fromTopic(stack, 'Orders', topic);
      ruleIn(stack, topic);
    }],
    ['whose statement was given a condition', stack => {
      const topic = inner(withKey(stack, kms.Key.fromKeyArn(stack, 'Key', `arn:aws:kms:${REGION}:${ACCOUNT}:key/1`)));
      topic.addToResourcePolicy(new iam.PolicyStatement({
        actions: ['sns:Publish'], principals: [new iam.ServicePrincipal('events.amazonaws.com')], resources: [topic.topicArn], conditions: { StringEquals: { 'aws:SourceAccount': ACCOUNT } },
      }));
    }],
  ])('%s: nothing is said', (_, make) => {
    const stack = newStack();
    make(stack);
    expect(refusals(stack)).toEqual([]);
    expect(warnings(stack)).toEqual([]);
  });
});

describe('what to do works alone', () => {
  test.each<[string, boolean, (stack: Stack) => sns.ITopic]>([
    ['a new topic', true, stack => new FanOut(stack, 'Orders')],
    ['a topic with a customer key', false, stack => new FanOut(stack, 'Orders', { encryption: Encryption.customerManaged() })],
  ])('an alarm of %s', (_, managed, make) => {
    const stack = newStack();
    alarmIn(stack, make(stack));
    const [{ fix }, ...rest] = refusals(stack);
    expect(rest).toEqual([]);
    expect(fix).toContain('allowService(ServiceSource.alarms())');
    expect(fix.includes('customerManaged')).toBe(managed);
  });

  test('an existing topic: what allowService adds to its policies', () => {
    const stack = newStack();
    const topic = new sns.Topic(stack, 'Topic', { masterKey: new kms.Key(stack, 'Key'), enforceSSL: true });
    const managed = new sns.Topic(stack, 'Managed', { masterKey: kms.Alias.fromAliasName(stack, 'AwsKey', 'alias/aws/sns') });
    const orders = FanOut.fromTopic(stack, 'Orders', topic);
    FanOut.fromTopic(stack, 'More', managed);
    alarmIn(stack, topic);
    alarmIn(stack, managed, 'Other');
    const problems = refusals(stack);
    expect(problems).toHaveLength(2);
    const [own, awsManagedOne] = problems;
    expect(own.fix).toContain('allowService(ServiceSource.alarms())');
    expect(awsManagedOne.fix).toMatch(/customer key.*allowService\(\)/);
    orders.allowService(ServiceSource.alarms());
    expect(refusals(stack)).toEqual([awsManagedOne]);
  });

  test('an aspect that takes the customer key away: let it', () => {
    const stack = newStack();
    const topic = created(stack, ServiceSource.alarms());
    (topic.node.defaultChild as sns.CfnTopic).addPropertyOverride('KmsMasterKeyId', 'alias/aws/sns');
    alarmIn(stack, topic);
    expect(refusals(stack)).toEqual([expect.objectContaining({ prop: 'encryption', fix: expect.stringMatching(/chang.* encryption/) })]);
  });
});

describe.each<[string, string, (scope: Stack, topic: sns.ITopic) => iam.IGrantable]>([
  ['a function whose dead letters it takes', 'Handler', (scope, deadLetterTopic) => new lambda.Function(scope, 'Handler', {
    runtime: lambda.Runtime.NODEJS_22_X, handler: 'index.handler', code: lambda.Code.fromInline('exports.handler = () => {}'), deadLetterTopic,
  })],
  ['a task of a state machine', 'Machine', (scope, topic) => new sfn.StateMachine(scope, 'Machine', {
    definitionBody: sfn.DefinitionBody.fromChainable(new SnsPublish(scope, 'Task', { topic, message: sfn.TaskInput.fromText('done') })),
  })],
  ['a role with a policy inside it', 'Role', (scope, topic) => new iam.Role(scope, 'Role', {
    assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
    inlinePolicies: { publish: new iam.PolicyDocument({ statements: [new iam.PolicyStatement({ actions: ['sns:Publish'], resources: [topic.topicArn] })] }) },
  })],
])('%s', (_, id, use) => {
  const customer = { encryption: Encryption.customerManaged() };

  test('cannot use the key of the topic, which is refused until it is granted', () => {
    const stack = newStack();
    const orders = new FanOut(stack, 'Orders', customer);
    new FanOut(stack, 'Other', customer);
    const grantee = use(stack, orders);
    const problems = refusals(stack);
    expect(problems).toEqual([problem('encryption', `'Stack/${id}.*'Stack/Orders/Topic'`, /kms:GenerateDataKey and kms:Decrypt/)]);
    expect(problems[0].fix).toContain('grantPublish()');
    orders.grantPublish(grantee);
    expect(refusals(stack)).toEqual([]);
  });

  test('of another stack is refused and granted likewise', () => {
    const app = new App();
    const orders = new FanOut(new Stack(app, 'Topics'), 'Orders', customer);
    const grantee = use(new Stack(app, 'Publishers'), orders);
    expect(refusals(app)).toEqual([problem('encryption', `'Publishers/${id}`)]);
    orders.grantPublish(grantee);
    expect(refusals(app)).toEqual([]);
  });

  test.each<[string, (stack: Stack) => Encryption]>([
    ['the AWS managed key', () => Encryption.serviceManaged()],
    ['an imported key, whose policy is not known', stack => Encryption.customerManaged(kms.Key.fromKeyArn(stack, 'Key', `arn:aws:kms:${REGION}:${ACCOUNT}:key/1`))],
  ])('needs nothing more with %s', (__, make) => {
    const stack = newStack();
    use(stack, new FanOut(stack, 'Orders', { encryption: make(stack) }));
    expect(refusals(stack)).toEqual([]);
  });
});

describe('an Auto Scaling group', () => {
  const groupIn = (stack: Stack, topic: sns.ITopic) => new autoscaling.AutoScalingGroup(stack, 'Group', {
    vpc: new ec2.Vpc(stack, 'Vpc', { natGateways: 0 }),
    vpcSubnets: { subnetType: ec2.SubnetType.PUBLIC },
    instanceType: ec2.InstanceType.of(ec2.InstanceClass.T4G, ec2.InstanceSize.NANO),
    machineImage: ec2.MachineImage.genericLinux({ [REGION]: 'ami-1' }),
    notifications: [{ topic }],
  });

  test('whose role cannot use the customer key is refused until it is granted', () => {
    const stack = newStack({ env: ENV });
    const orders = new FanOut(stack, 'Orders', { encryption: Encryption.customerManaged() });
    groupIn(stack, orders);
    const problems = refusals(stack);
    expect(problems).toEqual([problem('encryption', "'Stack/Group/ASG'.*'Stack/Orders/Topic'", /service-linked role.*kms:GenerateDataKey and kms:Decrypt/)]);
    const [, role] = /(role\/\S+AWSServiceRoleForAutoScaling)/.exec(problems[0].fix)!;
    orders.grantPublish(new iam.ArnPrincipal(`arn:aws:iam::${ACCOUNT}:${role}`));
    expect(refusals(stack)).toEqual([]);
  });

  test('needs nothing more with the AWS managed key', () => {
    const stack = newStack({ env: ENV });
    groupIn(stack, new FanOut(stack, 'Orders'));
    expect(refusals(stack)).toEqual([]);
  });
});

test('a role that can only subscribe does not need the key', () => {
  const stack = newStack();
  const orders = new FanOut(stack, 'Orders', { encryption: Encryption.customerManaged() });
  new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') })
    .addToPolicy(new iam.PolicyStatement({ actions: ['sns:Subscribe'], resources: [orders.topicArn] }));
  expect(refusals(stack)).toEqual([]);
});

describe('a topic with a customer key', () => {
  test('whose publishers are named takes alarms, buckets and what they do', () => {
    const stack = newStack();
    const bucket = new s3.Bucket(stack, 'Bucket');
    const orders = created(stack, ServiceSource.alarms(), ServiceSource.bucket(bucket));
    alarmIn(stack, orders);
    bucket.addEventNotification(s3.EventType.OBJECT_CREATED, new SnsDestination(orders));
    expect(refusals(stack)).toEqual([]);
    expect(warnings(stack)).toEqual([]);
  });

  test('whose policies do not let alarms in: both are named, as one problem', () => {
    const stack = newStack();
    alarmIn(stack, new FanOut(stack, 'Orders', { encryption: Encryption.customerManaged() }));
    const problems = refusals(stack);
    expect(problems).toEqual([notLetIn('Stack/Alarm')]);
    expect(problems).toEqual([problem('allowService(source)', /'Stack\/Orders\/Topic'.*'Stack\/Orders\/Key'/)]);
  });

  test.each([[false], [true]])('a bucket that is wired past the fan-out: refused where it leaves out the key (its flag for that: %p)', complete => {
    const stack = newStack({}, new App({ postCliContext: { '@aws-cdk/s3-notifications:addS3TrustKeyPolicyForSnsSubscriptions': complete } }));
    bucketIn(stack, inner(new FanOut(stack, 'Orders', { encryption: Encryption.customerManaged() })));
    expect(refusals(stack)).toEqual(complete ? [] : [problem('encryption', /'Stack\/Orders\/Key'.*s3\.amazonaws\.com/)]);
  });

  test('a key that allows only one of the two actions is not enough; a key that is imported does not tell', () => {
    const stack = newStack();
    const key = new kms.Key(stack, 'Key');
    const allow = (action: string) => key.addToResourcePolicy(new iam.PolicyStatement({ actions: [action], principals: [new iam.ServicePrincipal('cloudwatch.amazonaws.com')], resources: ['*'] }));
    const topicWith = (id: string, masterKey: kms.IKey) => {
      const topic = new sns.Topic(stack, id, { masterKey });
      FanOut.fromTopic(stack, `${id}FanOut`, topic);
      alarmIn(stack, topic, `${id}Alarm`);
    };
    topicWith('Own', key);
    topicWith('Imported', kms.Key.fromKeyArn(stack, 'ImportedKey', `arn:aws:kms:${REGION}:${ACCOUNT}:key/1`));
    allow('kms:Decrypt');
    expect(refusals(stack)).toEqual([problem('encryption', /'Stack\/Key'.*cloudwatch\.amazonaws\.com/)]);
    allow('kms:GenerateDataKey*');
    expect(refusals(stack)).toEqual([]);
  });
});

describe('an alarm of another Region', () => {
  const alarmElsewhere = (region: string | undefined, ...publishers: ServiceSource[]) => {
    const app = new App();
    const orders = created(new Stack(app, 'Topics', { env: ENV }), ...publishers);
    alarmIn(new Stack(app, 'Alarms', { env: { account: ACCOUNT, region } }), orders, 'Alarm', 'failed');
    return app;
  };

  test.each<[string, ServiceSource[]]>([['not let in', []], ['let in', [ServiceSource.alarms()]]])('is refused by its Region, %s', (_, publishers) => {
    const problems = refusals(alarmElsewhere('us-east-1', ...publishers));
    expect(problems).toEqual([problem('topic', new RegExp(`'Topics/Orders/Topic' in Region ${REGION}.*'Alarms/Alarm' in Region us-east-1`), REGION)]);
    expect(problems[0].fix).toMatch(/FanOut in Region us-east-1/);
    expect(problems[0].fix).not.toContain('allowService');
  });

  test('is not refused where its Region is not known', () => {
    expect(refusals(alarmElsewhere(undefined, ServiceSource.alarms()))).toEqual([]);
  });
});

describe('accounts', () => {
  const place = (account: string | undefined, ...publishers: ServiceSource[]) => {
    const app = new App();
    const topics = new Stack(app, 'Topics', { env: ENV });
    const orders = created(topics, ...publishers);
    alarmIn(new Stack(app, 'Alarms', { env: account ? { account, region: REGION } : { region: REGION } }), orders, 'Alarm', 'failed');
    return app;
  };
  const foreign = ServiceSource.of({ service: 'cloudwatch.amazonaws.com', sourceArn: `arn:aws:cloudwatch:${REGION}:${OTHER_ACCOUNT}:alarm:*` });

  test('an alarm of another account is not among the alarms of that of the topic', () => {
    const problems = refusals(place(OTHER_ACCOUNT, ServiceSource.alarms()));
    expect(problems).toEqual([problem('allowService(source)', `'Alarms/Alarm' of account ${OTHER_ACCOUNT}`, OTHER_ACCOUNT)]);
    expect(problems[0].fix).toMatch(/ServiceSource\.of\(\{ service: 'cloudwatch\.amazonaws\.com'/);
  });

  test('it is let in by its own statement', () => {
    expect(refusals(place(OTHER_ACCOUNT, ServiceSource.alarms(), foreign))).toEqual([]);
    expect(refusals(place(ACCOUNT, ServiceSource.alarms()))).toEqual([]);
    expect(refusals(place(ACCOUNT, foreign))).toEqual([notLetIn('Alarms/Alarm')]);
  });

  test('accounts that are only known at deployment are taken to be the same', () => {
    const stack = newStack();
    alarmIn(stack, created(stack, ServiceSource.alarms()));
    expect(refusals(stack)).toEqual([]);
  });
});

describe('a FIFO topic', () => {
  const fifo = (stack: Stack, ...publishers: ServiceSource[]) => letIn(new FifoFanOut(stack, 'Ledger', { encryption: Encryption.customerManaged() }), ...publishers);

  test.each([[undefined], [{ authorizeUsingRole: true }]])('a rule is refused (%p)', props => {
    const stack = newStack();
    ruleIn(stack, inner(fifo(stack, ServiceSource.alarms())), props);
    expect(refusals(stack)).toContainEqual(problem('topic', /'Stack\/Rule'/, /standard topic/));
  });

  test('a statement for EventBridge is refused as well', () => {
    const stack = newStack();
    inner(fifo(stack, ServiceSource.alarms())).grantPublish(new iam.ServicePrincipal('events.amazonaws.com'));
    expect(refusals(stack)).toContainEqual(problem('topic', /events\.amazonaws\.com/, /standard topic/));
  });

  test('a bucket is refused', () => {
    const stack = newStack();
    bucketIn(stack, inner(fifo(stack, ServiceSource.alarms())));
    expect(refusals(stack)).toContainEqual(problem('topic', /s3\.amazonaws\.com/, /standard topic/));
  });

  test('an alarm gives a warning that can be acknowledged', () => {
    const stack = newStack();
    const ledger = fifo(stack, ServiceSource.alarms());
    alarmIn(stack, ledger);
    expect(refusals(stack)).toEqual([]);
    expect(warnings(stack)).toMatchObject([{ id: 'FifoFanOut.alarmAction', path: 'Stack/Ledger' }]);
    expect(warnings(stack)[0].text).toContain("'Stack/Alarm'");
    Annotations.of(stack).acknowledgeWarning('cdk-decouple:FifoFanOut.alarmAction', 'tested');
    expect(refusals(stack)).toEqual([]);
    expect(warnings(stack)).toEqual([]);
  });
});

describe('an existing topic', () => {
  const existing = (stack: Stack, topic: sns.ITopic) => FanOut.fromTopic(stack, 'Orders', topic);

  test('made here, without a key and a policy of its own: SNS lets the alarms of its account in, and of no other', () => {
    const app = new App();
    const stack = new Stack(app, 'Topics', { env: ENV });
    const topic = new sns.Topic(stack, 'Topic', { topicName: 'orders' });
    existing(stack, topic);
    alarmIn(stack, topic);
    expect(refusals(app)).toEqual([]);
    alarmIn(new Stack(app, 'Alarms', { env: { account: OTHER_ACCOUNT, region: REGION } }), topic, 'Alarm', 'failed');
    expect(refusals(app)).toEqual([problem('allowService(source)', `'Alarms/Alarm' of account ${OTHER_ACCOUNT}`)]);
  });

  test('whose policy lets everyone of the account in takes its alarms', () => {
    const stack = newStack({ env: ENV });
    const topic = new sns.Topic(stack, 'Topic');
    topic.addToResourcePolicy(new iam.PolicyStatement({
      actions: ['sns:Publish'], principals: [new iam.AnyPrincipal()], resources: [topic.topicArn], conditions: { StringEquals: { 'AWS:SourceOwner': ACCOUNT } },
    }));
    existing(stack, topic);
    alarmIn(stack, topic);
    expect(refusals(stack)).toEqual([]);
  });

  test('with a policy that somebody else made: it counts', () => {
    const stack = newStack();
    const topic = new sns.Topic(stack, 'Topic');
    existing(stack, topic);
    new sns.TopicPolicy(stack, 'Policy', { topics: [topic] }).document.addStatements(new iam.PolicyStatement({
      actions: ['sns:Publish'], principals: [new iam.AccountRootPrincipal()], resources: [topic.topicArn],
    }));
    alarmIn(stack, topic);
    expect(refusals(stack)).toEqual([notLetIn('Stack/Alarm')]);
  });

  test('with the AWS managed key is refused too', () => {
    const stack = newStack();
    const topic = new sns.Topic(stack, 'Topic', { masterKey: kms.Alias.fromAliasName(stack, 'Key', 'alias/aws/sns') });
    existing(stack, topic);
    alarmIn(stack, topic);
    expect(refusals(stack)).toContainEqual(awsManaged("'Stack/Alarm'"));
  });

  test('that is imported does not tell', () => {
    const stack = newStack();
    const topic = sns.Topic.fromTopicArn(stack, 'Topic', `arn:aws:sns:${REGION}:${ACCOUNT}:orders`);
    existing(stack, topic);
    alarmIn(stack, topic);
    bucketIn(stack, topic);
    expect(refusals(stack)).toEqual([]);
  });
});

describe('a policy that is written by hand', () => {
  const publish = { Effect: 'Allow', Principal: { Service: 'cloudwatch.amazonaws.com' }, Action: 'sns:Publish', Resource: '*' };
  const other = { ...publish, Principal: { Service: 'ses.amazonaws.com' } };
  const include = Fn.transform('AWS::Include', { Location: 's3://bucket/policy.json' });
  const either = Fn.conditionIf('Prod', publish, { Ref: 'AWS::NoValue' });

  test.each<[string, unknown, boolean]>([
    ['one statement without a list', { Statement: publish }, true],
    ['one statement without a list, for another service', { Statement: other }, false],
    ['no statement', {}, false],
    ['a document that CloudFormation includes', include, true],
    ['a document that CloudFormation includes a part of', { 'Statement': [other], 'Fn::Transform': { Name: 'AWS::Include' } }, true],
    ['a statement that CloudFormation chooses', { Statement: [other, either] }, true],
    ['an effect that CloudFormation chooses', { Statement: [{ ...publish, Effect: Fn.conditionIf('Prod', 'Allow', 'Deny') }] }, true],
    ['a denial', { Statement: [{ ...publish, Effect: 'Deny' }] }, false],
    ['a principal that CloudFormation chooses', { Statement: [{ ...publish, Principal: Fn.conditionIf('Prod', '*', { AWS: '*' }) }] }, true],
    ['a principal that is a parameter', { Statement: [{ ...publish, Principal: { AWS: { Ref: 'Parameter' } } }] }, true],
    ['the account', { Statement: [{ ...publish, Principal: { AWS: { Ref: 'AWS::AccountId' } } }] }, false],
    ['all but another action', { Statement: [{ ...publish, Action: undefined, NotAction: ['sns:Subscribe'] }] }, true],
    ['all but actions that publish', { Statement: [{ ...publish, Action: undefined, NotAction: 'sns:Pub*' }] }, false],
    ['all but actions that a parameter tells', { Statement: [{ ...publish, Action: undefined, NotAction: { Ref: 'Parameter' } }] }, true],
    ['actions that a parameter tells', { Statement: [{ ...publish, Action: { Ref: 'Parameter' } }] }, true],
    ['all but other principals', { Statement: [{ ...publish, Principal: undefined, NotPrincipal: { AWS: ACCOUNT } }] }, true],
  ])('%s: an alarm is let in or not', (_, policyDocument, isLetIn) => {
    const stack = newStack({ env: ENV });
    new CfnCondition(stack, 'Prod', { expression: Fn.conditionEquals(stack.stackName, 'prod') });
    new CfnParameter(stack, 'Parameter');
    const topic = new sns.Topic(stack, 'Topic');
    new sns.CfnTopicPolicy(stack, 'Policy', { topics: [topic.topicArn], policyDocument });
    FanOut.fromTopic(stack, 'Orders', topic);
    alarmIn(stack, topic);
    expect(refusals(stack)).toEqual(isLetIn ? [] : [notLetIn('Stack/Alarm')]);
  });

  test.each<[string, unknown, boolean]>([
    ['is included by CloudFormation', { 'Fn::Transform': { Name: 'AWS::Include', Parameters: {} } }, true],
    ['has one statement without a list', { Statement: { Effect: 'Allow', Principal: { Service: 'cloudwatch.amazonaws.com' }, NotAction: 'kms:Delete*', Resource: '*' } }, true],
    ['leaves one action out', { Statement: { Effect: 'Allow', Principal: { Service: 'cloudwatch.amazonaws.com' }, NotAction: 'kms:Decrypt', Resource: '*' } }, false],
    ['is left out', undefined, false],
  ])('a key policy that %s: an alarm is let in or not', (_, keyPolicy, isLetIn) => {
    const stack = newStack();
    const key = new kms.Key(stack, 'Key');
    const topic = letIn(new FanOut(stack, 'Orders', { encryption: Encryption.customerManaged(key) }), ServiceSource.alarms());
    (key.node.defaultChild as kms.CfnKey).keyPolicy = keyPolicy;
    alarmIn(stack, topic);
    expect(refusals(stack)).toEqual(isLetIn ? [] : [problem('encryption', /'Stack\/Key'/)]);
  });
});

test.each([[100, false], [101, true]])('a policy of %i statements is refused: %p', (count, refused) => {
  const stack = newStack();
  const topic = inner(new FanOut(stack, 'Orders'));
  // Beside the statement for TLS.
  for (let i = 1; i < count; i++) {
    topic.addToResourcePolicy(new iam.PolicyStatement({
      actions: ['sns:Publish'], principals: [new iam.AccountPrincipal(`${100_000_000_000 + i}`)], resources: [topic.topicArn], conditions: { StringEquals: { 'aws:PrincipalTag/team': `${i}` } },
    }));
  }
  expect(refusals(stack)).toEqual(refused ? [problem('topic', /^101 statements/, /^at most 100 statements$/)] : []);
});

describe('a second policy of a topic', () => {
  const second = (stack: Stack, topic: sns.ITopic) => new sns.TopicPolicy(stack, 'Second', { topics: [topic] }).document.addStatements(new iam.PolicyStatement({
    actions: ['sns:Publish'], principals: [new iam.AccountRootPrincipal()], resources: [topic.topicArn],
  }));
  const two = (first: string) => [problem('topic policy', `'Stack/${first}', 'Stack/Second' of`, /^one policy/)];

  test('would replace the first, and is refused', () => {
    const stack = newStack();
    second(stack, new FanOut(stack, 'Orders'));
    new FanOut(stack, 'Other');
    expect(refusals(stack)).toEqual(two('Orders/Topic/Policy'));
  });

  test('of an existing topic as well, and of a FIFO topic', () => {
    const stack = newStack();
    const topic = new sns.Topic(stack, 'Topic', { fifo: true, enforceSSL: true });
    FifoFanOut.fromTopic(stack, 'Ledger', topic);
    expect(refusals(stack)).toEqual([]);
    second(stack, topic);
    expect(refusals(stack)).toEqual(two('Topic/Policy'));
  });
});

test('L1 alarms and rules are found, and those without actions and targets are none', () => {
  const stack = newStack();
  const topic = created(stack, ServiceSource.alarms());
  const fifo = letIn(new FifoFanOut(stack, 'Ledger', { encryption: Encryption.customerManaged() }), ServiceSource.alarms());
  const alarm = { comparisonOperator: 'GreaterThanThreshold', evaluationPeriods: 1 };
  new cloudwatch.CfnAlarm(stack, 'Silent', alarm);
  new cloudwatch.CfnAlarm(stack, 'Loud', { ...alarm, alarmActions: [Lazy.string({ produce: () => fifo.topicArn })] });
  new CfnResource(stack, 'Elsewhere', { type: 'AWS::Test::Resource', properties: { AlarmActions: [topic.topicArn] } });
  new events.CfnRule(stack, 'NoTargets', { scheduleExpression: 'rate(1 day)' });
  new events.CfnRule(stack, 'Input', { scheduleExpression: 'rate(1 day)', targets: [{ id: 'A', arn: `arn:aws:sqs:${REGION}:${ACCOUNT}:q`, input: fifo.topicArn }] });
  expect(refusals(stack)).toEqual([]);
  expect(warnings(stack).map(({ text }) => text)).toEqual([expect.stringContaining("'Stack/Loud'")]);
  new events.CfnRule(stack, 'Target', { scheduleExpression: 'rate(1 day)', targets: [{ id: 'A', arn: fifo.topicArn }] });
  expect(refusals(stack)).toEqual([problem('topic', /'Stack\/Target'/)]);
});

describe('the app is read', () => {
  const readings = (fanOuts: number) => {
    const app = new App();
    const stack = new Stack(app, 'Stack');
    for (let i = 0; i < fanOuts; i++) new FanOut(stack, `Orders${i}`);
    // Methods of the node itself: the CDK walks the app as well, as often whatever is in it.
    const findAll = jest.spyOn(app.node, 'findAll');
    app.synth();
    return findAll.mock.calls.length;
  };

  test('once, for as many fan-outs as there are', () => {
    expect(readings(5)).toBe(readings(1));
    expect(readings(1)).toBe(readings(0) + 1);
  });

  test('again for the next synthesis, also by a fan-out that was not there, and in a stage that comes later', () => {
    const app = new App();
    const first = new Stack(app, 'First');
    const topic = new FanOut(new Stack(app, 'Second'), 'Orders');
    expect(refusals(app)).toEqual([]);
    const late = new FanOut(first, 'Late');
    alarmIn(first, late);
    expect(refusals(app)).toEqual([problem('allowService(source)', /Alarm'/)]);
    first.node.tryRemoveChild('Alarm');
    expect(refusals(app)).toEqual([]);
    alarmIn(Stack.of(topic), topic);
    expect(refusals(app)).toEqual([problem('allowService(source)', /Alarm'/)]);
  });

  test('after the aspects of each stage', () => {
    const app = new App();
    for (const id of ['Beta', 'Prod']) {
      const stack = new Stack(new Stage(app, id), 'Stack');
      const topic = new FanOut(stack, 'Orders');
      Aspects.of(stack).add({ visit: node => { if (node === topic.node.defaultChild && id === 'Prod' && !stack.node.tryFindChild('Alarm')) alarmIn(stack, topic); } });
    }
    expect(refusals(app)).toEqual([problem('allowService(source)', /'Prod\/Stack\/Alarm'/)]);
  });
});

describe('the size of a topic policy', () => {
  const statement = (padding: number) => new iam.PolicyStatement({
    sid: 'x'.repeat(padding), actions: ['sns:Subscribe'], principals: [new iam.ArnPrincipal('arn:aws:iam::222222222222:root')], resources: ['arn:aws:sns:us-east-1:111111111111:orders'],
  });
  const sized = (padding: number, construct: typeof FanOut | typeof FifoFanOut = FanOut) => {
    const stack = newStack();
    new construct(stack, 'Orders').addToResourcePolicy(statement(padding));
    return { stack, problems: refusals(stack) };
  };
  const bytesIn = (text: string) => Number(/(?:least|about) (\d+) bytes/.exec(text)![1]);

  test.each([FanOut, FifoFanOut])('is 30720 bytes at most, of what is known', construct => {
    const [{ prop, got, allowed }] = sized(40_000, construct).problems;
    expect({ prop, allowed }).toEqual({ prop: 'topic policy', allowed: 'at most 30720 bytes' });
    expect(got).toContain("in the policy of 'Stack/Orders/Topic'; the largest statements are sns:Subscribe for arn:aws:iam::222222222222:root (");
    const most = 40_000 - (bytesIn(got) - 30_720);
    expect(sized(most, construct).problems).toEqual([]);
    expect(sized(most + 1, construct).problems.map(one => bytesIn(one.got))).toEqual([30_721]);
  });

  test('is estimated where ARNs are only known at deployment, which is warned of', () => {
    const feed = (queues: number) => {
      const stack = newStack();
      const orders = new FanOut(stack, 'Orders');
      // SNS names the ARN of each queue of another account in the condition of its statement.
      const parameter = (index: number) => Token.asString({ Ref: `Queue${index}` });
      orders.addToResourcePolicy(new iam.PolicyStatement({
        actions: ['sns:Subscribe'],
        principals: [new iam.AccountPrincipal('222222222222')],
        resources: [orders.topicArn],
        conditions: { StringEquals: { 'sns:Endpoint': Array.from({ length: queues }, (_, index) => parameter(index)) } },
      }));
      expect(refusals(stack)).toEqual([]);
      return warnings(stack).map(({ id, path }) => [id, path]);
    };
    expect(feed(260)).toEqual([]);
    expect(feed(280)).toEqual([['FanOut.policySize', 'Stack/Orders']]);
  });
});
