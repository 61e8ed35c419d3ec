import { App, Aspects, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { WorkQueue } from '../../src/queues';
import { Ec2Workers, Ec2WorkersProps, FargateWorkers, QueueScaling } from '../../src/workers';
import { network, workerContainer, workerScript } from '../support/constructs';
import { problemsOf } from '../support/problems';

const env = { account: '111122223333', region: 'eu-west-1' };

function setUp(stack: Stack, props: Partial<Ec2WorkersProps> = {}) {
  return new Ec2Workers(stack, 'Workers', {
    vpc: new ec2.Vpc(stack, 'Vpc', { natGateways: 1 }),
    queue: new sqs.Queue(stack, 'Queue'),
    scaling: QueueScaling.onBacklog({ backlogPerWorker: 10, max: 3 }),
    userData: workerScript(),
    ...props,
  });
}

const warnings = (stack: Stack) => Annotations.fromStack(stack).findWarning('*', Match.anyValue());
const keyStatements = (stack: Stack) => JSON.stringify(Template.fromStack(stack).findResources('AWS::IAM::ManagedPolicy')).match(/kms:\w+/g) ?? [];

const ofAutoScaling = {
  Effect: 'Allow',
  Principal: { AWS: '*' },
  Resource: '*',
  Condition: expect.objectContaining({
    StringEquals: { 'kms:CallerAccount': '111122223333' },
    ArnEquals: {
      'aws:PrincipalArn': {
        'Fn::Join': ['', [
          'arn:', { Ref: 'AWS::Partition' },
          ':iam::111122223333:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling',
        ]],
      },
    },
  }),
};

describe('the key of the queue, given as an alias', () => {
  test('of this app: its key is decrypted with', () => {
    const stack = new Stack(new App(), 'Stack');
    const key = new kms.Key(stack, 'Key');
    setUp(stack, { queue: new sqs.Queue(stack, 'Encrypted', { encryptionMasterKey: key.addAlias('orders') }) });
    Template.fromStack(stack).hasResourceProperties('AWS::IAM::ManagedPolicy', {
      PolicyDocument: { Statement: Match.arrayWith([{ Effect: 'Allow', Action: 'kms:Decrypt', Resource: stack.resolve(key.keyArn) }]) },
    });
    expect(warnings(stack)).toEqual([]);
  });

  test('of which only the name is known: nothing is granted that would allow nothing, and a warning says what to do', () => {
    const stack = new Stack(new App(), 'Stack');
    setUp(stack, { queue: new sqs.Queue(stack, 'Encrypted', { encryptionMasterKey: kms.Alias.fromAliasName(stack, 'Alias', 'alias/orders') }) });
    expect(keyStatements(stack)).toEqual([]);
    Annotations.fromStack(stack).hasWarning('/Stack/Workers', Match.stringLikeRegexp(
      'name of an alias[^]*"Action": "kms:Decrypt"[^]*\\[ack: cdk-decouple:Ec2Workers\\.queueKey\\]'));
    expect(warnings(stack)).toHaveLength(1);
  });

  test('of the service: nothing to grant, nothing to warn of', () => {
    const stack = new Stack(new App(), 'Stack');
    setUp(stack, { queue: new sqs.Queue(stack, 'Encrypted', { encryptionMasterKey: kms.Alias.fromAliasName(stack, 'Alias', 'alias/aws/sqs') }) });
    expect(keyStatements(stack)).toEqual([]);
    expect(warnings(stack)).toEqual([]);
  });
});

describe('notifications to an encrypted topic', () => {
  const statement = { ...ofAutoScaling, Action: ['kms:Decrypt', 'kms:GenerateDataKey*'] };
  const topics = (stack: Stack, masterKey: kms.IKey) => ({ notifications: ['One', 'Two'].map(id => new sns.Topic(stack, id, { masterKey })) });

  test.each(['as it is', 'by its alias'])('with a key of this app, %s: Auto Scaling is allowed to use it, once', given => {
    const stack = new Stack(new App(), 'Stack', { env });
    const key = new kms.Key(stack, 'Key');
    setUp(stack, topics(stack, given === 'as it is' ? key : key.addAlias('topics')));
    const [policy] = Object.values(Template.fromStack(stack).findResources('AWS::KMS::Key'));
    expect(policy.Properties.KeyPolicy.Statement).toHaveLength(2);
    expect(policy.Properties.KeyPolicy.Statement).toContainEqual(statement);
    expect(warnings(stack)).toEqual([]);
  });

  test('with a key of another stack: no cycle', () => {
    const app = new App();
    const stack = new Stack(app, 'Stack', { env });
    const keys = new Stack(app, 'Keys', { env });
    setUp(stack, topics(stack, new kms.Key(keys, 'Key')));
    app.synth();
    expect(stack.dependencies).toEqual([keys]);
    const [policy] = Object.values(Template.fromStack(keys).findResources('AWS::KMS::Key'));
    expect(policy.Properties.KeyPolicy.Statement).toContainEqual(statement);
  });

  test.each<[string, (stack: Stack) => sns.ITopic]>([
    ['an imported key', stack => new sns.Topic(stack, 'Topic', { masterKey: kms.Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:eu-west-1:111122223333:key/1') })],
    ['a key known by its alias', stack => new sns.Topic(stack, 'Topic', { masterKey: kms.Alias.fromAliasName(stack, 'Key', 'alias/topics') })],
    ['a key in another account', stack => {
      const far = new Stack(stack.node.root as App, 'Far', { env: { ...env, account: '444455556666' } });
      return new sns.Topic(stack, 'Topic', { masterKey: new kms.Alias(far, 'Alias', { aliasName: 'alias/topics', targetKey: new kms.Key(far, 'Key') }) });
    }],
    ['an imported topic and its key', stack => sns.Topic.fromTopicAttributes(stack, 'Topic', {
      topicArn: 'arn:aws:sns:eu-west-1:111122223333:ops', keyArn: 'arn:aws:kms:eu-west-1:111122223333:key/1',
    })],
  ])('with %s: one warning with the statement to add', (_, topic) => {
    const stack = new Stack(new App(), 'Stack', { env });
    setUp(stack, { notifications: [topic(stack)] });
    Annotations.fromStack(stack).hasWarning('/Stack/Workers', Match.stringLikeRegexp(
      'aws-service-role/autoscaling\\.amazonaws\\.com/AWSServiceRoleForAutoScaling[^]*GenerateDataKey[^]*Ec2Workers\\.notificationsKey'));
    expect(warnings(stack)).toHaveLength(1);
  });
});

describe('rootVolumeKey', () => {
  test('of this app: the volume is encrypted with it, and Auto Scaling allowed to use it', () => {
    const stack = new Stack(new App(), 'Stack', { env });
    const key = new kms.Key(stack, 'Key');
    setUp(stack, { rootVolumeKey: key });
    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::EC2::LaunchTemplate', {
      LaunchTemplateData: { BlockDeviceMappings: [{ Ebs: Match.objectLike({ Encrypted: true, KmsKeyId: stack.resolve(key.keyArn) }) }] },
    });
    const [policy] = Object.values(template.findResources('AWS::KMS::Key'));
    expect(policy.Properties.KeyPolicy.Statement).toEqual(expect.arrayContaining([
      { ...ofAutoScaling, Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'] },
      expect.objectContaining({ Action: 'kms:CreateGrant', Condition: expect.objectContaining({ Bool: { 'kms:GrantIsForAWSResource': 'true' } }) }),
    ]));
    expect(warnings(stack)).toEqual([]);
  });

  test('imported: a warning with both statements', () => {
    const stack = new Stack(new App(), 'Stack', { env });
    setUp(stack, { rootVolumeKey: kms.Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:eu-west-1:111122223333:key/1') });
    Annotations.fromStack(stack).hasWarning('/Stack/Workers', Match.stringLikeRegexp(
      'kms:ReEncrypt\\*[^]*kms:CreateGrant[^]*"kms:GrantIsForAWSResource": "true"[^]*Ec2Workers\\.rootVolumeKey'));
  });
});

describe('notifications', () => {
  const imported = (stack: Stack, arn: string, id = arn) => sns.Topic.fromTopicArn(stack, id, arn);
  const count = (n: number) => (stack: Stack) => Array.from({ length: n }, (_, i) => imported(stack, `arn:aws:sns:eu-west-1:111122223333:t${i}`));

  test.each<[string, (stack: Stack) => sns.ITopic[], { got: string; allowed: string }]>([
    ['11 topics', count(11), { got: '11', allowed: '0 to 10' }],
    ['the same topic twice', stack => {
      const topic = new sns.Topic(stack, 'Ops');
      return [topic, topic];
    }, { got: "'Stack/Ops'", allowed: 'once' }],
    ['the same topic imported twice', stack => ['A', 'B'].map(id => imported(stack, 'arn:aws:sns:eu-west-1:111122223333:t', id)), { got: "'Stack/B'", allowed: 'once' }],
    ['a FIFO topic', stack => [new sns.Topic(stack, 'Ops', { fifo: true })], { got: "FIFO topic 'Stack/Ops'", allowed: 'standard' }],
    ['an imported FIFO topic', stack => [imported(stack, 'arn:aws:sns:eu-west-1:111122223333:t.fifo', 'Ops')], { got: "FIFO topic 'Stack/Ops'", allowed: 'standard' }],
    ['a topic in another Region', stack => [imported(stack, 'arn:aws:sns:eu-west-2:111122223333:t')], { got: 'Region eu-west-2', allowed: 'eu-west-1' }],
    ['a topic in another account', stack => [imported(stack, 'arn:aws:sns:eu-west-1:444455556666:t')], { got: 'account 444455556666', allowed: '111122223333' }],
  ])('refuse %s', (_, notifications, { got, allowed }) => {
    const stack = new Stack(new App(), 'Stack', { env });
    const problem = { prop: 'notifications', got: expect.stringContaining(got), allowed: expect.stringContaining(allowed) };
    expect(problemsOf(() => setUp(stack, { notifications: notifications(stack) }))).toEqual([expect.objectContaining(problem)]);
    expect(stack.node.tryFindChild('Workers')).toBeUndefined();
  });

  test('10 topics are allowed', () => {
    const stack = new Stack(new App(), 'Stack', { env });
    setUp(stack, { notifications: count(10)(stack) });
    const [group] = Object.values(Template.fromStack(stack).findResources('AWS::AutoScaling::AutoScalingGroup'));
    expect(group.Properties.NotificationConfigurations).toHaveLength(10);
  });
});

describe.each<[string, (stack: Stack, queue: sqs.IQueue) => Ec2Workers | FargateWorkers]>([
  ['Ec2Workers', (stack, queue) => setUp(stack, { queue })],
  ['FargateWorkers', (stack, queue) => new FargateWorkers(stack, 'Workers', {
    vpc: network(stack), queue, scaling: QueueScaling.onBacklog({ backlogPerWorker: 10, max: 3 }), command: workerContainer(),
  })],
])('a key that a queue gets after its %s', (kind, workersOn) => {
  const queues: [string, (stack: Stack) => sqs.IQueue][] = [
    ['a WorkQueue', stack => new WorkQueue(stack, 'Encrypted')],
    ['a queue of the CDK', stack => new sqs.Queue(stack, 'Encrypted')],
    ['a queue with another key', stack => new sqs.Queue(stack, 'Encrypted', { encryptionMasterKey: new kms.Key(stack, 'First') })],
  ];

  function encryptLater(makeQueue: (stack: Stack, key: kms.Key) => sqs.IQueue, kmsMasterKeyId: (key: kms.Key) => string = key => key.keyArn) {
    const stack = new Stack(new App(), 'Stack', { env });
    const key = new kms.Key(stack, 'Key');
    const workers = workersOn(stack, makeQueue(stack, key));
    Aspects.of(stack).add({
      visit: node => {
        if (sqs.CfnQueue.isCfnQueue(node) && !node.node.path.includes('DeadLetterQueue')) node.kmsMasterKeyId = kmsMasterKeyId(key);
      },
    });
    return { stack, key, workers };
  }

  test.each(queues)('%s: refused when the template is written, unless they can use it', (_, makeQueue) => {
    expect(() => Template.fromStack(encryptLater(makeQueue).stack)).toThrow(new RegExp(`${kind} at 'Stack/Workers' has a problem:\n  - queue: got '[^']*' with the key '?Stack/Key`));
    const { stack, key, workers } = encryptLater(makeQueue);
    key.grantDecrypt(workers);
    Template.fromStack(stack);
  });

  test('by its ARN: refused, unless the role may decrypt', () => {
    const arn = 'arn:aws:kms:eu-west-1:111122223333:key/1';
    expect(() => Template.fromStack(encryptLater(queues[1][1], () => arn).stack)).toThrow(/- queue: got '[^']*' with a key, /);
    const { stack, workers } = encryptLater(queues[1][1], () => arn);
    workers.role.addToPolicy(new iam.PolicyStatement({ actions: ['kms:Decrypt'], resources: [arn] }));
    Template.fromStack(stack);
  });

  test('the AWS managed key, which needs no permission, and the key that it has, are accepted', () => {
    Template.fromStack(encryptLater(queues[1][1], () => 'alias/aws/sqs').stack);
    Template.fromStack(encryptLater((stack, key) => new sqs.Queue(stack, 'Encrypted', { encryptionMasterKey: key })).stack);
  });
});
