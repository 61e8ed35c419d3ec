import { TemplateDiff, fullDiff } from '@aws-cdk/cloudformation-diff';
import { blocksOf, read } from './blocks';
import { build, recipeBlocks } from './recipes';

const recipe = (title: string) => recipeBlocks(title).map(build);

/** An app of a recipe, the first by default, with something left out. */
const without = (title: string, what: RegExp, index = 0) => {
  const block = recipeBlocks(title)[index];
  expect(block.code).toMatch(what);
  return () => build({ ...block, code: block.code.replace(what, '') });
};

const of = (template: any, type: string) => Object.values<any>(template.Resources).filter(resource => resource.Type === type);
const statements = (template: any, type: string) => of(template, type)
  .flatMap(({ Properties }) => (Properties.PolicyDocument ?? Properties.KeyPolicy).Statement);
const allowed = (template: any, type: string, service: string) =>
  statements(template, type).filter(({ Effect, Principal }) => Effect === 'Allow' && JSON.stringify(Principal ?? '').includes(service));
const resolved = (value: unknown) => JSON.stringify(value);

/** What the output of `cdk diff` in a recipe says of each resource: its type, and below it the properties that change. */
function shownDiff(title: string): string[] {
  const [, after] = read('docs/cookbook.md').split(`\n## ${title}\n`);
  const [, shown] = /```console\n([^]*?)```/.exec(after) ?? [];
  return shown.trim().split(/\n(?=\[)/).map(part => {
    const [resource, ...properties] = part.split('\n');
    return [...resource.split(' ').slice(0, 2), ...properties.map(line => line.split(' ').pop()).sort()].join(' ');
  }).sort();
}

/** The same of two templates. */
function diffOf(before: any, after: any): string[] {
  const found: string[] = [];
  fullDiff(before, after).resources.forEachDifference((_, change) => {
    found.push([change.isAddition ? '[+]' : change.isRemoval ? '[-]' : '[~]', change.resourceType, ...change.isUpdate ? Object.keys(change.propertyUpdates).sort() : []].join(' '));
  });
  return found.sort();
}

/** The impact of a change on each resource, by its type. */
function impacts(before: any, after: any): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  const diff: TemplateDiff = fullDiff(before, after);
  diff.resources.forEachDifference((id, change) => { (found[change.changeImpact] ??= []).push(`${change.resourceType} ${id}`); });
  return found;
}

test('every block is a complete app, without a warning', () => {
  const blocks = [...blocksOf('docs/cookbook.md'), ...blocksOf('README.md')];
  expect(blocks.length).toBeGreaterThan(9);
  expect(blocks.filter(({ complete }) => !complete).map(({ where }) => where)).toEqual([]);
  expect(blocks.flatMap(block => build(block).messages.map(message => `${block.where}: ${message}`))).toEqual([]);
});

test('README: 12 resources, of which none is a key', () => {
  const { Shop } = build(blocksOf('README.md')[0]).templates;
  expect(Object.keys(Shop.Resources)).toHaveLength(12);
  expect(of(Shop, 'AWS::SQS::Queue')).toHaveLength(4);
  expect(of(Shop, 'AWS::SNS::Subscription')).toHaveLength(2);
  expect(of(Shop, 'AWS::KMS::Key')).toEqual([]);
});

test('S3 events to queues: no key, and each queue for its own rule', () => {
  const [{ templates: { Uploads } }] = recipe('Send S3 events to several queues');
  expect(['AWS::KMS::Key', 'AWS::SNS::Topic'].flatMap(type => of(Uploads, type))).toEqual([]);
  expect(of(Uploads, 'AWS::SQS::Queue')).toHaveLength(4);
  const rules = Object.keys(Uploads.Resources).filter(id => Uploads.Resources[id].Type === 'AWS::Events::Rule');
  expect(rules).toHaveLength(3);
  rules.forEach(id => expect(resolved(allowed(Uploads, 'AWS::SQS::QueuePolicy', 'events.').map(({ Condition }) => Condition))).toContain(id));
});

