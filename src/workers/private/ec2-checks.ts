import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { checkBounds } from '../../private/bounds';
import { describe } from '../../private/describe';
import { kindProblems, placeOf, placeProblems } from '../../private/environment';
import { keyProblems } from '../../private/keys';
import { Problem, at, unless } from '../../private/problems';
import type { Ec2WorkersProps } from '../ec2-workers';
import { imageProblems, instanceTypeProblems } from './launch-checks';
import { queueProblems } from './queue-work';
import { EC2_WORKERS } from './worker-bounds';

/** Everything that is wrong with the props. */
export function propsProblems(scope: Construct, props: Ec2WorkersProps): Problem[] {
  const { queue, scaling, inFlight, purchasing, image, rootVolumeKey } = props;
  const problems = [
    ...at('queue', queueProblems(scope, queue)),
    ...subnetProblems(props),
    ...at('scaling', scaling._check()),
    ...at('inFlight', inFlight?._check() ?? []),
    ...at('purchasing', purchasing?._check(scaling.max) ?? []),
    ...at('image', image?._check() ?? []),
    ...at('instanceTypes', instanceTypeProblems(props)),
    ...at('notifications', topicProblems(scope, props.notifications ?? [])),
    ...checkBounds(EC2_WORKERS, props),
    ...at('rootVolumeKey', rootVolumeKey ? keyProblems(scope, rootVolumeKey, { service: 'EBS', what: 'volume' }) : []),
    ...terminationProblems(props.terminationPolicies ?? []),
  ];
  // The image is read only if everything else is right, because that adds to the stack.
  return problems.length > 0 ? problems : imageProblems(scope, props);
}

function subnetProblems({ vpc, vpcSubnets }: Ec2WorkersProps): Problem[] {
  const refusal = refusedSubnets(vpc, vpcSubnets);
  return unless(refusal === undefined, () => ({
    prop: 'vpcSubnets',
    got: vpcSubnets ? 'a selection that the VPC cannot fulfill' : 'nothing, in a VPC without private subnets with egress',
    allowed: 'subnets of the VPC',
    fix: `${refusal} The instances must be able to reach SQS, through a NAT gateway or VPC endpoints.`,
  }));
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

function topicProblems(scope: Construct, topics: sns.ITopic[]): Problem[] {
  const repeated = topics.find((topic, i) => topics.findIndex(other => other.topicArn === topic.topicArn) < i);
  return [
    ...unless(repeated === undefined, () => ({ prop: '', got: `'${repeated?.node.path}' more than once`, allowed: 'each topic once', fix: 'Remove the repetition.' })),
    ...topics.flatMap(topic => [
      ...kindProblems('topic', topic, false, '', 'Amazon EC2 Auto Scaling does not publish to FIFO topics. Give a standard topic.'),
      ...placeProblems('topic', topic.env, { ...placeOf(scope), because: 'where the workers are' }, 'Give a topic there, and forward its messages.'),
    ]),
  ];
}

function terminationProblems(policies: autoscaling.TerminationPolicy[]): Problem[] {
  return unless(!policies.includes(autoscaling.TerminationPolicy.CUSTOM_LAMBDA_FUNCTION), () => ({
    prop: 'terminationPolicies',
    got: describe(policies),
    allowed: 'any autoscaling.TerminationPolicy but CUSTOM_LAMBDA_FUNCTION',
    fix: 'The group has no place for the function of a custom policy. Choose another policy.',
  }));
}
