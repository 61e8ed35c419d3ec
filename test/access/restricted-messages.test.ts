import { App, CfnResource, Duration, Fn, Stack, StackProps } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import { HttpApi, MappingValue, ParameterMapping } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpSqsIntegration, HttpUrlIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as iot from 'aws-cdk-lib/aws-iot';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import { KinesisEventSource, SqsDlq, SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import * as pipes from 'aws-cdk-lib/aws-pipes';
import { CfnSchedule, Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke as InvokeFunction, SqsSendMessage } from 'aws-cdk-lib/aws-scheduler-targets';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { CallAwsService, LambdaInvoke, SqsSendMessage as SendTask } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { MessagingEndpoints, MessagingEndpointsProps } from '../../src/access';
import { FanOut } from '../../src/fanout';
import { WorkQueue } from '../../src/queues';
import { ACCOUNT, ENV, OTHER_ACCOUNT, REGION, refusedAtSynth } from '../fanout/support';
import { problemsOf } from '../support/problems';
import { synthApp, warningsOf } from '../support/template';

type Json = any;

let app: App;
let stack: Stack;
let vpc: ec2.IVpc;

function prepare(props: StackProps = {}): void {
  app = new App();
  stack = new Stack(app, 'Stack', props);
  vpc = network();
}
beforeEach(() => prepare());

const network = (id = 'Vpc', scope = stack) => ec2.Vpc.fromVpcAttributes(scope, id, {
  vpcId: `vpc-${id}`, vpcCidrBlock: '10.0.0.0/16', availabilityZones: ['a'], privateSubnetIds: ['subnet-1'],
});
const endpointsFor = (props: Partial<MessagingEndpointsProps>, id = 'Endpoints', scope = stack) => new MessagingEndpoints(scope, id, { vpc, ...props });
const restricted = (queue: sqs.IQueue, exceptRoles?: iam.IRole[]) => {
  const endpoints = endpointsFor({ queues: [queue] });
  endpoints.restrictQueue(queue, { exceptRoles });
  return endpoints;
};
const roleIn = (scope: Stack, id: string, props: Partial<iam.RoleProps> = {}) =>
  new iam.Role(scope, id, { assumedBy: new iam.AccountRootPrincipal(), ...props });
/** The restriction in the policies of a stack. */
const restrictionsIn = (scope: Stack): Json[] => Object.values<Json>(synthApp(scope)[scope.stackName].Resources)
  .filter(({ Type }) => ['AWS::SQS::QueuePolicy', 'AWS::SNS::TopicPolicy'].includes(Type))
  .flatMap(({ Properties }) => Properties.PolicyDocument.Statement)
  .filter(({ Sid }) => Sid === 'MessagesThroughEndpoints');
const refused = () => refusedAtSynth(stack).flatMap(({ construct, problems }) => problems.map(({ prop, got }) => `${construct} ${prop}: ${got}`));

describe('the statement', () => {
  test.each<[string, () => [sqs.IQueue, unknown]]>([
    ['a work queue', () => { const queue = new WorkQueue(stack, 'Jobs'); return [queue, stack.resolve(queue.queueArn)]; }],
    ['a queue of the CDK', () => { const queue = new sqs.Queue(stack, 'Jobs'); return [queue, stack.resolve(queue.queueArn)]; }],
  ])('of %s denies the actions on messages', (_, make) => {
    const [queue, arn] = make();
    const endpoints = restricted(queue);
    expect(restrictionsIn(stack)).toEqual([{
      Sid: 'MessagesThroughEndpoints',
      Effect: 'Deny',
      Principal: { AWS: '*' },
      Action: ['sqs:SendMessage', 'sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility'],
      Resource: arn,
      Condition: {
        StringNotEquals: { 'aws:SourceVpce': [stack.resolve(endpoints.queueEndpoint!.vpcEndpointId)] },
        BoolIfExists: { 'aws:PrincipalIsAWSService': 'false', 'aws:ViaAWSService': 'false' },
        ArnNotLike: { 'aws:PrincipalArn': [{ 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':iam::', { Ref: 'AWS::AccountId' }, ':role/aws-service-role/*']] }] },
      },
    }]);
  });

  test.each<[string, () => sns.ITopic]>([
    ['a fan-out', () => new FanOut(stack, 'Orders')], ['a topic of the CDK', () => new sns.Topic(stack, 'Orders')],
  ])('of %s denies publishing', (_, make) => {
    const topic = make();
    const endpoints = endpointsFor({ topics: [topic] });
    endpoints.restrictTopic(topic);
    expect(restrictionsIn(stack)).toMatchObject([{
      Effect: 'Deny',
      Action: 'sns:Publish',
      Resource: stack.resolve(topic.topicArn),
      Condition: { StringNotEquals: { 'aws:SourceVpce': [stack.resolve(endpoints.topicEndpoint!.vpcEndpointId)] } },
    }]);
  });

  test('of two queues is one in the policy of each', () => {
    const queues = ['One', 'Two'].map(id => new WorkQueue(stack, id));
    const endpoints = endpointsFor({ queues });
    queues.forEach(queue => endpoints.restrictQueue(queue));
    expect(restrictionsIn(stack).map(({ Resource }) => Resource)).toEqual(queues.map(({ queueArn }) => stack.resolve(queueArn)));
  });

  test('names the roles that are excepted', () => {
    const role = roleIn(stack, 'Role');
    restricted(new WorkQueue(stack, 'Jobs'), [role, iam.Role.fromRoleArn(stack, 'Imported', `arn:aws:iam::${ACCOUNT}:role/imported`)]);
    expect(restrictionsIn(stack)[0].Condition.ArnNotLike['aws:PrincipalArn'].slice(1)).toEqual([stack.resolve(role.roleArn), `arn:aws:iam::${ACCOUNT}:role/imported`]);
  });

  test('is one, whatever is restricted again: the endpoints of two VPCs, and roles, also after it was written', () => {
    const jobs = new WorkQueue(stack, 'Jobs');
    const [first, other] = [restricted(jobs), endpointsFor({ vpc: network('Other'), queues: [jobs] }, 'Second')];
    expect(restrictionsIn(stack)).toHaveLength(1);
    other.restrictQueue(jobs, { exceptRoles: [roleIn(stack, 'One')] });
    first.restrictQueue(jobs, { exceptRoles: [roleIn(stack, 'Two')] });
    const [{ Condition }, ...others] = restrictionsIn(stack);
    expect(others).toEqual([]);
    expect(Condition.StringNotEquals).toEqual({ 'aws:SourceVpce': [first, other].map(({ queueEndpoint }) => stack.resolve(queueEndpoint!.vpcEndpointId)) });
    expect(Condition.ArnNotLike['aws:PrincipalArn']).toHaveLength(3);
  });
});

