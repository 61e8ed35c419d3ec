import { Duration, Size, Stack, TagManager, Token } from 'aws-cdk-lib';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { describe, describeDuration } from '../../private/describe';
import { knownApart } from '../../private/environment';
import { Problems } from '../../private/problems';
import { factsOf } from '../../private/queue-facts';
import { renderPolicy, warn } from '../../private/warnings';
import type { Ec2Workers, Ec2WorkersProps } from '../ec2-workers';
import { WorkerImage } from '../worker-image';

/** The limit of a mixed instances policy. */
const MAX_INSTANCE_TYPES = 40;

const TERMINATION_POLICIES: autoscaling.TerminationPolicy[] = Object.values(autoscaling.TerminationPolicy)
  .filter(policy => policy !== autoscaling.TerminationPolicy.CUSTOM_LAMBDA_FUNCTION);

/** Throws everything that is wrong with the props, before anything is made. */
export function checkProps(scope: Construct, props: Ec2WorkersProps): void {
  const problems = new Problems(scope, 'Ec2Workers');
  checkQueue(scope, problems, props.queue);
  checkNetwork(problems, props);

  const scaling = 'QueueScaling.onLatency() or QueueScaling.onBacklog()';
  if (props.scaling === undefined) {
    problems.add({ prop: 'scaling', got: 'nothing', allowed: scaling, fix: `Use ${scaling}.` });
  } else if (problems.instance('scaling', props.scaling, '_check', scaling)) {
    props.scaling._check(problems, 'scaling');
  }
  if (problems.instance('inFlight', props.inFlight, '_check', 'InFlightProtection.lifecycleHook(), .instanceProtection() or .none(reason)')) {
    props.inFlight?._check(problems, 'inFlight');
  }
  if (problems.instance('purchasing', props.purchasing, '_distribution', 'Purchasing.onDemand() or Purchasing.spot()')) {
    props.purchasing?._check(problems, 'purchasing');
  }
  if (problems.instance('image', props.image, '_defaultInstanceType', 'WorkerImage.amazonLinux2023() or WorkerImage.custom()')) {
    props.image?._check(problems, 'image');
    checkInstanceTypes(problems, props.instanceTypes, props.image);
  }

  problems.instance('userData', props.userData, 'render', 'ec2.UserData.forLinux() or another ec2.UserData');
  problems.instance('updatePolicy', props.updatePolicy, '_renderUpdatePolicy', 'autoscaling.UpdatePolicy.rollingUpdate() or .replacingUpdate()');
  problems.require(props.healthChecks === undefined || Array.isArray(props.healthChecks.types), {
    prop: 'healthChecks', got: describe(props.healthChecks), allowed: 'autoscaling.HealthChecks', fix: 'Use autoscaling.HealthChecks.ec2() or .withAdditionalChecks().',
  });
  checkList(problems, 'notifications', props.notifications, topic => typeof topic?.topicArn === 'string', 'sns.ITopic');
  checkVolume(problems, props.rootVolumeSize);
  problems.seconds('maxInstanceLifetime', props.maxInstanceLifetime, {
    min: Duration.days(1), max: Duration.days(365), fix: 'Leave it out for instances that live as long as they are needed.',
  });
  checkList(problems, 'terminationPolicies', props.terminationPolicies, policy => TERMINATION_POLICIES.includes(policy),
    'autoscaling.TerminationPolicy, except CUSTOM_LAMBDA_FUNCTION');
  problems.throwIfAny();
}

function checkList<T>(problems: Problems, prop: string, list: T[] | undefined, belongs: (element: T) => boolean, allowed: string): boolean {
  if (list === undefined || (Array.isArray(list) && list.every(belongs))) return true;
  problems.add({ prop, got: describe(list), allowed: `a list of ${allowed}`, fix: 'Remove or replace what is of another kind.' });
  return false;
}

function checkVolume(problems: Problems, size: Size | undefined): void {
  const bytes = problems.bytes('rootVolumeSize', size, {
    min: Size.gibibytes(1), max: Size.gibibytes(65_536), fix: 'Give at least the size of the image.',
  });
  problems.require(bytes === undefined || Number.isInteger(bytes / Size.gibibytes(1).toBytes()), {
    prop: 'rootVolumeSize', got: `${bytes} bytes`, allowed: 'whole gibibytes', fix: 'Use Size.gibibytes().',
  });
}

