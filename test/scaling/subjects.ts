import { App, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as ecsPatterns from 'aws-cdk-lib/aws-ecs-patterns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Design, designOf } from './design';
import { Ec2Workers, FargateWorkers, QueueScaling } from '../../src/workers';
import { network, workerContainer, workerScript } from '../support/constructs';

/** The greatest number of workers, of all. */
const MAX = 20;

/** What is known of the messages. */
export interface Work {
  /** How long a worker works on one message. */
  readonly processingTime: Duration;
  /** How long a message may take. */
  readonly acceptable: Duration;
}

/** 6 seconds of work, done within 5 minutes: a backlog of 50 messages for each worker. */
export const SHORT: Work = { processingTime: Duration.seconds(6), acceptable: Duration.minutes(5) };
/** 10 minutes of work, done within 1 hour: a backlog of 6 messages for each worker. */
export const LONG: Work = { processingTime: Duration.minutes(10), acceptable: Duration.hours(1) };

const targetOf = ({ processingTime, acceptable }: Work) => acceptable.toSeconds() / processingTime.toSeconds();
const latency = (work: Work, min?: number) => QueueScaling.onLatency({ ...work, min, max: MAX });
/** Workers for a half, one, two and four of the backlogs that the targets above have. */
const steps = (work: Work) => QueueScaling.onSteps({
  steps: [1, 2, 5, 10, MAX].map((workers, index) => ({ messages: index === 0 ? 1 : Math.ceil(targetOf(work) * workers / 2), workers })), max: MAX,
});

type Subject = (stack: Stack, work: Work) => void;

function ec2Workers(scaling: (work: Work) => QueueScaling): Subject {
  return (stack, work) => { new Ec2Workers(stack, 'Workers', { vpc: network(stack), queue: new sqs.Queue(stack, 'Queue'), userData: workerScript(), scaling: scaling(work) }); };
}

function fargateWorkers(scaling: (work: Work) => QueueScaling): Subject {
  return (stack, work) => { new FargateWorkers(stack, 'Workers', { vpc: network(stack), queue: new sqs.Queue(stack, 'Queue'), command: workerContainer(), scaling: scaling(work) }); };
}

/**
 * What AWS shows: a script publishes the waiting messages for each instance in service, and target tracking keeps it at the target.
 * https://docs.aws.amazon.com/autoscaling/ec2/userguide/scale-sqs-queue-cli.html
 */
function exampleOfAws(stack: Stack, work: Work): void {
  const group = new autoscaling.AutoScalingGroup(stack, 'Group', {
    vpc: network(stack),
    minCapacity: 1,
    maxCapacity: MAX,
    launchTemplate: new ec2.LaunchTemplate(stack, 'Template', {
      instanceType: new ec2.InstanceType('t4g.small'), machineImage: ec2.MachineImage.latestAmazonLinux2023(), userData: workerScript(),
    }),
  });
  new autoscaling.CfnScalingPolicy(stack, 'Policy', {
    autoScalingGroupName: group.autoScalingGroupName,
    policyType: 'TargetTrackingScaling',
    targetTrackingConfiguration: {
      targetValue: targetOf(work),
      customizedMetricSpecification: { namespace: 'MyNamespace', metricName: 'MyBacklogPerInstance', statistic: 'Average' },
    },
  });
}

function ecsPattern(minScalingCapacity?: number): Subject {
  return stack => {
    new ecsPatterns.QueueProcessingFargateService(stack, 'Service', {
      vpc: network(stack), image: ecs.ContainerImage.fromRegistry('worker'), minScalingCapacity, maxScalingCapacity: MAX, assignPublicIp: false,
    });
  };
}

/** What the traces are played on, by what it is called in the document. */
const SUBJECTS = {
  'Ec2Workers': ec2Workers(latency),
  'Ec2Workers, onSteps': ec2Workers(steps),
  'Ec2Workers, min: 1': ec2Workers(work => latency(work, 1)),
  'FargateWorkers': fargateWorkers(latency),
  'FargateWorkers, onSteps': fargateWorkers(steps),
  'FargateWorkers, min: 1': fargateWorkers(work => latency(work, 1)),
  'the example of AWS': exampleOfAws,
  'QueueProcessingFargateService': ecsPattern(),
} satisfies Record<string, Subject>;

export type SubjectName = keyof typeof SUBJECTS;

/** The designs of all for messages of a kind, as they are written in their templates. */
export function designs(work: Work): Record<SubjectName, Design> {
  const app = new App({ analyticsReporting: false });
  const stacks = Object.entries(SUBJECTS).map(([name, make], index) => {
    const stack = new Stack(app, `Subject${index}`);
    make(stack, work);
    return [name, stack] as const;
  });
  return Object.fromEntries(stacks.map(([name, stack]) => [name, designOf(Template.fromStack(stack))])) as Record<SubjectName, Design>;
}
