import { Duration, Stack } from 'aws-cdk-lib';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { checkArn } from '../../private/arn';
import { describe } from '../../private/describe';
import { knownApart } from '../../private/environment';
import { Problems } from '../../private/problems';
import type { Ec2WorkersProps } from '../ec2-workers';
import { InFlightProtection } from '../in-flight-protection';
import { Purchasing } from '../purchasing';
import { QueueScaling } from '../queue-scaling';
import { WorkerImage } from '../worker-image';
import { checkImage, checkInstanceTypes, checkVolume } from './instance-checks';
import { checkList } from './lists';
import { checkNotifications } from './notifications';

const TERMINATION_POLICIES: autoscaling.TerminationPolicy[] = Object.values(autoscaling.TerminationPolicy)
  .filter(policy => policy !== autoscaling.TerminationPolicy.CUSTOM_LAMBDA_FUNCTION);

/** Throws everything that is wrong with the props, before anything is made. */
export function checkProps(scope: Construct, props: Ec2WorkersProps): void {
  const problems = new Problems(scope, 'Ec2Workers');
  problems.options('props', props);
  checkQueue(scope, problems, props.queue);
  checkNetwork(problems, props);

  const scaling = 'QueueScaling.onLatency() or QueueScaling.onBacklog()';
  if (props.scaling === undefined) {
    problems.add({ prop: 'scaling', got: 'nothing', allowed: scaling, fix: `Use ${scaling}.` });
  } else if (problems.union('scaling', props.scaling, QueueScaling, scaling)) {
    props.scaling._check(problems, 'scaling');
  }
  if (problems.union('inFlight', props.inFlight, InFlightProtection, 'InFlightProtection.lifecycleHook(), .instanceProtection() or .none(reason)')) {
    props.inFlight?._check(problems, 'inFlight');
  }
  if (problems.union('purchasing', props.purchasing, Purchasing, 'Purchasing.onDemand() or Purchasing.spot()')) {
    props.purchasing?._check(problems, 'purchasing', props.scaling?.max);
  }
  if (problems.union('image', props.image, WorkerImage, 'WorkerImage.amazonLinux2023() or WorkerImage.custom()')) {
    props.image?._check(problems, 'image');
    checkInstanceTypes(problems, props.instanceTypes, props.image);
  }

  problems.instance('userData', props.userData, 'render', 'ec2.UserData.forLinux() or another ec2.UserData');
  problems.instance('updatePolicy', props.updatePolicy, '_renderUpdatePolicy', 'autoscaling.UpdatePolicy.rollingUpdate() or .replacingUpdate()');
  problems.require(props.healthChecks === undefined || Array.isArray(props.healthChecks?.types), {
    prop: 'healthChecks', got: describe(props.healthChecks), allowed: 'autoscaling.HealthChecks', fix: 'Use autoscaling.HealthChecks.ec2() or .withAdditionalChecks().',
  });
  checkNotifications(scope, problems, props.notifications);
  checkVolume(scope, problems, props);
  for (const prop of ['sessionManager', 'detailedMonitoring'] as const) {
    problems.require(props[prop] === undefined || typeof props[prop] === 'boolean', {
      prop, got: describe(props[prop]), allowed: 'true or false', fix: 'Leave it out for the default.',
    });
  }
  problems.seconds('maxInstanceLifetime', props.maxInstanceLifetime, {
    min: Duration.days(1), max: Duration.days(365), fix: 'Leave it out for instances that live as long as they are needed.',
  });
  checkList(problems, 'terminationPolicies', props.terminationPolicies, policy => TERMINATION_POLICIES.includes(policy),
    'autoscaling.TerminationPolicy, except CUSTOM_LAMBDA_FUNCTION');
  // Last, as it may leave a parameter in the stack: only where the group will be made, or the image itself is wrong.
  if (!problems.any) checkImage(scope, problems, props);
  problems.throwIfAny();
}

function checkQueue(scope: Construct, problems: Problems, queue: sqs.IQueue | undefined): void {
  if (typeof queue?.queueArn !== 'string') {
    problems.add({ prop: 'queue', got: describe(queue), allowed: 'an sqs.IQueue', fix: 'Of a WorkQueue, pass its member queue.' });
    return;
  }
  checkArn(problems, 'queue', queue.queueArn, 'sqs');
  const stack = Stack.of(scope);
  for (const [what, theirs, ours] of [['account', queue.env.account, stack.account], ['Region', queue.env.region, stack.region]]) {
    problems.require(!knownApart(theirs, ours), {
      prop: 'queue',
      got: `a queue in ${what} ${theirs}`,
      allowed: `a queue in the ${what} of the workers, ${ours}`,
      fix: 'SQS publishes its metrics where the queue is, and a scaling policy reads no others: put the workers there, or forward the messages to a queue here.',
    });
  }
}

function checkNetwork(problems: Problems, { vpc, vpcSubnets, securityGroups }: Ec2WorkersProps): void {
  if (typeof vpc?.selectSubnets !== 'function') {
    problems.add({ prop: 'vpc', got: describe(vpc), allowed: 'an ec2.IVpc', fix: 'Give the VPC that the instances are in.' });
  } else {
    problems.require(vpcSubnets === undefined || typeof vpcSubnets === 'object', {
      prop: 'vpcSubnets', got: describe(vpcSubnets), allowed: 'an ec2.SubnetSelection', fix: 'Use { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS } or another.',
    });
    const refusal = refusedSubnets(vpc, vpcSubnets);
    problems.require(refusal === undefined, {
      prop: 'vpcSubnets',
      got: vpcSubnets ? 'a selection the VPC cannot fulfill' : 'nothing, in a VPC without private subnets with egress',
      allowed: 'subnets the VPC has',
      fix: `${refusal} The instances need a way to SQS: egress through NAT, or VPC endpoints.`,
    });
  }
  const groups = checkList(problems, 'securityGroups', securityGroups, group => typeof group?.securityGroupId === 'string', 'ec2.ISecurityGroup');
  problems.require(!groups || securityGroups === undefined || securityGroups.length > 0, {
    prop: 'securityGroups',
    got: '[]',
    allowed: 'at least one security group',
    fix: 'Leave it out for one of their own without ingress; with none the instances would get the default group of the VPC.',
  });
}

/** Why the VPC refuses a selection. */
function refusedSubnets(vpc: ec2.IVpc, selection: ec2.SubnetSelection | undefined): string | undefined {
  try {
    const { subnetIds } = vpc.selectSubnets(selection ?? { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS });
    return subnetIds.length === 0 ? 'It matches no subnet.' : undefined;
  } catch (error) {
    return `${(error as Error).message.replace(/\.$/, '')}.`;
  }
}
