import { App, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import { MessagingEndpoints } from '../../src/access';
import { WorkQueue } from '../../src/queues';
import { Ec2Workers, FargateWorkers, QueueScaling } from '../../src/workers';
import { workerContainer, workerScript } from '../support/constructs';
import { problemsOf } from '../support/problems';

const scaling = QueueScaling.onBacklog({ backlogPerWorker: 10, max: 3 });

const vpcOf = (stack: Stack, id: string, vpcId = `vpc-${id}`) => ec2.Vpc.fromVpcAttributes(stack, id, {
  vpcId, vpcCidrBlock: '10.0.0.0/16', availabilityZones: ['a'], privateSubnetIds: ['subnet-1'],
});

function setUp(id: string) {
  const stack = new Stack(new App(), id);
  const queue = new WorkQueue(stack, 'Jobs');
  const endpointsIn = (vpc: ec2.IVpc) => new MessagingEndpoints(stack, `Endpoints${vpc.node.id}`, { vpc, queues: [queue] });
  return { stack, queue, endpointsIn };
}

describe.each<[string, (stack: Stack, queue: WorkQueue, vpc: ec2.IVpc) => Ec2Workers | FargateWorkers]>([
  ['Ec2Workers', (stack, queue, vpc) => new Ec2Workers(stack, 'Workers', { vpc, queue, scaling, userData: workerScript() })],
  ['FargateWorkers', (stack, queue, vpc) => new FargateWorkers(stack, 'Workers', { vpc, queue, scaling, command: workerContainer() })],
])('%s on a queue that is restricted to an endpoint', (kind, workersIn) => {
  const count = (stack: Stack) => Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp(`${kind}\\.restrictedQueue`)).length;

  test('of another VPC are warned, also if it is restricted later', () => {
    const { stack, queue, endpointsIn } = setUp('Stack');
    workersIn(stack, queue, vpcOf(stack, 'Theirs'));
    endpointsIn(vpcOf(stack, 'Other')).restrictQueue(queue);
    expect(count(stack)).toBe(1);
  });

  test('of one of two VPCs of this app are warned of the other', () => {
    const { stack, queue, endpointsIn } = setUp('Stack');
    endpointsIn(new ec2.Vpc(stack, 'Other')).restrictQueue(queue);
    workersIn(stack, queue, new ec2.Vpc(stack, 'Theirs'));
    expect(count(stack)).toBe(1);
  });

  test.each<[string, (set: ReturnType<typeof setUp>) => void]>([
    ['of their VPC', ({ stack, queue, endpointsIn }) => {
      const vpc = vpcOf(stack, 'Theirs');
      endpointsIn(vpc).restrictQueue(queue);
      workersIn(stack, queue, vpc);
    }],
    ['of their VPC, imported twice', ({ stack, queue, endpointsIn }) => {
      endpointsIn(vpcOf(stack, 'Theirs')).restrictQueue(queue);
      workersIn(stack, queue, vpcOf(stack, 'Again', 'vpc-Theirs'));
    }],
    ['of their VPC and another', ({ stack, queue, endpointsIn }) => {
      const vpc = vpcOf(stack, 'Theirs');
      endpointsIn(vpcOf(stack, 'Other')).restrictQueue(queue);
      endpointsIn(vpc).restrictQueue(queue);
      workersIn(stack, queue, vpc);
    }],
    ['of a VPC that may be theirs', ({ stack, queue, endpointsIn }) => {
      endpointsIn(vpcOf(stack, 'Other')).restrictQueue(queue);
      workersIn(stack, queue, new ec2.Vpc(stack, 'Theirs'));
    }],
    ['of another VPC, with their role as an exception', ({ stack, queue, endpointsIn }) => {
      const workers = workersIn(stack, queue, vpcOf(stack, 'Theirs'));
      endpointsIn(vpcOf(stack, 'Other')).restrictQueue(queue, { exceptRoles: [workers.role] });
    }],
    ['without a restriction', ({ stack, queue, endpointsIn }) => {
      endpointsIn(vpcOf(stack, 'Other'));
      workersIn(stack, queue, vpcOf(stack, 'Theirs'));
    }],
  ])('%s: no warning', (_, make) => {
    const set = setUp('Stack');
    make(set);
    expect(count(set.stack)).toBe(0);
  });
});

test('an exception that is undefined is named', () => {
  const { stack, queue, endpointsIn } = setUp('Stack');
  const role = new iam.Role(stack, 'Role', { assumedBy: new iam.AccountRootPrincipal() });
  const exceptRoles = [role, (new class { public readonly role?: iam.Role; }).role!];
  expect(problemsOf(() => endpointsIn(vpcOf(stack, 'Vpc')).restrictQueue(queue, { exceptRoles }))).toMatchObject([{ prop: 'exceptRoles[1]', got: 'nothing' }]);
});