describe('a queue in another stack than the endpoints', () => {
  let queueStack: Stack;
  const prepareStacks = (vpcScope: () => Stack) => {
    queueStack = new Stack(app, 'QueueStack');
    vpc = new ec2.Vpc(vpcScope(), 'Network', { maxAzs: 1, natGateways: 0, restrictDefaultSecurityGroup: false });
    return new WorkQueue(queueStack, 'Jobs');
  };

  test('names the VPC, so that no stacks depend on each other', () => {
    const base = new Stack(app, 'Base');
    restricted(prepareStacks(() => base));
    const [{ Condition: { StringNotEquals } }] = restrictionsIn(queueStack);
    expect(Object.keys(StringNotEquals)).toEqual(['aws:SourceVpc']);
    // An import, or with the flags of a new app the output of the other stack.
    expect(JSON.stringify(StringNotEquals['aws:SourceVpc'])).toMatch(/Network/);
  });

  test('can have the VPC in its own stack', () => {
    restricted(prepareStacks(() => queueStack));
    expect(restrictionsIn(queueStack)[0].Condition.StringNotEquals['aws:SourceVpc']).toEqual([queueStack.resolve(vpc.vpcId)]);
  });

  test('names an imported VPC, and also the endpoint of another one in its own stack', () => {
    queueStack = new Stack(app, 'QueueStack');
    const jobs = new WorkQueue(queueStack, 'Jobs');
    restricted(jobs);
    const own = endpointsFor({ vpc: network('Own', queueStack), queues: [jobs] }, 'Endpoints', queueStack);
    own.restrictQueue(jobs);
    expect(restrictionsIn(queueStack)[0].Condition.StringNotEquals).toEqual({
      'aws:SourceVpce': [queueStack.resolve(own.queueEndpoint!.vpcEndpointId)], 'aws:SourceVpc': ['vpc-Vpc'],
    });
  });

  test('is refused if the VPC is in the stack of the endpoints, which would depend on the queue and the queue on it', () => {
    const jobs = prepareStacks(() => stack);
    expect(problemsOf(() => restricted(jobs))).toMatchObject([{ prop: 'restrictQueue(queue)' }]);
    expect(restrictionsIn(queueStack)).toEqual([]);
  });

  test('is refused in another account, where the template cannot name the VPC', () => {
    prepare({ env: ENV });
    const partner = new Stack(app, 'Partner', { env: { account: OTHER_ACCOUNT, region: REGION } });
    vpc = new ec2.Vpc(new Stack(app, 'Base', { env: ENV }), 'Network', { maxAzs: 1, natGateways: 0, restrictDefaultSecurityGroup: false });
    const jobs = new WorkQueue(partner, 'Jobs', { queueName: 'jobs' });
    expect(problemsOf(() => restricted(jobs))).toMatchObject([{ prop: 'restrictQueue(queue)', got: expect.stringContaining('another account or Region') }]);
  });
});

