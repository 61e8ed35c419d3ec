import { App, Aspects, Fn, IPropertyInjector, Lazy, NestedStack, Stack, Tags, Token } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Ec2Workers, Ec2WorkersProps, InFlightProtection, QueueScaling, WorkerImage } from '../../src/workers';
import { workerScript } from '../support/constructs';
import { ReportedProblem, readError } from '../support/problems';

const GROUP = 'AWS::AutoScaling::AutoScalingGroup';

function setUp(props: Partial<Ec2WorkersProps> = {}, stack = new Stack(new App(), 'Stack')) {
  const workers = new Ec2Workers(stack, 'Workers', {
    vpc: new ec2.Vpc(stack, 'Vpc', { natGateways: 1 }),
    queue: new sqs.Queue(stack, 'Queue'),
    scaling: QueueScaling.onBacklog({ backlogPerWorker: 10, max: 3 }),
    userData: workerScript(),
    ...props,
  });
  /** What the checks at synthesis find wrong with the workers. */
  const found = (): ReportedProblem[] => workers.node.validate().flatMap(message => readError(message).problems);
  return { stack, workers, found, synth: () => (stack.node.root as App).synth() };
}

describe('tags', () => {
  const named = (key: string) => [expect.objectContaining({ prop: 'tags', got: expect.stringContaining(`'${key}'`) })];

  test.each(['cost centre', 'team/name', '_index', '.', '..', 'naïve'])('with the key %p, with which no instance would launch, are refused', key => {
    const { stack, workers, found, synth } = setUp();
    Tags.of(workers).add(key, 'x');
    expect(synth).toThrow("cdk-decouple Ec2Workers at 'Stack/Workers'");
    expect(found()).toEqual(named(key));
    expect(stack.tags.hasTags()).toBe(false);
  });

  test.each(['launchTemplate', 'autoScalingGroup'] as const)('of the %s alone are refused', tagged => {
    const { workers, found, synth } = setUp();
    Tags.of(workers[tagged]).add('cost centre', '42');
    expect(synth).toThrow();
    expect(found()).toEqual(named('cost centre'));
  });

  test('of the stack reach the instances too', () => {
    const stack = new Stack(new App(), 'Stack', { tags: { 'cost centre': '42' } });
    expect(setUp({}, stack).found()).toEqual(named('cost centre'));
  });

  test('of the stack above a nested one as well', () => {
    const parent = new Stack(new App(), 'Parent', { tags: { 'cost centre': '42' } });
    expect(setUp({}, new NestedStack(parent, 'Nested')).found()).toEqual(named('cost centre'));
  });

  test('of another stack do not', () => {
    const app = new App();
    new Stack(app, 'Other', { tags: { 'cost centre': '42' } });
    expect(setUp({}, new Stack(app, 'Stack')).synth).not.toThrow();
  });

  test('of which the key is only known at deployment pass', () => {
    expect(setUp({}, new Stack(new App(), 'Stack', { tags: { [Token.asString({ Ref: 'Key' })]: 'x' } })).found()).toEqual([]);
  });

  test.each<[string, Partial<Ec2WorkersProps>]>([
    ['team:+-=._@9', {}],
    ['cost centre', { inFlight: InFlightProtection.none('tags are not read') }],
  ])('with the key %p are fine with %p', (key, props) => {
    const { stack } = setUp(props, new Stack(new App(), 'Stack', { tags: { [key]: 'x' } }));
    Tags.of(stack).add(key, 'x');
    Template.fromStack(stack).hasResourceProperties(GROUP, { Tags: Match.arrayWith([Match.objectLike({ Key: key })]) });
  });
});

