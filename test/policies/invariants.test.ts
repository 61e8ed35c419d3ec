import { App, Stack } from 'aws-cdk-lib';
import * as backup from 'aws-cdk-lib/aws-backup';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { ACCOUNT, ADMINISTRATOR, attacksOn, canDeliver, expectAll, legsToConsume, OTHER_ACCOUNT, reportAtEnd, World } from './harness';
import { Encryption, ServiceSource } from '../../src/access';
import { DeliveryBucket, DeliveryLogging, KinesisSource, SourceBackup } from '../../src/delivery';
import { BucketEventFanOut, BucketEventRoute, FanOut, FifoFanOut, QueueSubscription } from '../../src/fanout';
import { Ordering, ReplyQueues, RequestResponse, WorkQueue } from '../../src/queues';
import { Ec2Workers, FargateWorkers, QueueScaling } from '../../src/workers';
import { DEFAULTS, build, functionWorker, network, workerContainer, workerScript } from '../support/constructs';
import { EXAMPLES, buildExample } from '../support/examples';
import { letIn } from '../support/let-in';
import { s3Stream } from '../support/s3-stream';
import { ANONYMOUS } from '../support/simulator';

type Json = any;

reportAtEnd('invariants');

/** Customer keys wherever there may be one, and every kind of source on them: what the defaults do not have. */
const WITH_KEYS: Record<string, (stack: Stack) => void> = {
  'a queue with a customer key that services send to': stack => {
    const jobs = new WorkQueue(stack, 'Jobs', { encryption: Encryption.customerManaged() });
    jobs.allowService(ServiceSource.bucket(new s3.Bucket(stack, 'Bucket', { enforceSSL: true })));
    jobs.allowService(ServiceSource.rule(new events.Rule(stack, 'Rule', { eventPattern: { source: ['orders'] } })));
    new FanOut(stack, 'Orders').addSubscription(new QueueSubscription(jobs));
  },
  'queues with a customer key that a topic feeds': stack => {
    const orders = new FanOut(stack, 'Orders');
    orders.addQueue('Billing', { encryption: Encryption.customerManaged() });
    orders.addQueue('Audit', { encryption: Encryption.customerManaged(new kms.Key(stack, 'Key')) });
  },
  'a topic with publishers': stack => {
    const bucket = new s3.Bucket(stack, 'Bucket', { enforceSSL: true });
    letIn(new FanOut(stack, 'Uploads', { encryption: Encryption.customerManaged() }), ServiceSource.alarms(), ServiceSource.bucket(bucket)).addQueue('Scan');
  },
  'a topic with publishers and its queues under one key': stack => {
    const key = new kms.Key(stack, 'Key');
    letIn(new FanOut(stack, 'Alarms', { encryption: Encryption.customerManaged(key) }), ServiceSource.alarms()).addQueue('Page', { encryption: Encryption.customerManaged(key) });
  },
  'the events of a bucket through a topic, with keys': stack => {
    const uploads = new BucketEventFanOut(stack, 'Uploads', { bucket: new s3.Bucket(stack, 'Bucket', { enforceSSL: true }), route: BucketEventRoute.topic() });
    uploads.addQueue('Scan', { encryption: Encryption.customerManaged() });
  },
  'the events of a bucket through rules, with keys': stack => {
    const uploads = new BucketEventFanOut(stack, 'Uploads', { bucket: new s3.Bucket(stack, 'Bucket', { enforceSSL: true }) });
    uploads.addQueue('Scan', { encryption: Encryption.customerManaged() });
  },
  'a FIFO topic with publishers and queues with keys': stack => {
    const sourceArn = `arn:aws:pipes:eu-west-1:${ACCOUNT}:pipe/orders`;
    const ledger = letIn(new FifoFanOut(stack, 'Ledger', { encryption: Encryption.customerManaged() }), ServiceSource.of({ service: 'pipes.amazonaws.com', sourceArn }));
    ledger.addQueue('Balances', { ordering: Ordering.fifo(), encryption: Encryption.customerManaged() });
    ledger.addQueue('Search', { ordering: Ordering.standard(), encryption: Encryption.customerManaged() });
  },
  'a topic that services notify': stack => {
    const notices = letIn(new FanOut(stack, 'Notices', { encryption: Encryption.customerManaged() }),
      ServiceSource.budgets(), ServiceSource.costAnomalies(), ServiceSource.databaseEvents());
    new backup.BackupVault(stack, 'Vault', { notificationTopic: notices });
    notices.addQueue('Audit');
  },
  'requests and replies with a customer key': stack => {
    const prices = new RequestResponse(stack, 'Prices', { requests: { encryption: Encryption.customerManaged() } });
    prices.grantRespond(new iam.Role(stack, 'Pricing', { assumedBy: new iam.AccountRootPrincipal() }));
    prices.addRequester('Shop').grantRequest(new iam.Role(stack, 'Shop', { assumedBy: new iam.AccountRootPrincipal() }));
  },
  'requests with a customer key, and temporary reply queues': stack => {
    const prices = new RequestResponse(stack, 'Prices', { requests: { encryption: Encryption.customerManaged() }, replies: ReplyQueues.temporary() });
    prices.grantRespond(new iam.Role(stack, 'Pricing', { assumedBy: new iam.AccountRootPrincipal() }));
    prices.grantRequest(new iam.Role(stack, 'Shop', { assumedBy: new iam.AccountRootPrincipal() }));
  },
  'workers of each kind on a queue with a customer key': stack => {
    const queue = new WorkQueue(stack, 'Jobs', { encryption: Encryption.customerManaged() });
    const [vpc, scaling] = [network(stack), QueueScaling.onBacklog({ backlogPerWorker: 10, min: 0, max: 4 })];
    new Ec2Workers(stack, 'Workers', { vpc, queue, scaling, userData: workerScript() });
    new FargateWorkers(stack, 'Tasks', { vpc, queue, scaling, command: workerContainer() });
    functionWorker(stack, {}, queue);
  },
  'a delivery with customer keys': stack => {
    const bucket = () => DeliveryBucket.create({ encryption: Encryption.customerManaged() });
    s3Stream(stack, 'Clicks', {
      source: KinesisSource.create({ encryption: Encryption.customerManaged() }),
      bucket: bucket(),
      backup: SourceBackup.allRecords({ bucket: bucket() }),
      logging: DeliveryLogging.create({ encryption: Encryption.customerManaged() }),
    });
  },
};