describe('roles of another stack', () => {
  const other = () => new Stack(app, 'Other');
  const written = () => restrictionsIn(stack)[0].Condition.ArnNotLike['aws:PrincipalArn'][1];
  const arn = (name: string) => ({ 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':iam::', { Ref: 'AWS::AccountId' }, `:role/${name}`]] });

  test.each([[{ roleName: 'worker' }, 'worker'], [{ roleName: 'worker', path: '/team/' }, 'team/worker']])('are named without a reference: %j', (props, name) => {
    const role = roleIn(other(), 'Role', props);
    restricted(new WorkQueue(stack, 'Jobs'), [role]);
    expect(written()).toEqual(arn(name));
  });

  test('are refused without a name, and nothing is restricted', () => {
    const role = roleIn(other(), 'Role');
    const jobs = new WorkQueue(stack, 'Jobs');
    expect(problemsOf(() => restricted(jobs, [role]))).toMatchObject([{ prop: 'exceptRoles', got: expect.stringContaining('Other/Role') }]);
    expect(restrictionsIn(stack)).toEqual([]);
  });
});

describe('refused', () => {
  test('a queue and a topic that the endpoints do not serve', () => {
    const endpoints = endpointsFor({ queues: [new WorkQueue(stack, 'Jobs')] });
    expect(problemsOf(() => endpoints.restrictQueue(new WorkQueue(stack, 'Other')))).toMatchObject([{ prop: 'restrictQueue(queue)', got: "'Stack/Other', which is not in queues" }]);
    expect(problemsOf(() => endpoints.restrictTopic(new FanOut(stack, 'Orders')))).toMatchObject([{ prop: 'restrictTopic(topic)', got: "'Stack/Orders', which is not in topics" }]);
    expect(restrictionsIn(stack)).toEqual([]);
  });
});

test('a queue that is imported twice is one', () => {
  const arn = `arn:aws:sqs:${REGION}:${ACCOUNT}:jobs`;
  const endpoints = endpointsFor({ queues: [sqs.Queue.fromQueueArn(stack, 'One', arn)] });
  endpoints.restrictQueue(sqs.Queue.fromQueueArn(stack, 'Two', arn));
  expect(warningsOf(stack).filter(({ text }) => text.includes('MessagingEndpoints.importedPolicy'))).toHaveLength(1);
});

