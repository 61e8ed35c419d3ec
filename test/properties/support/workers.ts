import { Duration, Size } from 'aws-cdk-lib';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import * as fc from 'fast-check';
import { asymmetricKey, awsManagedQueue, keys, plainQueues, queuesWithDeadLetters } from './existing';
import { reasons } from './queues';
import {
  Field, durationField, either, integers, junk, leaf, map, notDurations, notIntegers, nothing, nullish, numberTokens, oneOf, struct, textTokens,
  value,
} from './values';
import { ACCOUNT, OTHER_ACCOUNT } from './world';
import { Ordering, WorkQueue } from '../../../src/queues';
import { InFlightProtection, Purchasing, QueueScaling, WorkerImage } from '../../../src/workers';

const DAY = 86_400;

const queues: Field = leaf('queue', oneOf(
  ...plainQueues(false, 'topic'), ...plainQueues(true, 'base'), ...queuesWithDeadLetters('topic'), ...awsManagedQueue('topic'),
  value('a FIFO work queue', world => world.make('topic', (scope, id) => new WorkQueue(scope, id, { ordering: Ordering.fifo() }).queue)),
), fc.oneof(oneOf(value('a work queue itself', world => world.make('topic', (scope, id) => new WorkQueue(scope, id))), value('undefined', () => undefined)), junk()), fc.oneof(nullish, oneOf(
  value('a queue of another account', world => world.make('current', (scope, id) => sqs.Queue.fromQueueArn(scope, id, `arn:aws:sqs:eu-west-1:${OTHER_ACCOUNT}:theirs`))),
  value('a queue of another Region', world => world.make('current', (scope, id) => sqs.Queue.fromQueueArn(scope, id, `arn:aws:sqs:eu-north-1:${ACCOUNT}:theirs`))),
)));

const attributes = { vpcId: 'vpc-0123456789abcdef0', availabilityZones: ['eu-west-1a', 'eu-west-1b'] };
const importedVpc = value('an imported VPC', world => world.once('vpc', 'current', (scope, id) => ec2.Vpc.fromVpcAttributes(scope, id, {
  ...attributes,
  privateSubnetIds: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'],
  privateSubnetRouteTableIds: ['rtb-0123456789abcdef0', 'rtb-0123456789abcdef1'],
  publicSubnetIds: ['subnet-0123456789abcdef2', 'subnet-0123456789abcdef3'],
  publicSubnetRouteTableIds: ['rtb-0123456789abcdef2', 'rtb-0123456789abcdef3'],
})));

const vpcs: Field = leaf('vpc', fc.oneof({ arbitrary: oneOf(importedVpc), weight: 12 }, { arbitrary: oneOf(value('a VPC', world => world.once('own vpc', 'base', (scope, id) => new ec2.Vpc(scope, id, { natGateways: 1 })))), weight: 1 }),
  fc.oneof(oneOf(value('undefined', () => undefined)), junk()), fc.oneof(nullish, oneOf(value('a VPC without private subnets', world => world.make('current', (scope, id) => ec2.Vpc.fromVpcAttributes(scope, id, attributes))))));

const subnets: Field = leaf('vpcSubnets', oneOf(
  value('private', () => ({ subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS })), value('public', () => ({ subnetType: ec2.SubnetType.PUBLIC })),
  value('{}', () => ({})), value('undefined', () => undefined),
), oneOf(
  value('isolated', () => ({ subnetType: ec2.SubnetType.PRIVATE_ISOLATED })), value('by an unknown name', () => ({ subnetGroupName: 'nowhere' })), value('no subnets', () => ({ subnets: [] })),
  value('by name and type', () => ({ subnetGroupName: 'a', subnetType: ec2.SubnetType.PUBLIC })), value('undefined subnets', () => ({ subnets: [undefined] } as any)),
), fc.oneof(nullish, junk()));

function commands(userData: ec2.UserData): ec2.UserData {
  userData.addCommands('/opt/worker &');
  return userData;
}