const subjects: [string, () => App][] = [
  ...Object.entries({ ...DEFAULTS, ...WITH_KEYS }).map(([name, make]): [string, () => App] => [name, () => build(make).app]),
  ...EXAMPLES.map((name): [string, () => App] => [`examples/${name}`, () => buildExample(name)]),
];

/** What lets a service in without a source, because the service does not send one. */
const WITHOUT_SOURCE: Record<string, (statement: Json) => boolean> = {
  'ec2.amazonaws.com': ({ Action }) => Action === 'sts:AssumeRole',
  'lambda.amazonaws.com': ({ Action }) => Action === 'sts:AssumeRole',
  // The role that pulls the image of FargateWorkers, which the L2 creates: AWS documents the conditions for the role of a task only, and
  // that of FargateWorkers has them (test/policies/fargate.test.ts). Also roles that the examples create for a reader's own services.
  'ecs-tasks.amazonaws.com': ({ Action }) => Action === 'sts:AssumeRole',
  'firehose.amazonaws.com': ({ Action, Condition }) => Action === 'sts:AssumeRole' && Condition.StringEquals['sts:ExternalId'] === ACCOUNT,
  // AWS documents only the account.
  'costalerts.amazonaws.com': ({ Condition }) => Condition.StringEquals['aws:SourceAccount'] === ACCOUNT,
  // The role of delivery status logs: AWS does not document that SNS sends the source when it assumes it.
  'sns.amazonaws.com': ({ Action }) => Action === 'sts:AssumeRole',
  'logs.eu-west-1.amazonaws.com': ({ Condition }) => Condition.ArnLike['kms:EncryptionContext:aws:logs:arn'].includes(`:${ACCOUNT}:`),
};

/** Actions that can only be allowed on every resource, or on none that is known before it exists. */
const ON_EVERYTHING = /^(sqs:ListQueues|ssm:UpdateInstanceInformation|ssmmessages:(Create|Open)(Control|Data)Channel|glue:GetSchemaVersion|ecr:GetAuthorizationToken)$/;