test('S3 events to queues by a shared topic: one key, for the topic, and S3 only for this account and bucket', () => {
  const [, { templates: { Uploads } }] = recipe('Send S3 events to several queues');
  expect(of(Uploads, 'AWS::KMS::Key')).toHaveLength(1);
  expect(of(Uploads, 'AWS::SQS::Queue').filter(({ Properties }) => Properties.KmsMasterKeyId)).toEqual([]);
  const [publish, ...others] = allowed(Uploads, 'AWS::SNS::TopicPolicy', 's3.');
  expect(others).toEqual([]);
  expect(resolved(publish.Condition)).toMatch(/aws:SourceArn.*Bucket/);
  for (const type of ['AWS::SNS::TopicPolicy', 'AWS::KMS::Key']) {
    const found = allowed(Uploads, type, 's3.');
    expect(found).toHaveLength(1);
    expect(resolved(found[0].Condition)).toMatch(/aws:SourceAccount/);
  }
  expect(without('Send S3 events to several queues', /, \{ encryption: .*?\}(?=\);)/, 1)).toThrow(/AWS managed key/);
});

test('alarms to e-mail: CloudWatch may publish and use the key, and what cannot be delivered is kept', () => {
  const [{ templates: { Monitoring } }] = recipe('Send alarms to an e-mail address');
  expect(of(Monitoring, 'AWS::CloudWatch::Alarm')).toHaveLength(2);
  for (const type of ['AWS::SNS::TopicPolicy', 'AWS::KMS::Key']) expect(allowed(Monitoring, type, 'cloudwatch.')).toHaveLength(1);
  const [email] = of(Monitoring, 'AWS::SNS::Subscription');
  expect(email.Properties.Protocol).toBe('email');
  expect(email.Properties.RedrivePolicy).toBeDefined();
  expect(without('Send alarms to an e-mail address', /^notices\.allowService.*$/m)).toThrow(/JobsFailed/);
});

test('DynamoDB to a queue: the role of one pipe reads the stream and sends, and the pipe is created after its policy', () => {
  const [{ templates: { Shop } }] = recipe('Send the changes of a DynamoDB table to a queue');
  const [pipe] = of(Shop, 'AWS::Pipes::Pipe');
  const [[policyId, policy], ...others] = Object.entries<any>(Shop.Resources).filter(([, { Type }]) => Type === 'AWS::IAM::Policy');
  expect(others).toEqual([]);
  expect(pipe.DependsOn).toContain(policyId);

  const stream = pipe.Properties.Source;
  expect(resolved(stream)).toMatch(/StreamArn/);
  const { DynamoDBStreamParameters: { BatchSize, DeadLetterConfig, MaximumRecordAgeInSeconds } } = pipe.Properties.SourceParameters;
  expect(BatchSize).toBeLessThanOrEqual(10);
  expect(MaximumRecordAgeInSeconds).toBeLessThan(24 * 3600);
  // With the flag for smaller policies, the CDK merges statements.
  const pairs = (actions: string[], ...resources: unknown[]) => resources.flatMap(resource => actions.map(action => `${action} on ${resolved(resource)}`));
  const granted = policy.Properties.PolicyDocument.Statement.flatMap(({ Action, Resource }: any) => pairs([Action].flat(), ...[Resource].flat()));
  expect(granted.sort()).toEqual([
    ...pairs(['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator', 'dynamodb:ListStreams'], stream),
    ...pairs(['sqs:GetQueueAttributes', 'sqs:GetQueueUrl', 'sqs:SendMessage'], pipe.Properties.Target, DeadLetterConfig.Arn),
  ].sort());

  const [{ Properties: { AssumeRolePolicyDocument: { Statement: [trust] } } }] = of(Shop, 'AWS::IAM::Role');
  expect(trust.Principal).toEqual({ Service: 'pipes.amazonaws.com' });
  expect(resolved(trust.Condition.ArnLike['aws:SourceArn'])).toContain(`:pipe/${pipe.Properties.Name}`);
  expect(trust.Condition.StringEquals).toEqual({ 'aws:SourceAccount': { Ref: 'AWS::AccountId' } });
});

