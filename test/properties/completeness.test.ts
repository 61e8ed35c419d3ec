import * as fc from 'fast-check';
import { attempt, draws } from './support/draws';
import { BUCKET_EVENTS } from './support/families/bucket-events';
import { DELIVERIES } from './support/families/deliveries';
import { ENDPOINTS } from './support/families/endpoints';
import { EVENTS } from './support/families/events';
import { FAN_OUTS } from './support/families/fan-outs';
import { HTTP_ENDPOINTS } from './support/families/http-endpoints';
import { QUEUES } from './support/families/queues';
import { STACKS } from './support/families/stacks';
import { WORKERS } from './support/families/workers';
import { publicApi } from './support/public-api';
import { takeRecordedCalls } from './support/recording';
import { refusable } from './support/values';
import { removeOutput } from './support/world';

// Whether the draws leave anything of the public API out. What is new there has to be drawn, or be named here with a reason.

/* eslint-disable @typescript-eslint/consistent-type-imports */
function mockRecorded(room: string): object {
  return jest.requireActual<typeof import('./support/recording')>('./support/recording').recorded(jest.requireActual(room));
}
jest.mock('../../src/access', () => mockRecorded('../../src/access'));
jest.mock('../../src/queues', () => mockRecorded('../../src/queues'));
jest.mock('../../src/fanout', () => mockRecorded('../../src/fanout'));
jest.mock('../../src/workers', () => mockRecorded('../../src/workers'));
jest.mock('../../src/delivery', () => mockRecorded('../../src/delivery'));

const ROOMS = ['access', 'queues', 'fanout', 'workers', 'delivery'];

/** What no valid draw uses, and why. */
const HOOK = 'the CDK calls it';
const SUBSCRIBES = 'the draws assert that nobody is allowed to subscribe just any endpoint; test/policies/grants.test.ts has it';
const NOT_DRAWN: Record<string, string> = {
  ...Object.fromEntries([
    'SharedDeadLetterQueue.queueUrl', 'SharedDeadLetterQueue.queueName', 'SharedDeadLetterQueue.encryptionType', 'SharedDeadLetterQueue.encryptionMasterKey',
    'WorkQueue.queueUrl', 'WorkQueue.queueName', 'WorkQueue.encryptionType',
    'ReplyQueue.queueArn', 'ReplyQueue.queueUrl', 'ReplyQueue.queueName', 'ReplyQueue.fifo', 'ReplyQueue.encryptionType', 'ReplyQueue.encryptionMasterKey',
    'FanOut.subscriptions', 'FifoFanOut.subscriptions', 'BucketEventFanOut.deliveries',
  ].map(getter => [getter, 'the draws look at the template'])),
  'WorkQueue.grantOnKey': HOOK,
  'SharedDeadLetterQueue.grantOnKey': HOOK,
  'ReplyQueue.addToResourcePolicy': HOOK,
  'ReplyQueue.grantOnKey': HOOK,
  'FanOut.grantSubscribe': SUBSCRIBES,
  'FifoFanOut.grantSubscribe': SUBSCRIBES,
  'FanOut.grantOnKey': HOOK,
  'FanOut.bindAsNotificationRuleTarget': HOOK,
  'FifoFanOut.addToResourcePolicy': HOOK,
  'FifoFanOut.grantOnKey': HOOK,
  'FifoFanOut.bindAsNotificationRuleTarget': HOOK,
  'MobilePushSubscription.bind': 'a fan-out binds it in another way; test/fanout/protocols.test.ts has a plain topic',
  'SubscriberStacks.queues': 'the draws look at the template',
  'S3Destination.bind': HOOK,
  'KinesisSource.grantRead': HOOK,
  'FirehoseStream.deliveryStreamArn': HOOK,
  'FirehoseStream.deliveryStreamName': HOOK,
  'FirehoseStream.deliveryStreamRef': HOOK,
  'FirehoseStream.grantPrincipal': HOOK,
  'FirehoseStream.connections': HOOK,
  'FirehoseStream.grant': 'it is that of the L2',
  'FirehoseStream.grantPutRecords': 'the drawn streams have a data stream; test/policies/http-endpoint.test.ts has one with direct put',
  'S3DestinationProps.logging': 'that of the stream is drawn; test/delivery/seams.test.ts has that of the destination',
};