const minimum = leaf('scaling.min', integers(0, 3, 0), notIntegers(0, Number.MAX_SAFE_INTEGER), nullish);
const maximum = leaf('scaling.max', fc.oneof(fc.integer({ min: 3, max: 100 }).map(n => value(String(n), () => n)), numberTokens(7)), fc.oneof(notIntegers(1, Number.MAX_SAFE_INTEGER), oneOf(value('undefined', () => undefined), value('0', () => 0))), nullish);
const cooldown = durationField('scaling.cooldown', 0, DAY, 120);
const idleTime: Field = leaf('scaling.idleTime', fc.oneof(oneOf(
  ...[5, 15, 360].map(n => value(`Duration.minutes(${n})`, () => Duration.minutes(n))), value('Duration.hours(6)', () => Duration.hours(6)), value('Duration.seconds(300)', () => Duration.seconds(300)),
  value('Duration.minutes(Lazy)', world => Duration.minutes(world.lazyNumber(15))),
), nothing), fc.oneof(oneOf(
  ...[0, 4, 361].map(n => value(`Duration.minutes(${n})`, () => Duration.minutes(n))), ...[299, 301].map(n => value(`Duration.seconds(${n})`, () => Duration.seconds(n))),
  value('Duration.seconds(Lazy)', world => Duration.seconds(world.lazyNumber(60))),
), junk('Duration.seconds(90)')), nullish);

const scalings: Field = either(
  map(struct({
    min: minimum,
    max: maximum,
    cooldown,
    idleTime,
    acceptable: leaf('scaling.acceptable', oneOf(value('Duration.hours(1)', () => Duration.hours(1)), value('Duration.seconds(60)', () => Duration.seconds(60))),
      fc.oneof(oneOf(value('Duration.seconds(0)', () => Duration.seconds(0)), value('Duration.millis(1)', () => Duration.millis(1)), value('Duration.seconds(Lazy)', world => Duration.seconds(world.lazyNumber(60))), value('undefined', () => undefined)), junk('Duration.seconds(90)')), nullish),
    processingTime: leaf('scaling.processingTime', oneOf(value('Duration.millis(250)', () => Duration.millis(250)), value('Duration.seconds(60)', () => Duration.seconds(60)), value('Duration.millis(0.5)', () => Duration.millis(0.5))),
      fc.oneof(oneOf(value('Duration.seconds(0)', () => Duration.seconds(0)), value('Duration.minutes(Lazy)', world => Duration.minutes(world.lazyNumber(1))), value('undefined', () => undefined)), junk('Duration.seconds(90)')), nullish),
  }, ['max', 'acceptable', 'processingTime']), 'QueueScaling.onLatency', given => QueueScaling.onLatency(given)),
  map(struct({
    min: minimum,
    max: maximum,
    cooldown,
    idleTime,
    backlogPerInstance: leaf('scaling.backlogPerInstance', fc.oneof(fc.constantFrom(1, 1.5, 10, 1e9).map(n => value(String(n), () => n)), numberTokens(10)),
      fc.oneof(oneOf(...[0, 0.99, -1, Infinity].map(n => value(String(n), () => n)), value('undefined', () => undefined)), junk()), nullish),
  }, ['max', 'backlogPerInstance']), 'QueueScaling.onBacklog', given => QueueScaling.onBacklog(given)),
  leaf('scaling', oneOf(value('QueueScaling.onBacklog()', () => QueueScaling.onBacklog({ backlogPerInstance: 10, max: 4 }))), fc.oneof(junk(), oneOf(value('undefined', () => undefined))), fc.oneof(nullish, oneOf(
    value('onLatency(null)', () => QueueScaling.onLatency(null as any)), value('onBacklog(undefined)', () => QueueScaling.onBacklog(undefined as any)),
    value('min above max', () => QueueScaling.onBacklog({ backlogPerInstance: 10, min: 5, max: 4 })),
  ))),
);