test('another account: the topic allows this queue, the queue this topic, and the subscription is beside the queue', () => {
  const [{ app, templates: { Shop, Finance } }] = recipe('Subscribe a queue in another account');
  const [subscribe] = statements(Shop, 'AWS::SNS::TopicPolicy').filter(({ Action }) => Action === 'sns:Subscribe');
  expect(resolved(subscribe.Principal)).toContain('444455556666');
  expect(resolved(subscribe.Condition)).toContain('sns:Endpoint');
  expect(of(Finance, 'AWS::SNS::Subscription')).toHaveLength(1);
  for (const statement of allowed(Finance, 'AWS::SQS::QueuePolicy', 'sns.')) expect(statement.Condition.StringEquals['aws:SourceAccount']).toBe('111122223333');
  const { Finance: finance } = Object.fromEntries(app.synth().stacks.map(stack => [stack.stackName, stack]));
  expect(finance.dependencies.map(({ id }) => id)).toContain('Shop');
  expect(without('Subscribe a queue in another account', /, \{ topicName: 'orders' \}/)).toThrow(/topicName/);
});

test('a topic shared with other accounts needs a customer key, so that they can publish; a queue does not', () => {
  expect(without('Share a topic with other accounts', /  encryption: .*\n/)).toThrow(/grantPublish.*AWS managed key/);
  const [owner] = recipeBlocks('Share a queue with another account');
  const plain = owner.code.replace(/  encryption: .*\n/, '').replace(/^new cdk\.CfnOutput.*$/m, '');
  const { Invoicing } = build({ ...owner, code: plain }).templates;
  expect(of(Invoicing, 'AWS::KMS::Key')).toEqual([]);
  const shared = statements(Invoicing, 'AWS::SQS::QueuePolicy').filter(({ Effect }) => Effect === 'Allow');
  expect(shared.map(({ Principal }) => /\d{12}/.exec(resolved(Principal))![0])).toEqual(['444455556666', '777788889999']);
});

test('the warnings of the app that subscribes carry the statements that the owner of the topic grants', () => {
  const [owner, other] = recipeBlocks('Share a topic with other accounts');
  const { templates: { Orders } } = build(owner);
  const { messages } = build({ ...other, code: other.code.replace(/^cdk\.Annotations.*$/gm, '') });
  const ids = messages.map(message => /cdk-decouple:[^\]]*/.exec(message)![0]).sort();
  expect(ids).toEqual(['cdk-decouple:FanOut.importedKey', 'cdk-decouple:FanOut.importedPolicy', 'cdk-decouple:QueueSubscription.otherAccountTopic']);
  const actions = ['AWS::SNS::TopicPolicy', 'AWS::KMS::Key'].flatMap(type => statements(Orders, type)).flatMap(({ Action }) => Action);
  for (const action of ['sns:Subscribe', 'sns:Publish', 'kms:GenerateDataKey', 'kms:Decrypt']) {
    expect(messages.join()).toContain(action);
    expect(actions).toContain(action);
  }
});

test('another Region: the subscription keeps its dead letters in the Region of the topic', () => {
  const [{ templates: { Ireland, Virginia } }] = recipe('Subscribe a queue in another Region');
  const [subscription] = of(Virginia, 'AWS::SNS::Subscription');
  expect(subscription.Properties.Region).toBe('eu-west-1');
  expect(resolved(subscription.Properties.RedrivePolicy)).toMatch(/eu-west-1.*orders-undelivered/);
  expect(of(Virginia, 'AWS::SQS::Queue')).toHaveLength(2);
  expect(of(Ireland, 'AWS::SQS::Queue')).toHaveLength(4);
  expect(without('Subscribe a queue in another Region', /, \{\n  subscriptionDeadLetters: .*\n\}/)).toThrow(/subscriptionDeadLetters/);
});