const TYPE = 'its type leaves nothing to refuse';
const OTHER_KIND = 'what does not go with another prop is named as that prop';
const SOURCE = 'what is wrong with a source is named as allowService(source)';

/** Fields of which every value is taken, and why. */
const WITHOUT_FAULT: Record<string, string> = {
  'CustomServiceSourceOptions.service': SOURCE,
  'CustomServiceSourceOptions.sourceArn': SOURCE,
  'CustomServiceSourceOptions.sourceAccount': SOURCE,
  'MessagingEndpointsProps.vpc': 'what is wrong with a VPC is named as subnets, open or privateDnsEnabled',
  'MessagingEndpointsProps.securityGroups': TYPE,
  'MessagingEndpointsProps.open': 'it is refused for a VPC whose addresses are not known only; test/access/messaging-endpoints.test.ts has it',
  'MessagingEndpointsProps.privateDnsEnabled': 'it is refused for a VPC without DNS only; test/access/messaging-endpoints.test.ts has it',
  'EndpointRestrictionOptions.exceptRoles': 'whether a role needs a name depends on the stacks; test/access/restricted-messages.test.ts has it',
  'Ec2WorkersProps.vpc': 'what is wrong with the subnets of a VPC is named as vpcSubnets',
  'Ec2WorkersProps.command': 'what is wrong with it is named as a prop of it',
  'Ec2WorkersProps.logGroup': 'what is wrong with the place of a log group depends on the stack',
  'Ec2WorkersProps.sessionManager': TYPE,
  'Ec2WorkersProps.detailedMonitoring': TYPE,
  'Ec2WorkersProps.healthChecks': TYPE,
  'Ec2WorkersProps.updatePolicy': 'it is only checked when the template is written',
  'QueueSourceOptions.reportBatchItemFailures': TYPE,
  'QueueSourceOptions.enabled': TYPE,
  'FargateWorkersProps.vpc': 'what is wrong with the subnets of a VPC is named as vpcSubnets',
  'FargateWorkersProps.command': 'what is wrong with it is named as a prop of it',
  'FargateWorkersProps.cluster': 'what is wrong with the place of a cluster depends on the stack',
  'FargateWorkersProps.architecture': TYPE,
  'FargateWorkersProps.logGroup': 'what is wrong with the place of a log group depends on the stack',
  'CustomWorkerImageProps.machineImage': 'whether it knows the Region depends on the stack',
  'CustomWorkerImageProps.architecture': 'an instance type of another one is named as instanceTypes',
  'SpotPurchasingProps.allocationStrategy': TYPE,
  'FifoOrderingOptions.deduplication': TYPE,
  'FifoOrderingOptions.throughput': TYPE,
  'WorkQueueProps.ordering': OTHER_KIND,
  'SharedDeadLetterQueueProps.ordering': TYPE,
  'RequestResponseProps.requests': 'what is wrong with it is named as a prop of it',
  'TemporaryReplyQueuesOptions.logRetention': TYPE,
  'FanOutProps.tracingConfig': TYPE,
  'BucketEventFanOutProps.route': OTHER_KIND,
  'BucketEventQueueProps.ordering': 'a FIFO queue of a bucket is refused by the test of the submodule',
  'FanOutQueueProps.ordering': 'a FIFO queue of a standard fan-out is refused by the test of the submodule',
  'FanOutQueueProps.rawMessageDelivery': TYPE,
  'FifoFanOutProps.deduplication': TYPE,
  'FifoFanOutProps.throughput': TYPE,
  'FifoFanOutQueueProps.ordering': TYPE,
  'FifoFanOutQueueProps.rawMessageDelivery': TYPE,
  'QueueSubscriptionProps.rawMessageDelivery': TYPE,
  'SubscriberQueueProps.ordering': 'what does not go with the topic is named as queue',
  'SubscriberQueueProps.rawMessageDelivery': TYPE,
  'DynamicPartitioningOptions.deaggregation': TYPE,
  'RecordTransform.handler': TYPE,
  'ParquetConversionOptions.input': TYPE,
  'ParquetConversionOptions.output': TYPE,
  'OrcConversionOptions.input': TYPE,
  'OrcConversionOptions.output': TYPE,
  'GlueTableSchema.schemaRegistry': TYPE,
  'S3DestinationProps.compression': 'Firehose takes every compression',
  'S3DestinationProps.newLineDelimiter': TYPE,
  'SourceBackupOptions.compression': 'Firehose takes every compression',
  'FailedRecordsBackupOptions.compression': 'Firehose takes every compression',
  'AllRecordsBackupOptions.compression': 'Firehose takes every compression',
  'HttpEndpointDestinationProps.contentEncoding': 'it is an enum',
};