/** Types of the default architecture, or of x86 with its image. */
function machines(x86: boolean): Record<string, Field> {
  const arm = ['t4g.small', 'm7g.large', 'c7gn.xlarge'], intel = ['t3.small', 'm7i.large', 'c5.xlarge'];
  const [ours, theirs] = x86 ? [intel, arm] : [arm, intel];
  const list = (...names: string[]) => value(`[${names.join(', ')}]`, () => names.map(name => new ec2.InstanceType(name)));
  const custom = struct({
    machineImage: leaf('image.machineImage', oneOf(value('an image', () => ec2.MachineImage.genericLinux(Object.fromEntries(['eu-west-1', 'us-east-1', 'me-south-1', 'cn-north-1', 'us-gov-west-1', 'xx-nowhere-1'].map(region => [region, 'ami-0123456789abcdef0'])))),
      value('an image by a parameter', () => ec2.MachineImage.fromSsmParameter('/mine'))), fc.oneof(junk(), oneOf(value('undefined', () => undefined))), nullish),
    architecture: leaf('image.architecture', oneOf(value('the architecture', () => x86 ? ec2.InstanceArchitecture.X86_64 : ec2.InstanceArchitecture.ARM_64)), junk(), nullish),
    rootDeviceName: leaf('image.rootDeviceName', fc.oneof(oneOf(value("'/dev/sda1'", () => '/dev/sda1')), textTokens('/dev/sda1')), fc.oneof(oneOf(value("''", () => ''), value('undefined', () => undefined)), junk("'text'")), nullish),
  }, ['machineImage', 'architecture', 'rootDeviceName']);
  const image = either(
    leaf('image', oneOf(value('amazonLinux2023()', () => WorkerImage.amazonLinux2023(x86 ? ec2.InstanceArchitecture.X86_64 : undefined))), junk(), fc.oneof(nullish, oneOf(
      value("amazonLinux2023('text')", () => WorkerImage.amazonLinux2023('text' as any)), value('custom(null)', () => WorkerImage.custom(null as any)),
    ))),
    map(custom, 'WorkerImage.custom', given => WorkerImage.custom(given)),
  );
  return {
    image,
    instanceTypes: leaf('instanceTypes', fc.oneof(oneOf(...ours.map(name => list(name)), list(...ours), value('undefined', () => undefined)), oneOf(value('[Lazy]', world => [new ec2.InstanceType(world.lazyText(ours[0]))]))),
      fc.oneof(oneOf(value('[]', () => []), list(ours[0], ours[0]), list(theirs[0]), list(ours[0], theirs[1]), value('41 types', () => [...Array(41).keys()].map(n => new ec2.InstanceType(`${x86 ? 'm' : 'm6'}${x86 ? n : 'g'}.${n}xlarge`))), value("['t4g.small']", () => ['t4g.small'])), junk('[]')), nullish),
  };
}

/**
 * Props without a script get one: that there is none is only known, and refused, when the template is written
 * (test/workers/at-synthesis.test.ts), and what is drawn has to end there in a template.
 */
export function withScript(props: any): any {
  const plain = props !== null && typeof props === 'object' && Object.getPrototypeOf(props) === Object.prototype;
  return plain ? { ...props, userData: props.userData ?? commands(ec2.UserData.forLinux()) } : props;
}