test('dead letters: the operator may move them, the inspector may only read and delete them', () => {
  const [{ templates: { Orders } }] = recipe('Process dead letters');
  const actions = (role: string) => of(Orders, 'AWS::IAM::Policy').filter(({ Properties }) => resolved(Properties.Roles).includes(role))
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement.flatMap(({ Action }: any) => Action));
  expect(actions('Operator')).toEqual(expect.arrayContaining(['sqs:StartMessageMoveTask', 'sqs:ListMessageMoveTasks', 'sqs:SendMessage']));
  expect(actions('Inspector')).toEqual(expect.arrayContaining(['sqs:ReceiveMessage', 'sqs:DeleteMessage']));
  expect(actions('Inspector')).not.toContain('sqs:StartMessageMoveTask');
  expect(of(Orders, 'AWS::SQS::Queue').map(({ Properties }) => Properties.MessageRetentionPeriod)).toContain(14 * 24 * 3600);
});

/** The actions that the policies of a role allow, and the resources of each. */
const allowedTo = (template: any, role: string): { action: string; resource: string }[] => of(template, 'AWS::IAM::Policy')
  .filter(({ Properties }) => resolved(Properties.Roles).includes(role))
  .flatMap(({ Properties }) => Properties.PolicyDocument.Statement)
  .flatMap(({ Action, Resource }: any) => [Action].flat().map(action => ({ action, resource: resolved(Resource) })));
const actionsOf = (template: any, role: string) => allowedTo(template, role).map(({ action }) => action).sort();
const WITHOUT_KEY = /, \{ encryption: access\.Encryption\.customerManaged\(\) \}/;

describe('API Gateway', () => {
  const title = 'Receive messages over HTTP';

  test('sends the body as the message, with a role that can send and use the key', () => {
    const [{ templates: { Shop } }] = recipe(title);
    const [{ Properties: integration }] = of(Shop, 'AWS::ApiGatewayV2::Integration');
    expect(integration).toMatchObject({ IntegrationSubtype: 'SQS-SendMessage', RequestParameters: { QueueUrl: { Ref: expect.any(String) }, MessageBody: '$request.body' } });
    expect(actionsOf(Shop, 'InvokeRole')).toEqual(['kms:Decrypt', 'kms:GenerateDataKey', 'sqs:SendMessage']);
    expect(of(Shop, 'AWS::ApiGatewayV2::Route').map(({ Properties }) => Properties.AuthorizationType)).toEqual(['AWS_IAM']);
  });

  test('without the grant on the key, synthesis fails and names the role; without a key, it is not needed', () => {
    expect(without(title, /^orders\.grantOnKey.*$/m)).toThrow(/InvokeRole/);
    const [block] = recipeBlocks(title);
    const { Shop } = build({ ...block, code: block.code.replace(WITHOUT_KEY, '').replace(/^orders\.grantOnKey.*$/m, '') }).templates;
    expect(actionsOf(Shop, 'InvokeRole')).toEqual(['sqs:SendMessage']);
    expect(of(Shop, 'AWS::KMS::Key')).toEqual([]);
  });
});