const api = publicApi(ROOMS);
const families = [...QUEUES, ...EVENTS, ...FAN_OUTS, ...BUCKET_EVENTS, ...WORKERS, ...DELIVERIES, ...HTTP_ENDPOINTS, ...ENDPOINTS, ...STACKS];
const drawn = new Set<string>();

/** Draws are made in rounds until nothing is left out, or this many times. */
const [ROUNDS, DRAWS_A_ROUND] = [12, 10];

beforeAll(() => {
  const valid = families.filter(({ share }) => share.valid).map(({ steps }) => draws('valid', steps));
  for (let round = 1; round <= ROUNDS && leftOut().length > 0; round++) {
    valid.forEach(family => fc.sample(family, { seed: round, numRuns: DRAWS_A_ROUND }).forEach(attempt));
    takeRecordedCalls().forEach(({ what, given }) => {
      drawn.add(what);
      api.callables.get(what)?.forEach((type, index) => remember(type, given[index]));
    });
  }
}, 120_000);

afterAll(removeOutput);

/** Remembers the fields of a struct or of a list of them that were given, those within included, and the values of an enum. */
function remember(type: string, value: any): void {
  if (value === undefined || value === null) return;
  if (Array.isArray(value)) value.forEach(one => remember(elementOf(type), one));
  if (api.enums.has(type)) drawn.add(`${type}.${value}`);
  api.structs.get(type)?.forEach((fieldType, field) => {
    if (value[field] === undefined) return;
    drawn.add(`${type}.${field}`);
    remember(fieldType, value[field]);
  });
}

/** Of the structs that something takes; the others are there to be extended. */
const reached = new Set([...api.callables.values()].flat().flatMap(structsIn));
const callables = [...api.callables.keys()];
const fields = [...reached].flatMap(struct => [...api.structs.get(struct)!.keys()].map(field => `${struct}.${field}`));
const enumValues = [...api.enums].flatMap(([name, values]) => values.map(value => `${name}.${value}`));

function structsIn(type: string): string[] {
  const element = elementOf(type);
  const inside = api.structs.get(element);
  return inside ? [element, ...[...inside.values()].flatMap(structsIn)] : [];
}

function elementOf(type: string): string {
  return type.replace(/\[\]$/, '');
}

const notDrawn = (names: string[]) => names.filter(name => !drawn.has(name) && !(name in NOT_DRAWN));
const neverRefused = () => {
  const named = new Set([...refusable].flatMap(prop => prop.split(/[.()[\]]+/)));
  return fields.filter(name => !named.has(name.split('.')[1]) && !(name in WITHOUT_FAULT));
};
const leftOut = () => [...notDrawn([...callables, ...fields, ...enumValues]), ...neverRefused()];

test('there is an API to draw', () => {
  expect(api.callables.size).toBeGreaterThan(80);
  expect(fields.length).toBeGreaterThan(150);
  expect([...api.structs.keys()].filter(name => !reached.has(name))).toEqual([]);
  expect(api.structs.get('FanOutQueueProps')!.has('visibilityTimeout')).toBe(true);
});

test('every construct, factory, method and getter is drawn', () => {
  expect(notDrawn(callables)).toEqual([]);
});

test('every field of every struct is drawn', () => {
  expect(notDrawn(fields)).toEqual([]);
});

test('every value of every enum is drawn', () => {
  expect(notDrawn(enumValues)).toEqual([]);
});

test('every field has values that are refused', () => {
  expect(neverRefused()).toEqual([]);
});

test('nothing is excepted that is drawn or that is not there', () => {
  const known = [...fields, ...callables];
  expect(Object.keys(NOT_DRAWN).filter(name => drawn.has(name) || !known.includes(name))).toEqual([]);
  expect(Object.keys(WITHOUT_FAULT).filter(name => !known.includes(name))).toEqual([]);
});