test('the policy of an imported queue or topic cannot be changed: a warning contains the statement', () => {
  prepare({ env: ENV });
  const queue = sqs.Queue.fromQueueArn(stack, 'Jobs', `arn:aws:sqs:${REGION}:${ACCOUNT}:jobs`);
  const topic = sns.Topic.fromTopicArn(stack, 'Orders', `arn:aws:sns:${REGION}:${ACCOUNT}:orders`);
  const other = new Stack(app, 'Other', { env: ENV });
  const endpoints = endpointsFor({ queues: [queue], topics: [topic] }, 'Endpoints', other);
  endpoints.restrictQueue(queue);
  endpoints.restrictTopic(topic);
  const warnings = warningsOf(other);
  expect(warnings.map(({ path, text }) => [path, text.includes('cdk-decouple:MessagingEndpoints.importedPolicy')])).toEqual(Array(2).fill(['/Other/Endpoints', true]));
  const statements = warnings.map(({ text }) => JSON.parse(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1)));
  const conditions = {
    StringNotEquals: { 'aws:SourceVpc': ['vpc-Vpc'] },
    BoolIfExists: { 'aws:PrincipalIsAWSService': 'false', 'aws:ViaAWSService': 'false' },
    ArnNotLike: { 'aws:PrincipalArn': [`arn:\${AWS::Partition}:iam::${ACCOUNT}:role/aws-service-role/*`] },
  };
  expect(statements).toEqual([
    { Sid: 'MessagesThroughEndpoints', Effect: 'Deny', Principal: { AWS: '*' }, Resource: queue.queueArn, Condition: conditions, Action: ['sqs:SendMessage', 'sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility'] },
    { Sid: 'MessagesThroughEndpoints', Effect: 'Deny', Principal: { AWS: '*' }, Resource: topic.topicArn, Condition: conditions, Action: 'sns:Publish' },
  ]);
});