describe('EventBridge Scheduler', () => {
  const title = 'Delay a message for more than 15 minutes';

  test('sends with a role that can send, send dead letters and use the key, for its own group only', () => {
    const [{ templates: { Reminders } }] = recipe(title);
    const [{ Properties: schedule }] = of(Reminders, 'AWS::Scheduler::Schedule');
    expect(schedule.ScheduleExpression).toBe('at(2030-07-31T09:00:00)');
    expect(resolved(schedule.Target.DeadLetterConfig)).toContain('DeadLetterQueue');
    const made = allowedTo(Reminders, 'SchedulerRoleForTarget');
    expect(made.filter(({ action }) => action === 'sqs:SendMessage').map(({ resource }) => resource).join()).toMatch(/RemindersDeadLetterQueue/);
    expect(made.some(({ action, resource }) => action.startsWith('kms:GenerateDataKey') && resource.includes('RemindersKey'))).toBe(true);
    const roles = of(Reminders, 'AWS::IAM::Role').map(({ Properties }) => Properties.AssumeRolePolicyDocument.Statement[0])
      .filter(({ Principal }) => Principal.Service === 'scheduler.amazonaws.com');
    expect(roles).toHaveLength(2);
    for (const { Condition } of roles) expect(Object.keys(Condition.StringEquals).sort()).toEqual(['aws:SourceAccount', 'aws:SourceArn']);
  });

  test('the application can schedule in the group and pass the one role, and not send itself', () => {
    const [{ templates: { Reminders } }] = recipe(title);
    expect(actionsOf(Reminders, 'Shop')).toEqual(['iam:PassRole', 'scheduler:CreateSchedule', 'scheduler:UpdateSchedule']);
    expect(allowedTo(Reminders, 'Shop').find(({ action }) => action === 'iam:PassRole')!.resource).toMatch(/"Sender/);
    expect(allowedTo(Reminders, 'Shop').find(({ action }) => action === 'scheduler:CreateSchedule')!.resource).toMatch(/schedule\//);
    const sends = allowedTo(Reminders, 'Sender').filter(({ action }) => action === 'sqs:SendMessage').map(({ resource }) => resource).join();
    expect(sends).toContain('RemindersDeadLetterQueue');
    expect(actionsOf(Reminders, 'Sender')).toEqual(expect.arrayContaining(['kms:Decrypt', 'kms:GenerateDataKey']));
  });
});

test('Pipes: a role that consumes and starts executions, and a pipe that waits for its policy', () => {
  const [{ templates: { Shop } }] = recipe('Start a state machine for each message');
  expect(actionsOf(Shop, 'PipeRole')).toEqual([
    'kms:Decrypt', 'sqs:ChangeMessageVisibility', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:GetQueueUrl', 'sqs:ReceiveMessage', 'states:StartExecution',
  ]);
  const [pipe] = of(Shop, 'AWS::Pipes::Pipe');
  expect(pipe.DependsOn.join()).toMatch(/PipeRoleDefaultPolicy/);
  expect(resolved(pipe.Properties.Source)).toContain('Orders');
  expect(resolved(pipe.Properties.Target)).toContain('Fulfillment');
});

test('Step Functions: the state machine can send and use the key, and the worker can answer', () => {
  const [{ templates: { Images } }] = recipe('Let a state machine wait for a worker');
  const [machine] = of(Images, 'AWS::StepFunctions::StateMachine');
  expect(resolved(machine.Properties.DefinitionString)).toContain('sqs:sendMessage.waitForTaskToken');
  expect(actionsOf(Images, 'PublishingRole')).toEqual(expect.arrayContaining(['kms:Decrypt', 'sqs:SendMessage']));
  expect(actionsOf(Images, 'PublishingRole').some(action => action.startsWith('kms:GenerateDataKey'))).toBe(true);
  expect(actionsOf(Images, 'Worker')).toEqual(expect.arrayContaining(['kms:Decrypt', 'sqs:ReceiveMessage', 'states:SendTaskFailure', 'states:SendTaskSuccess']));
  const [{ Properties: queue }] = of(Images, 'AWS::SQS::Queue').filter(({ Properties }) => Properties.RedrivePolicy);
  expect(/"TimeoutSeconds\\*":(\d+)/.exec(resolved(machine.Properties.DefinitionString))![1]).toBe('7200');
  expect(queue.RedrivePolicy.maxReceiveCount * queue.VisibilityTimeout).toBeLessThan(7200);
});

test('idempotency: the table that Powertools expects, and four actions on it', () => {
  const [{ templates: { Payments } }] = recipe('Process each message once');
  const [{ Properties: table }] = of(Payments, 'AWS::DynamoDB::GlobalTable');
  expect(table).toMatchObject({
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    TimeToLiveSpecification: { AttributeName: 'expiration', Enabled: true },
    BillingMode: 'PAY_PER_REQUEST',
  });
  expect(allowedTo(Payments, 'Charge').filter(({ action }) => action.startsWith('dynamodb:')).map(({ action }) => action).sort()).toEqual([
    'dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem',
  ]);
});

test('an adopted queue is updated in place', () => {
  const [before, after] = recipe('Adopt a queue that exists').map(({ templates }) => templates.Shop);
  const { WILL_UPDATE: updated, WILL_CREATE: created, ...others } = impacts(before, after);
  expect(updated).toEqual([`AWS::SQS::Queue ${Object.keys(before.Resources)[0]}`]);
  expect(created.map(resource => resource.split(' ')[0]).sort()).toEqual(['AWS::SQS::Queue', 'AWS::SQS::QueuePolicy', 'AWS::SQS::QueuePolicy']);
  expect(others).toEqual({});
  expect(shownDiff('Adopt a queue that exists')).toEqual(diffOf(before, after));
  // It has no name in the template that its dead-letter queue could allow.
  expect(of(after, 'AWS::SQS::Queue').map(({ Properties }) => Properties.RedriveAllowPolicy?.redrivePermission)).toContain('allowAll');
});

test('an adopted queue that has a name keeps it', () => {
  const named = recipeBlocks('Adopt a queue that exists').map(({ code, ...block }) => ({
    ...block, code: code.replace("'Jobs', { ", "'Jobs', { queueName: 'jobs', ").replace(/^resource\.addPropertyDeletionOverride.*$/m, ''),
  }));
  const [before, after] = named.map(block => build(block).templates.Shop);
  expect(of(before, 'AWS::SQS::Queue')[0].Properties.QueueName).toBe('jobs');
  const { WILL_UPDATE: updated, WILL_CREATE: created, ...others } = impacts(before, after);
  expect([updated, created]).toEqual([[expect.stringContaining('AWS::SQS::Queue ')], expect.arrayContaining([expect.any(String)])]);
  expect(others).toEqual({});
  expect(resolved(of(after, 'AWS::SQS::Queue').map(({ Properties }) => Properties.RedriveAllowPolicy))).toMatch(/byQueue.*jobs/);
});

test('the move from SqsEventSource keeps the mapping, the function and the queue', () => {
  const [before, after] = recipe('Move from SqsEventSource').map(({ templates }) => templates.Shop);
  const { WILL_UPDATE: updated, ...others } = impacts(before, after);
  // The actions in the policy of the role have the same order with the feature flags of the CDK alone.
  expect(updated.map(resource => resource.split(' ')[0]).filter(type => type !== 'AWS::IAM::Policy').sort()).toEqual(['AWS::Lambda::EventSourceMapping', 'AWS::SQS::Queue']);
  expect(others).toEqual({});
  expect(of(after, 'AWS::SQS::Queue')[0].Properties.VisibilityTimeout).toBe(180);
});

test('the move from L2 constructs updates subscription and policies in place, and adds a queue', () => {
  const [before, after] = recipe('Move from L2 constructs').map(({ templates }) => templates.Shop);
  const { WILL_UPDATE: updated, WILL_CREATE: created, ...others } = impacts(before, after);
  expect(updated.map(resource => resource.split(' ')[0]).sort()).toEqual(['AWS::SNS::Subscription', 'AWS::SQS::QueuePolicy', 'AWS::SQS::QueuePolicy']);
  expect(created).toHaveLength(5);
  expect(others).toEqual({});
  expect(shownDiff('Move from L2 constructs')).toEqual(diffOf(before, after));
});

test('the move from AWS Solutions Constructs ends with 7 resources and no key', () => {
  const [{ templates: { Shop } }] = recipe('Move from AWS Solutions Constructs');
  expect(Object.values<any>(Shop.Resources).filter(({ Type }) => !Type.startsWith('AWS::IAM::'))).toHaveLength(7);
  expect(of(Shop, 'AWS::KMS::Key')).toEqual([]);
});