describe.each(subjects)('%s', (_, make) => {
  let world: World;
  let statements: { where: string; statement: Json }[];

  beforeAll(async () => {
    // What does not exist in a policy makes this fail.
    world = await World.of(make());
    statements = world.policies().flatMap(({ where, policy }) => [policy.Statement].flat().map(statement => ({ where, statement })));
  });

  const isOfEndpoint = ({ where }: { where: string }) => world.stacks.some(stack => stack.idsOf('AWS::EC2::VPCEndpoint').some(id => where === `${stack.stackName}.${id}`));
  // The policy of an endpoint grants nothing.
  const allows = () => statements.filter(one => one.statement.Effect === 'Allow' && !isOfEndpoint(one));
  const failing = (holds: (statement: Json) => boolean) => allows().filter(({ statement }) => !holds(statement));

  test('lets nobody in by a star', () => {
    expect(failing(({ Principal }) => ![Principal, Principal?.AWS].flat().includes('*'))).toEqual([]);
  });

  test('lets a service in for a source alone, by ARN and account', () => {
    expect(failing(statement => {
      const services: string[] = [statement.Principal?.Service ?? []].flat();
      const keys = Object.values<Json>(statement.Condition ?? {}).flatMap(Object.keys);
      const limited = keys.includes('aws:SourceArn') && keys.includes('aws:SourceAccount');
      return services.every(service => limited || WITHOUT_SOURCE[service]?.(statement));
    })).toEqual([]);
  });

  test('allows no action by a star, but for the account on its own keys', () => {
    const root = `arn:aws:iam::${ACCOUNT}:root`;
    expect(failing(({ Action, Principal }) => [Action].flat().every((action: string) => !action.includes('*') || (action === 'kms:*' && Principal.AWS === root)))).toEqual([]);
  });

  test('lets a role do nothing on every resource that has resources', () => {
    const identity = allows().filter(({ statement }) => statement.Principal === undefined && [statement.Resource].flat().includes('*'));
    expect(identity.filter(({ statement }) => ![statement.Action].flat().every((action: string) => ON_EVERYTHING.test(action)))).toEqual([]);
  });

  test('has one policy at most on each resource, and what is not TLS is denied to everybody', async () => {
    for (const resource of world.resources) {
      const action = { sqs: 'sqs:SendMessage', sns: 'sns:Publish', s3: resource.includes('/') ? 's3:GetObject' : 's3:ListBucket' }[resource.split(':')[2]];
      if (!action) {
        world.resourcePolicy(resource);
        continue;
      }
      const request = { principal: `arn:aws:iam::${ACCOUNT}:role/Administrator`, action, resource, identityPolicies: [ADMINISTRATOR] };
      expect(await world.may(request)).toBe('Allowed');
      expect(await world.may({ ...request, context: { 'aws:SecureTransport': 'false' } })).toBe('ExplicitlyDenied');
    }
  });

  test('lets through an endpoint only the account, to resources that are named', () => {
    for (const { statement } of statements.filter(isOfEndpoint)) {
      expect(statement.Condition).toEqual({ StringEquals: { 'aws:PrincipalAccount': ACCOUNT } });
      for (const resource of [statement.Resource].flat()) expect(resource).toMatch(/^arn:aws:\w+:[\w-]+:\d{12}:[\w/-]+(\/consumer\/\*)?$/);
    }
  });

  test('lets in nobody anonymous, nobody from another account, and no service without a source', async () => {
    expect(await world.matrix(ANONYMOUS)).toEqual({});
    expect(await world.matrix(`arn:aws:iam::${OTHER_ACCOUNT}:role/Administrator`, undefined, [ADMINISTRATOR])).toEqual({});
    const services = new Set(allows().flatMap(({ statement }) => statement.Principal?.Service ?? []));
    for (const service of services) {
      const open = Object.entries(await world.matrix(service)).filter(([arn, actions]) => !(arn.includes(':role/') && `${actions}` === 'sts:AssumeRole'));
      expect(open).toEqual([]);
    }
  });

  test('every subscription delivers to its queue and its dead letters', async () => {
    for (const stack of world.stacks) {
      for (const { TopicArn, Endpoint, Protocol, RedrivePolicy } of stack.idsOf('AWS::SNS::Subscription').map(id => stack.propertiesOf(id))) {
        const dead = RedrivePolicy ? [RedrivePolicy.deadLetterTargetArn] : [];
        // A mobile device has no policy.
        for (const to of new Set<string>([...Protocol === 'application' ? [] : [Endpoint], ...dead])) {
          const delivery = { service: 'sns.amazonaws.com', source: TopicArn, to };
          expect(await canDeliver(world, delivery)).toBe(true);
          for (const [, attack] of attacksOn(delivery)) expect(await canDeliver(world, attack)).toBe(false);
        }
      }
    }
  });

  test('every function that is fed by a queue may work on it', async () => {
    for (const stack of world.stacks) {
      for (const { EventSourceArn, FunctionName } of stack.idsOf('AWS::Lambda::EventSourceMapping').map(id => stack.propertiesOf(id))) {
        const handler = world.arns('AWS::Lambda::Function').find(arn => arn.split(':').pop() === FunctionName);
        await expectAll(world, legsToConsume(world, world.properties(handler!).Role, EventSourceArn));
      }
    }
  });
});

test.each(Object.entries(WITH_KEYS).slice(0, 8))('%s: there is a service on a key, for the above to see', async (_, make) => {
  const world = await World.of(build(make).app);
  const onKeys = world.arns('AWS::KMS::Key').flatMap(key => world.resourcePolicy(key).Statement).filter(({ Principal }: Json) => Principal.Service);
  expect(onKeys.length).toBeGreaterThan(0);
  for (const { Action } of onKeys) expect(Action).toEqual(['kms:Decrypt', 'kms:GenerateDataKey']);
});