describe('services that call with a role', () => {
  const handler = (props: Partial<lambda.FunctionProps> = {}) => new lambda.Function(stack, 'Handler', {
    runtime: lambda.Runtime.NODEJS_22_X, handler: 'index.handler', code: lambda.Code.fromInline('exports.handler = () => {}'), ...props,
  });
  const anyRole = (service: string) => roleIn(stack, 'Role', { assumedBy: new iam.ServicePrincipal(service) });

  const machineWith = (state: sfn.IChainable) => new sfn.StateMachine(stack, 'Machine', { definitionBody: sfn.DefinitionBody.fromChainable(state) });
  const call = (queue: sqs.IQueue, action: string) =>
    new CallAwsService(stack, 'Call', { service: 'sqs', action, parameters: { QueueUrl: queue.queueUrl }, iamResources: [queue.queueArn] });
  const universal = (queue: sqs.IQueue, action: string, role: iam.IRole) => new CfnSchedule(stack, 'Schedule', {
    flexibleTimeWindow: { mode: 'OFF' },
    scheduleExpression: 'rate(1 hour)',
    target: { arn: `arn:aws:scheduler:::aws-sdk:sqs:${action}`, roleArn: role.roleArn, input: stack.toJsonString({ QueueUrl: queue.queueUrl }) },
  });
  const method = (integration: apigateway.Integration) => new apigateway.RestApi(stack, 'Api', { cloudWatchRole: false }).root.addMethod('POST', integration);

  /** What only passes the address of a queue on, or does not use messages. */
  const OTHERS: [string, (queue: WorkQueue) => unknown][] = [
    ['a state that passes the URL on', queue => machineWith(new sfn.Pass(stack, 'Pass', { parameters: { url: queue.queueUrl } }))],
    ['a task that passes the URL to a function', queue => machineWith(new LambdaInvoke(stack, 'Invoke', { lambdaFunction: handler(), payload: sfn.TaskInput.fromObject({ url: queue.queueUrl }) }))],
    ['a task that sends to another queue', queue => {
      const send = new SendTask(stack, 'Send', { queue: new WorkQueue(stack, 'Other'), messageBody: sfn.TaskInput.fromText('job') });
      return machineWith(send.next(new sfn.Pass(stack, 'Pass', { parameters: { url: queue.queueUrl } })));
    }],
    ['a task that purges', queue => machineWith(call(queue, 'purgeQueue'))],
    ['a schedule that purges', queue => universal(queue, 'purgeQueue', anyRole('scheduler.amazonaws.com'))],
    ['a schedule that passes the URL to a function', queue => new Schedule(stack, 'Schedule', {
      schedule: ScheduleExpression.rate(Duration.hours(1)),
      target: new InvokeFunction(handler(), { input: ScheduleTargetInput.fromObject({ url: queue.queueUrl }) }),
    })],
    ['a method without a back end', queue => method(new apigateway.MockIntegration({ requestTemplates: { 'application/json': queue.queueUrl } }))],
    ['a method of another back end', queue => method(new apigateway.HttpIntegration('https://example.com', {
      options: { requestParameters: { 'integration.request.header.Url': `'${queue.queueUrl}'` } },
    }))],
    ['a method that purges', queue => method(new apigateway.AwsIntegration({
      service: 'sqs',
      path: `${stack.account}/${queue.queueName}`,
      options: { credentialsRole: anyRole('apigateway.amazonaws.com'), requestTemplates: { 'application/json': 'Action=PurgeQueue' } },
    }))],
    ['a route of another back end', queue => new HttpApi(stack, 'Api').addRoutes({
      path: '/', integration: new HttpUrlIntegration('Url', 'https://example.com', { parameterMapping: new ParameterMapping().appendHeader('url', MappingValue.custom(queue.queueUrl)) }),
    })],
  ];

  test.each(OTHERS)('%s is not refused', (_, make) => {
    const jobs = new WorkQueue(stack, 'Jobs');
    make(jobs);
    restricted(jobs);
    expect(refused()).toEqual([]);
  });

  test('a pipeline that asks for an approval is refused unless its role is excepted; the address in another action is not', () => {
    const orders = new FanOut(stack, 'Orders');
    const role = anyRole('codepipeline.amazonaws.com');
    const action = (category: string, configuration: object) => ({ name: category, actionTypeId: { category, owner: 'AWS', provider: 'Manual', version: '1' }, configuration });
    new codepipeline.CfnPipeline(stack, 'Other', { roleArn: role.roleArn, stages: [{ name: 'Build', actions: [action('Build', { EnvironmentVariables: orders.topicArn })] }] });
    const endpoints = endpointsFor({ topics: [orders] });
    endpoints.restrictTopic(orders);
    expect(refused()).toEqual([]);
    new codepipeline.CfnPipeline(stack, 'Pipeline', { roleArn: role.roleArn, stages: [{ name: 'Approve', actions: [action('Approval', { NotificationArn: orders.topicArn })] }] });
    expect(refused()).toEqual([expect.stringMatching("'Stack/Pipeline', for which AWS CodePipeline calls 'Stack/Orders'")]);
    endpoints.restrictTopic(orders, { exceptRoles: [role] });
    expect(refused()).toEqual([]);
  });

  /** Each adds what calls the queue, and returns its role. */
  const CALLERS: [string, string, (queue: sqs.Queue | WorkQueue) => iam.IRole][] = [
    ['Lambda', 'an event source mapping', queue => {
      const fn = handler();
      fn.addEventSource(new SqsEventSource(queue));
      return fn.role!;
    }],
    ['Lambda', 'an event source mapping of a function in the VPC', queue => {
      const own = new ec2.Vpc(stack, 'Network', { maxAzs: 1, natGateways: 0, restrictDefaultSecurityGroup: false });
      const fn = handler({ vpc: own, vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED } });
      fn.addEventSource(new SqsEventSource(queue));
      return fn.role!;
    }],
    ['Lambda', 'an event source mapping of an alias', queue => {
      const fn = handler();
      fn.addAlias('live').addEventSource(new SqsEventSource(queue));
      return fn.role!;
    }],
    ['Lambda', 'an event source mapping of a function with an imported role', queue => {
      const fn = handler({ role: iam.Role.fromRoleArn(stack, 'Role', `arn:aws:iam::${ACCOUNT}:role/handler`) });
      new lambda.EventSourceMapping(stack, 'Mapping', { target: fn, eventSourceArn: queue.queueArn });
      return fn.role!;
    }],
    ['EventBridge Pipes', 'a pipe', queue => {
      const role = anyRole('pipes.amazonaws.com');
      new pipes.CfnPipe(stack, 'Pipe', { source: queue.queueArn, target: 'arn:aws:events:eu-west-1:111122223333:event-bus/default', roleArn: role.roleArn });
      return role;
    }],
    ['Lambda', 'the dead-letter queue of a function', queue => handler({ deadLetterQueue: queue }).role!],
    ['Lambda', 'the destination of a function', queue => handler({ onFailure: new SqsDestination(queue) }).role!],
    ['Lambda', 'the destination of an event source mapping', queue => {
      const fn = handler();
      fn.addEventSource(new KinesisEventSource(new kinesis.Stream(stack, 'Stream'), { startingPosition: lambda.StartingPosition.LATEST, onFailure: new SqsDlq(queue) }));
      return fn.role!;
    }],
    ['EventBridge Pipes', 'the dead letters of a pipe', queue => {
      const role = anyRole('pipes.amazonaws.com');
      new pipes.CfnPipe(stack, 'Pipe', {
        source: 'arn:aws:kinesis:eu-west-1:111122223333:stream/clicks',
        target: 'arn:aws:events:eu-west-1:111122223333:event-bus/default',
        roleArn: role.roleArn,
        sourceParameters: { kinesisStreamParameters: { startingPosition: 'LATEST', deadLetterConfig: { arn: queue.queueArn } } },
      });
      return role;
    }],
    ['Amazon EC2 Auto Scaling', 'a lifecycle hook', queue => {
      const role = anyRole('autoscaling.amazonaws.com');
      const lifecycleTransition = 'autoscaling:EC2_INSTANCE_TERMINATING';
      new autoscaling.CfnLifecycleHook(stack, 'Hook', { autoScalingGroupName: 'group', lifecycleTransition, notificationTargetArn: queue.queueArn, roleArn: role.roleArn });
      return role;
    }],
    ['Amazon EC2 Auto Scaling', 'a lifecycle hook of a new group', queue => {
      const role = anyRole('autoscaling.amazonaws.com');
      new autoscaling.CfnAutoScalingGroup(stack, 'Group', {
        minSize: '0',
        maxSize: '1',
        lifecycleHookSpecificationList: [
          { lifecycleHookName: 'hook', lifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING', notificationTargetArn: queue.queueArn, roleArn: role.roleArn },
        ],
      });
      return role;
    }],
    ['AWS IoT', 'a rule', queue => {
      const role = anyRole('iot.amazonaws.com');
      new iot.CfnTopicRule(stack, 'Rule', { topicRulePayload: { sql: "SELECT * FROM 'a'", actions: [{ sqs: { queueUrl: queue.queueUrl, roleArn: role.roleArn } }] } });
      return role;
    }],
    ['AWS IoT', 'the error action of a rule', queue => {
      const role = anyRole('iot.amazonaws.com');
      new iot.CfnTopicRule(stack, 'Rule', {
        topicRulePayload: { sql: "SELECT * FROM 'a'", actions: [], errorAction: { sqs: { queueUrl: queue.queueUrl, roleArn: role.roleArn } } },
      });
      return role;
    }],
    ['EventBridge Scheduler', 'the dead letters of a schedule', queue => {
      const role = anyRole('scheduler.amazonaws.com');
      new CfnSchedule(stack, 'Schedule', {
        flexibleTimeWindow: { mode: 'OFF' },
        scheduleExpression: 'rate(1 hour)',
        target: { arn: 'arn:aws:lambda:eu-west-1:111122223333:function:f', roleArn: role.roleArn, deadLetterConfig: { arn: queue.queueArn } },
      });
      return role;
    }],
    ['EventBridge Scheduler', 'a universal target', queue => {
      const role = anyRole('scheduler.amazonaws.com');
      universal(queue, 'sendMessage', role);
      return role;
    }],
    ['Step Functions', 'a call of the SDK', queue => machineWith(call(queue, 'receiveMessage')).role],
    ['Step Functions', 'a task in a branch', queue => {
      const send = new SendTask(stack, 'Send', { queue, messageBody: sfn.TaskInput.fromText('job') });
      return machineWith(new sfn.Parallel(stack, 'Both').branch(new sfn.Pass(stack, 'Pass')).branch(send)).role;
    }],
    ['Step Functions', 'a definition that CloudFormation completes', queue => {
      const role = anyRole('states.amazonaws.com');
      const definitionString = Fn.sub('{"States":{"A":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage","Parameters":{"QueueUrl":"${Url}"}}}}', { Url: queue.queueUrl });
      new sfn.CfnStateMachine(stack, 'Machine', { roleArn: role.roleArn, definitionString });
      return role;
    }],
    ['EventBridge Scheduler', 'a schedule', queue => {
      const role = anyRole('scheduler.amazonaws.com');
      new Schedule(stack, 'Schedule', { schedule: ScheduleExpression.rate(Duration.hours(1)), target: new SqsSendMessage(queue, { role }) });
      return role;
    }],
    ['API Gateway', 'a method of a REST API', queue => {
      const role = anyRole('apigateway.amazonaws.com');
      const integration = new apigateway.AwsIntegration({ service: 'sqs', path: `${stack.account}/${queue.queueName}`, options: { credentialsRole: role } });
      new apigateway.RestApi(stack, 'Api', { cloudWatchRole: false }).root.addMethod('POST', integration);
      return role;
    }],
    ['API Gateway', 'a route of an HTTP API', queue => {
      new HttpApi(stack, 'Api').addRoutes({ path: '/jobs', integration: new HttpSqsIntegration('Jobs', { queue }) });
      return stack.node.findAll().find((one): one is iam.Role => one instanceof iam.Role && one.node.id === 'InvokeRole')!;
    }],
    ['Step Functions', 'a state machine', queue => {
      const task = new SendTask(stack, 'Send', { queue, messageBody: sfn.TaskInput.fromText('job') });
      return new sfn.StateMachine(stack, 'Machine', { definitionBody: sfn.DefinitionBody.fromChainable(task) }).role;
    }],
  ];

  test.each(CALLERS)('%s: %s is refused unless its role is excepted', (service, _, make) => {
    const jobs = new WorkQueue(stack, 'Jobs');
    const role = make(jobs);
    const endpoints = restricted(jobs, [roleIn(stack, 'Unrelated')]);
    expect(refused()).toEqual([expect.stringMatching(`^MessagingEndpoints restrictQueue\\(queue\\): .*${service} calls 'Stack/Jobs' with a role`)]);
    endpoints.restrictQueue(jobs, { exceptRoles: [role] });
    expect(refused()).toEqual([]);
  });

  test('a rule that publishes to a topic with a role is refused unless it is excepted; one that sends in its own name is not', () => {
    const orders = new FanOut(stack, 'Orders');
    const role = anyRole('events.amazonaws.com');
    const jobs = new WorkQueue(stack, 'Jobs');
    new events.Rule(stack, 'Rule', {
      schedule: events.Schedule.rate(Duration.days(1)),
      targets: [new targets.SnsTopic(orders, { role }), new targets.SqsQueue(jobs, { deadLetterQueue: jobs.deadLetterQueue as sqs.Queue })],
    });
    const endpoints = endpointsFor({ queues: [jobs], topics: [orders] });
    endpoints.restrictQueue(jobs);
    endpoints.restrictTopic(orders);
    expect(refused()).toEqual([expect.stringMatching("restrictTopic\\(topic\\): 'Stack/Rule', for which EventBridge calls 'Stack/Orders'")]);
    endpoints.restrictTopic(orders, { exceptRoles: [role] });
    expect(refused()).toEqual([]);
  });

  test('a function that is imported without its role is taken if a role is excepted', () => {
    const jobs = new WorkQueue(stack, 'Jobs');
    new CfnResource(stack, 'Other', { type: 'AWS::Lambda::EventSourceMapping', properties: {} });
    new lambda.CfnEventSourceMapping(stack, 'Mapping', { functionName: 'imported', eventSourceArn: jobs.queueArn });
    const endpoints = restricted(jobs);
    expect(refused()).toHaveLength(1);
    endpoints.restrictQueue(jobs, { exceptRoles: [iam.Role.fromRoleName(stack, 'Role', 'imported')] });
    expect(refused()).toEqual([]);
  });

  test('what calls other queues is not refused', () => {
    const jobs = new WorkQueue(stack, 'Jobs');
    handler().addEventSource(new SqsEventSource(new WorkQueue(stack, 'Other')));
    restricted(jobs);
    expect(refused()).toEqual([]);
  });
});