export function workersProps(x86: boolean): Field {
  return struct({
    queue: queues,
    vpc: vpcs,
    scaling: scalings,
    ...machines(x86),
    vpcSubnets: subnets,
    securityGroups: leaf('securityGroups', fc.oneof(oneOf(
      value('[a group]', world => [world.make('current', (scope, id) => new ec2.SecurityGroup(scope, id, { vpc: importedVpc.make(world) }))]),
      value('[two imported groups]', world => ['0', '1'].map(end => world.make('current', (scope, id) => ec2.SecurityGroup.fromSecurityGroupId(scope, id, `sg-0123456789abcdef${end}`)))),
    ), nothing), fc.oneof(oneOf(value('[]', () => [])), junk('[]')), nullish),
    userData: leaf('userData', oneOf(value('forLinux()', () => commands(ec2.UserData.forLinux())), value('custom', () => ec2.UserData.custom('#!/bin/sh\ntrue'))), junk(), nullish),
    purchasing: either(
      leaf('purchasing', oneOf(value('onDemand()', () => Purchasing.onDemand())), junk(), fc.oneof(nullish, oneOf(value('spot(null)', () => Purchasing.spot(null as any))))),
      map(struct({
        onDemandBase: leaf('purchasing.onDemandBase', integers(0, 3, 1), notIntegers(0, Number.MAX_SAFE_INTEGER), nullish),
        onDemandPercentage: leaf('purchasing.onDemandPercentage', integers(0, 100, 50), notIntegers(0, 100), nullish),
        allocationStrategy: leaf('purchasing.allocationStrategy', oneOf(...Object.values(autoscaling.SpotAllocationStrategy).map(one => value(`'${one}'`, () => one))), junk(), nullish),
      }), 'Purchasing.spot', given => Purchasing.spot(given)),
    ),
    inFlight: either(
      leaf('inFlight', oneOf(value('instanceProtection()', () => InFlightProtection.instanceProtection()), value('lifecycleHook()', () => InFlightProtection.lifecycleHook())), junk(), fc.oneof(nullish, oneOf(value('lifecycleHook(null)', () => InFlightProtection.lifecycleHook(null as any))))),
      map(struct({ timeout: durationField('inFlight.timeout', 30, 7200, 600) }), 'InFlightProtection.lifecycleHook', given => InFlightProtection.lifecycleHook(given)),
      map(reasons('inFlight.reason'), 'InFlightProtection.none', given => InFlightProtection.none(given)),
    ),
    rootVolumeSize: leaf('rootVolumeSize', fc.oneof(fc.constantFrom(1, 8, 16_384, 65_536).map(n => value(`Size.gibibytes(${n})`, () => Size.gibibytes(n))), oneOf(value('Size.mebibytes(2048)', () => Size.mebibytes(2048))), nothing),
      fc.oneof(oneOf(value('Size.gibibytes(0)', () => Size.gibibytes(0)), value('Size.gibibytes(65537)', () => Size.gibibytes(65_537)), value('Size.mebibytes(1500)', () => Size.mebibytes(1500)), value('Size.gibibytes(1.5)', () => Size.gibibytes(1.5))), junk('Size.mebibytes(2)')),
      fc.oneof(nullish, oneOf(value('Size.gibibytes(Lazy)', world => Size.gibibytes(world.lazyNumber(20))), value('Size.bytes(Lazy)', world => Size.bytes(world.lazyNumber(2 ** 34)))))),
    rootVolumeKey: leaf('rootVolumeKey', fc.oneof(oneOf(...keys, value('alias/aws/ebs', world => world.make('current', (scope, id) => kms.Alias.fromAliasName(scope, id, 'alias/aws/ebs')))), nothing), fc.oneof(oneOf(asymmetricKey), junk()), nullish),
    sessionManager: booleans('sessionManager'),
    detailedMonitoring: booleans('detailedMonitoring'),
    healthChecks: leaf('healthChecks', oneOf(value('ec2()', () => autoscaling.HealthChecks.ec2()), value('withAdditionalChecks()', () => autoscaling.HealthChecks.withAdditionalChecks({ additionalTypes: [autoscaling.AdditionalHealthCheckType.EBS] })), value('undefined', () => undefined)), junk(), nullish),
    notifications: leaf('notifications', oneOf(value('[]', () => []), value('[a topic]', world => [world.make('base', (scope, id) => new sns.Topic(scope, id))]), value('undefined', () => undefined)), junk('[]'), nullish),
    updatePolicy: leaf('updatePolicy', oneOf(value('rollingUpdate()', () => autoscaling.UpdatePolicy.rollingUpdate()), value('replacingUpdate()', () => autoscaling.UpdatePolicy.replacingUpdate()), value('undefined', () => undefined)), junk(), nullish),
    terminationPolicies: leaf('terminationPolicies', oneOf(value('[]', () => []), value('[OLDEST_INSTANCE]', () => [autoscaling.TerminationPolicy.OLDEST_INSTANCE]), value('[DEFAULT]', () => [autoscaling.TerminationPolicy.DEFAULT])),
      fc.oneof(oneOf(value('[CUSTOM_LAMBDA_FUNCTION]', () => [autoscaling.TerminationPolicy.CUSTOM_LAMBDA_FUNCTION]), value("['text']", () => ['text'])), junk('[]')), nullish),
    maxInstanceLifetime: leaf('maxInstanceLifetime', fc.constantFrom(1, 30, 365).map(n => value(`Duration.days(${n})`, () => Duration.days(n))), notDurations(DAY, 365 * DAY), nullish),
  }, ['queue', 'vpc', 'scaling', ...x86 ? ['image'] : []]);
}

function booleans(prop: string): Field {
  return leaf(prop, oneOf(value('true', () => true), value('false', () => false), value('undefined', () => undefined)), junk('true'), nullish);
}