function checkQueue(scope: Construct, problems: Problems, queue: sqs.IQueue | undefined): void {
  if (typeof queue?.queueArn !== 'string') {
    problems.add({ prop: 'queue', got: describe(queue), allowed: 'an sqs.IQueue', fix: 'Of a WorkQueue, pass its member queue.' });
    return;
  }
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
    const refusal = refusedSubnets(vpc, vpcSubnets);
    problems.require(refusal === undefined, {
      prop: 'vpcSubnets',
      got: vpcSubnets ? 'a selection the VPC cannot fulfil' : 'nothing, in a VPC without private subnets with egress',
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

function checkInstanceTypes(problems: Problems, types: ec2.InstanceType[] | undefined, image: WorkerImage | undefined): void {
  if (types === undefined) return;
  if (!checkList(problems, 'instanceTypes', types, type => typeof type?.isBurstable === 'function', 'ec2.InstanceType')) return;
  const names = types.map(type => type.toString());
  problems.require(names.length >= 1 && names.length <= MAX_INSTANCE_TYPES && new Set(names).size === names.length, {
    prop: 'instanceTypes',
    got: describe(names),
    allowed: `1 to ${MAX_INSTANCE_TYPES} types, each once`,
    fix: 'Leave it out for a small burstable one.',
  });
  const architecture = image?.architecture ?? ec2.InstanceArchitecture.ARM_64;
  for (const type of types) {
    const actual = architectureOf(type);
    problems.require(actual === undefined || actual === architecture, {
      prop: 'instanceTypes',
      got: `${type} (${actual})`,
      allowed: `types of the architecture of the image, ${architecture}`,
      fix: 'Choose another type, or an image for that architecture, such as WorkerImage.amazonLinux2023(ec2.InstanceArchitecture.X86_64).',
    });
  }
}

/** Not known for a token, nor for a name the CDK cannot take apart, such as u-6tb1.56xlarge. */
function architectureOf(type: ec2.InstanceType): ec2.InstanceArchitecture | undefined {
  try {
    return type.architecture;
  } catch {
    return undefined;
  }
}

/** Warns of what the service would accept and the user may not want. */
export function warnOf(scope: Ec2Workers, props: Ec2WorkersProps): void {
  const { queue, scaling } = props;
  const { owned, awsManagedKey, visibilityTimeout } = factsOf(queue);

  if (!owned && !awsManagedKey && !queue.encryptionMasterKey) {
    warn(scope, 'Ec2Workers.queueKey',
      'It is not known whether the imported queue is encrypted with a customer key. If it is, the workers cannot read its messages: '
      + 'import it with sqs.Queue.fromQueueAttributes() and keyArn, or add this to the role of the workers: '
      + renderPolicy(scope, { Effect: 'Allow', Action: 'kms:Decrypt', Resource: '<ARN of the key>' }));
  }

  const key = queue.encryptionMasterKey;
  if (key && knownApart(key.env.account, Stack.of(scope).account)) {
    warn(scope, 'Ec2Workers.queueKey',
      `The key of the queue is in account ${key.env.account}, where the role of the workers may use it only if the policy of the key says so. Add: `
      + renderPolicy(scope, { Effect: 'Allow', Principal: { AWS: scope.role.roleArn }, Action: 'kms:Decrypt', Resource: '*' }));
  }

  const processing = scaling.processingTime;
  if (visibilityTimeout !== undefined && processing && visibilityTimeout < processing.toSeconds({ integral: false })) {
    warn(scope, 'Ec2Workers.visibilityTimeout',
      `The visibility timeout of the queue is ${visibilityTimeout} seconds and a message takes ${describeDuration(processing)}: it is handed out again `
      + 'while the first worker is still busy with it. Raise the visibility timeout, or have the workers extend it with ChangeMessageVisibility.');
  }

  if (props.vpcSubnets && props.vpc.selectSubnets(props.vpcSubnets).hasPublic) {
    warn(scope, 'Ec2Workers.publicSubnets',
      'The instances have no public address, and a public subnet routes to the internet by public addresses alone: they reach SQS and Session Manager '
      + 'through VPC endpoints only. Choose private subnets with egress, or make sure the endpoints are there.');
  }

  if (props.notifications?.some(topic => topic.masterKey)) {
    warn(scope, 'Ec2Workers.notificationsKey',
      'Amazon EC2 Auto Scaling publishes to the encrypted topic only if the policy of its key allows the service-linked role, which has to exist before. Add: '
      + renderPolicy(scope, {
        Effect: 'Allow',
        Principal: {
          AWS: Stack.of(scope).formatArn({
            service: 'iam', region: '', resource: 'role/aws-service-role/autoscaling.amazonaws.com', resourceName: 'AWSServiceRoleForAutoScaling',
          }),
        },
        Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
        Resource: '*',
      }));
  }
}

/** What the instance metadata service takes as the key of a tag; with any other the instance does not launch. */
const METADATA_TAG_KEY = /^(?!\.{1,2}$|_index$)[A-Za-z0-9+\-=.,_:@]+$/;

/** Finds the tags that would keep an instance from launching. They are only all known at synthesis. */
export function refusedTags(group: Construct, launchTemplate: ec2.LaunchTemplate): string[] {
  const keys = [launchTemplate, group.node.defaultChild].flatMap(tagged => Object.keys(TagManager.of(tagged)!.tagValues()));
  return [...new Set(keys)]
    .filter(key => !Token.isUnresolved(key) && !METADATA_TAG_KEY.test(key))
    .map(key => `cdk-decouple Ec2Workers at '${group.node.scope!.node.path}' has a problem:\n  - tags: got a tag with the key '${key}'; allowed: keys of letters, `
      + 'digits and + - = . , _ : @. A worker reads the name of its group from the tags in the instance metadata, and an instance with another key there does not launch: '
      + 'change the tag, exclude the workers from it, or use InFlightProtection.none(reason), which reads no tags.');
}