describe('user data', () => {
  const START = '#!/bin/bash\n'.length;
  const empty = (): Partial<Ec2WorkersProps> => ({ userData: undefined });
  const refused = [expect.objectContaining({ prop: 'userData', got: expect.stringContaining('empty') })];
  const custom = (machineImage: ec2.IMachineImage) => WorkerImage.custom({ machineImage, architecture: ec2.InstanceArchitecture.ARM_64, rootDeviceName: '/dev/sda1' });

  test.each<[string, ec2.UserData | undefined]>([
    ['nothing', undefined],
    ['an empty script', ec2.UserData.forLinux()],
    ['an empty script for another shell', ec2.UserData.forLinux({ shebang: '#!/bin/sh -e' })],
    ['an empty text', ec2.UserData.custom('')],
    ['blank lines', ec2.UserData.custom('\n \n')],
    ['comments of a shell', ec2.UserData.custom('#!/bin/bash\n\n# TODO: start the worker\n  #/opt/worker &\n')],
    ['comments of a shell that is looked up', ec2.UserData.custom('#!/usr/bin/env sh\r\n# TODO\r\n')],
    ['an archive without a part', new ec2.MultipartUserData()],
  ])('is an error on the default image when it is %s: the instances would do nothing', (_, userData) => {
    expect(setUp({ userData }).found()).toEqual(refused);
  });

  test.each<[string, () => ec2.IMachineImage, ec2.UserData | undefined]>([
    ['Amazon Linux', () => ec2.MachineImage.latestAmazonLinux2023(), undefined],
    ['Amazon Linux 2', () => ec2.MachineImage.latestAmazonLinux2(), undefined],
    ['Windows', () => ec2.MachineImage.latestWindows(ec2.WindowsVersion.WINDOWS_SERVER_2022_ENGLISH_FULL_BASE), undefined],
    ['Windows, to keep', () => ec2.MachineImage.latestWindows(ec2.WindowsVersion.WINDOWS_SERVER_2022_ENGLISH_FULL_BASE), ec2.UserData.forWindows({ persist: true })],
    ['Ubuntu by its public parameter', () => ec2.MachineImage.fromSsmParameter('/aws/service/canonical/ubuntu/server/24.04/stable/current/arm64/hvm/ebs-gp3/ami-id'), undefined],
  ])('is an error on an image that AWS publishes, given as one of their own: %s', (_, image, userData) => {
    expect(setUp({ userData, image: custom(image()) }).found()).toEqual(refused);
  });

  test.each<[string, () => ec2.IMachineImage]>([
    ['by its parameter', () => ec2.MachineImage.fromSsmParameter('/images/renderer')],
    ['by its id', () => ec2.MachineImage.genericLinux({ 'eu-west-1': 'ami-0123456789abcdef0' })],
    ['of the AWS Marketplace', () => ec2.MachineImage.fromSsmParameter('/aws/service/marketplace/prod-1234/latest')],
  ])('may be left out on an image of their own, %s', (_, image) => {
    const stack = new Stack(new App(), 'Stack', { env: { region: 'eu-west-1' } });
    expect(setUp({ ...empty(), image: custom(image()) }, stack).found()).toEqual([]);
  });

  test.each<[string, () => ec2.UserData]>([
    ['a script with a command after its comments', () => ec2.UserData.custom('#!/bin/bash\n# the worker\n/opt/worker &')],
    ['comments with a value only known at deployment', () => ec2.UserData.custom(`#!/bin/bash\n# ${Token.asString({ Ref: 'Script' })}`)],
    ['a line that is not a comment in another language', () => ec2.UserData.custom('#!/usr/bin/node\n#private')],
    ['an instruction of cloud-init', () => ec2.UserData.custom('#cloud-config\n#nothing')],
    ['an archive with a part', () => {
      const archive = new ec2.MultipartUserData();
      archive.addPart(ec2.MultipartBody.fromRawBody({ contentType: 'text/x-shellscript', body: '/opt/worker &' }));
      return archive;
    }],
    ['an archive with a script', () => {
      const archive = new ec2.MultipartUserData();
      archive.addUserDataPart(workerScript());
      return archive;
    }],
    ['one line, where something else starts the worker', () => ec2.UserData.custom('#!/bin/bash\ntrue')],
  ])('passes where it may do something: %s', (_, userData) => {
    expect(setUp({ userData: userData() }).found()).toEqual([]);
  });

  test('that is missing is an error that names each way to start a worker', () => {
    const { found, synth } = setUp(empty());
    expect(synth).toThrow("cdk-decouple Ec2Workers at 'Stack/Workers'");
    for (const way of ['userData.addCommands()', 'WorkerImage.custom()', 'State Manager']) expect(found()[0].fix).toContain(way);
  });

  test('may be given until the template is written, by the member', () => {
    const { workers, synth } = setUp(empty());
    workers.userData.addCommands('/opt/worker &');
    expect(synth).not.toThrow();
  });

  test('may come from a property injector, an aspect or an override', () => {
    const injector: IPropertyInjector = {
      constructUniqueId: ec2.LaunchTemplate.PROPERTY_INJECTION_ID,
      inject: (props: ec2.LaunchTemplateProps): ec2.LaunchTemplateProps => ({ ...props, userData: ec2.UserData.custom('#!/bin/sh\n/opt/worker &') }),
    };
    const injected = new Stack(new App(), 'Stack', { propertyInjectors: [injector] });
    expect(setUp(empty(), injected).synth).not.toThrow();

    const visited = setUp(empty());
    Aspects.of(visited.stack).add({
      visit: node => {
        if (node instanceof ec2.CfnLaunchTemplate) node.launchTemplateData = { ...visited.stack.resolve(node.launchTemplateData), userData: Fn.base64('/opt/worker') };
      },
    });
    expect(visited.synth).not.toThrow();

    const overridden = setUp(empty());
    (overridden.workers.launchTemplate.node.defaultChild as ec2.CfnLaunchTemplate).addPropertyOverride('LaunchTemplateData.UserData', 'L29wdC93b3JrZXI=');
    expect(overridden.synth).not.toThrow();
  });

  test('may be taken away, which is an error', () => {
    const { workers, found, synth } = setUp();
    (workers.launchTemplate.node.defaultChild as ec2.CfnLaunchTemplate).addPropertyDeletionOverride('LaunchTemplateData.UserData');
    expect(synth).toThrow();
    expect(found()).toEqual(refused);
  });

  test('of one of two groups in a stack names that group', () => {
    const { stack, synth } = setUp();
    new Ec2Workers(stack, 'Idle', { vpc: new ec2.Vpc(stack, 'Other'), queue: new sqs.Queue(stack, 'More'), scaling: QueueScaling.onBacklog({ backlogPerWorker: 10, max: 3 }) });
    expect(synth).toThrow(/^[^]*Ec2Workers at 'Stack\/Idle' has a problem(?![^]*Stack\/Workers)/);
  });

  test.each([[16_384, 0], [16_385, 1]])('of %d bytes: %d problems', (bytes, problems) => {
    const { workers, found } = setUp(empty());
    workers.userData.addCommands('x'.repeat(bytes - START));
    const tooLong = expect.objectContaining({ prop: 'userData', got: expect.stringContaining('16385 bytes'), allowed: expect.stringContaining('16 KiB') });
    expect(found()).toEqual(Array(problems).fill(tooLong));
  });

  test('is counted in bytes, not in characters', () => {
    const { workers, found } = setUp();
    workers.userData.addCommands('é'.repeat(8192));
    expect(found()).toHaveLength(1);
  });

  test.each([[16_384, 0], [16_385, 1]])('of %d bytes around tokens: %d problems', (bytes, problems) => {
    const { workers, found } = setUp(empty());
    workers.userData.addCommands(`${workers.queue.queueUrl}${'x'.repeat(bytes - START)}`);
    expect(found()).toHaveLength(problems);
  });

  test('counts what is known at synthesis only, and nothing of a function', () => {
    const late = ec2.UserData.custom(Lazy.string({ produce: () => 'x'.repeat(16_385) }));
    expect(setUp({ userData: late }).found()).toHaveLength(1);
    expect(setUp({ userData: ec2.UserData.custom(Token.asString({ 'Fn::ImportValue': 'UserData' })) }).found()).toEqual([]);
  });
});

describe('a rolling update that keeps', () => {
  const keeping = (minInstancesInService: number) => ({ updatePolicy: autoscaling.UpdatePolicy.rollingUpdate({ minInstancesInService }) });

  test.each([[0, true], [2, true], [3, false], [10, false], [-1, false]])('%d of 3 instances in service is allowed: %p', (kept, allowed) => {
    const problem = expect.objectContaining({ prop: 'updatePolicy.minInstancesInService', got: `${kept}`, allowed: expect.stringContaining('0 to 2') });
    expect(setUp(keeping(kept)).found()).toEqual(allowed ? [] : [problem]);
  });

  test('a number that one side does not know passes', () => {
    expect(setUp(keeping(Token.asNumber({ Ref: 'Kept' }))).found()).toEqual([]);
    const scaling = QueueScaling.onBacklog({ backlogPerWorker: 1, max: Token.asNumber({ Ref: 'Max' }) });
    expect(setUp({ ...keeping(10), scaling }).found()).toEqual([]);
  });
});

test('several things in one message', () => {
  const { stack, workers, found, synth } = setUp({ updatePolicy: autoscaling.UpdatePolicy.rollingUpdate({ minInstancesInService: 3 }) });
  workers.userData.addCommands('x'.repeat(20_000));
  Tags.of(stack).add('cost centre', 'x');
  expect(synth).toThrow("cdk-decouple Ec2Workers at 'Stack/Workers' has 3 problems:");
  expect(found().map(({ prop }) => prop)).toEqual(['tags', 'userData', 'updatePolicy.minInstancesInService']);
});
