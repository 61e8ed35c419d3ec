import { App, CfnParameter, Environment, PhysicalName, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { cycles } from './references';
import { ACCOUNT, ENV, OTHER_ACCOUNT, REGION, refusal } from './support';
import { BucketEventFanOut, BucketEventRoute } from '../../src/fanout';
import { WorkQueue } from '../../src/queues';
import { problemsOf } from '../support/problems';

/** The `env` of the stack of the bucket, and of the stack of the fan-out. */
const PLACES: Record<string, [Environment | undefined, Environment | undefined]> = {
  'both stacks with one env': [ENV, ENV],
  'the stack of the bucket with an env': [ENV, undefined],
  'the stack of the fan-out with an env': [undefined, ENV],
  'another Region': [{ ...ENV, region: 'us-east-1' }, ENV],
  'another account': [{ ...ENV, account: OTHER_ACCOUNT }, ENV],
};

/** All imports of one name are one bucket. */
const nameFor = ({ node }: Stack) => `images-${node.id.toLowerCase()}`;

const BUCKETS: Record<string, (stack: Stack) => s3.IBucket> = {
  'without a name': stack => new s3.Bucket(stack, 'Images'),
  'without a name, with EventBridge enabled': stack => new s3.Bucket(stack, 'Images', { eventBridgeEnabled: true }),
  'with a name': stack => new s3.Bucket(stack, 'Images', { bucketName: nameFor(stack) }),
  'with a name that the CDK generates': stack => new s3.Bucket(stack, 'Images', { bucketName: PhysicalName.GENERATE_IF_NEEDED }),
  'of an L1 without a name': stack => s3.Bucket.fromCfnBucket(new s3.CfnBucket(stack, 'Images')),
  'of an L1 with a name': stack => s3.Bucket.fromCfnBucket(new s3.CfnBucket(stack, 'Images', { bucketName: nameFor(stack) })),
  'imported by its name': stack => s3.Bucket.fromBucketName(stack, 'Images', nameFor(stack)),
  'imported by its ARN': stack => s3.Bucket.fromBucketArn(stack, 'Images', `arn:aws:s3:::${nameFor(stack)}`),
  'imported by a name only known at deployment': stack => s3.Bucket.fromBucketName(stack, 'Images', new CfnParameter(stack, 'Name').valueAsString),
  'imported with its account and Region': stack => s3.Bucket.fromBucketAttributes(stack, 'Images', { bucketName: nameFor(stack), account: ACCOUNT, region: REGION }),
};

const ROUTES: Record<string, (stack: Stack) => BucketEventRoute> = {
  'EventBridge': () => BucketEventRoute.eventBridge(),
  'a topic': () => BucketEventRoute.topic(),
  'a topic with a name': stack => BucketEventRoute.topic({ topicName: `uploads-${stack.node.id}` }),
};

/** The refused prop; undefined for a fan-out that can be deployed. */
function refusedProp(place: string, bucket: string, route: string): string | undefined {
  const isNamed = !/without a name|only known at deployment|that the CDK generates/.test(bucket);
  // The region of the bucket is specified, and it is that of the fan-out.
  if (place.startsWith('another') && bucket !== 'imported with its account and Region') return 'bucket';
  if (PLACES[place][0] === PLACES[place][1]) return undefined;
  if (route === 'a topic') return 'route.topicName';
  // The CDK generates a name where the account and Region of the bucket are known.
  const isGenerated = bucket === 'with a name that the CDK generates' && place === 'the stack of the bucket with an env';
  return route === 'EventBridge' && !isNamed && !isGenerated ? 'bucket' : undefined;
}

/** The stacks of the bucket and of the fan-out. */
function stacksIn([bucketEnv, ownEnv]: typeof PLACES[string] = [ENV, ENV], app: App = newApp(), suffix: string = ''): { app: App; data: Stack; stack: Stack } {
  return { app, data: new Stack(app, `Data${suffix}`, { env: bucketEnv }), stack: new Stack(app, `Stack${suffix}`, { env: ownEnv }) };
}

function newApp(): App {
  return new App({ analyticsReporting: false, treeMetadata: false });
}

/** Writes the app, and returns the cycles in its templates. */
function cyclesIn(app: App): string[] {
  return Object.values(cycles(app)).flat();
}

test.each(Object.keys(PLACES))('a bucket in another stack, %s: synthesized, or refused with what to do', place => {
  const app = newApp();
  const outcomes = Object.keys(ROUTES).flatMap(route => Object.keys(BUCKETS).map(kind => {
    const { data, stack } = stacksIn(PLACES[place], app, `${app.node.children.length}`);
    const act = () => new BucketEventFanOut(stack, 'Uploads', { bucket: BUCKETS[kind](data), route: ROUTES[route](stack) }).addQueue('Thumbnails');
    const prop = refusedProp(place, kind, route);
    return [`${kind}, through ${route}`, prop === undefined ? act() && prop : refusal(act).problems[0].prop, prop];
  }));
  expect(outcomes.map(([what, refused]) => [what, refused])).toEqual(outcomes.map(([what, , expected]) => [what, expected]));
  expect(cyclesIn(app)).toEqual([]);
});

test('a refused queue says which name is missing, and leaves nothing', () => {
  const { data, stack } = stacksIn([ENV, undefined]);
  const uploads = new BucketEventFanOut(stack, 'Uploads', { bucket: new s3.Bucket(data, 'Images') });
  const [problem, ...others] = problemsOf(() => uploads.addQueue('Thumbnails'));
  expect(others).toEqual([]);
  expect(problem).toMatchObject({ prop: 'bucket', got: expect.stringContaining("'Data/Images'"), allowed: expect.stringContaining('bucketName') });
  expect(problem.fix).toContain('env');
  expect(uploads.node.children).toEqual([]);
});

test('a topicName must be written out for a bucket of another environment', () => {
  const { data, stack } = stacksIn([ENV, undefined]);
  const topicName = new CfnParameter(stack, 'TopicName').valueAsString;
  const bucket = new s3.Bucket(data, 'Images');
  const [problem] = problemsOf(() => new BucketEventFanOut(stack, 'Uploads', { bucket, route: BucketEventRoute.topic({ topicName }) }));
  expect(problem).toMatchObject({ prop: 'route.topicName', got: expect.stringContaining("'Data/Images'") });
});

test('a queue in the stack of the bucket can have the rule of a fan-out that could not name the bucket', () => {
  const { app, data, stack } = stacksIn([ENV, undefined]);
  new BucketEventFanOut(stack, 'Uploads', { bucket: new s3.Bucket(data, 'Images') }).addExistingQueue(new WorkQueue(data, 'Thumbnails'));
  expect(cyclesIn(app)).toEqual([]);
});

describe('what makes the stack of the fan-out depend on the stack of the bucket', () => {
  const role = (stack: Stack) => new iam.Role(stack, 'Consumer', { assumedBy: new iam.AccountRootPrincipal() });
  const USES: [string, (stack: Stack, bucket: s3.Bucket) => void, string][] = [
    ['a consumer that reads the objects', (stack, bucket) => bucket.grantRead(role(stack)), "'Stack/Consumer/DefaultPolicy'"],
    ['an escape hatch', (stack, bucket) => (role(stack).node.defaultChild as iam.CfnRole).addPropertyOverride('Description', bucket.bucketName), "'Stack/Consumer'"],
    ['a dependency', stack => stack.addStackDependency(stack.node.root.node.findChild('Data') as Stack), 'dependencies'],
  ];

  test.each(USES)('%s: no cycle with EventBridge, and a refusal with a topic', (_, use, user) => {
    for (const create of Object.values(ROUTES)) {
      const { app, data, stack } = stacksIn();
      const route = create(stack);
      const bucket = new s3.Bucket(data, 'Images', { bucketName: route.isEventBridge ? undefined : 'images' });
      use(stack, bucket);
      new BucketEventFanOut(stack, 'Uploads', { bucket, route }).addQueue('Thumbnails');
      if (route.isEventBridge) expect(cyclesIn(app)).toEqual([]);
      else expect(refusal(() => app.synth())).toMatchObject({ path: 'Stack/Uploads', problems: [{ prop: 'bucket', got: expect.stringContaining(user) }] });
    }
  });

  test('a use that comes after the queue is refused too', () => {
    const { app, data, stack } = stacksIn();
    const bucket = new s3.Bucket(data, 'Images');
    new BucketEventFanOut(stack, 'Uploads', { bucket, route: BucketEventRoute.topic() }).addQueue('Thumbnails');
    bucket.grantRead(role(stack));
    expect(refusal(() => app.synth()).problems).toMatchObject([{ prop: 'bucket', got: expect.stringContaining("'Data/Images'") }]);
  });

  test('a consumer in the stack of the bucket, or in a third stack, and a bucket in the same stack are no cycle', () => {
    const { app, data, stack } = stacksIn();
    const bucket = new s3.Bucket(data, 'Images');
    bucket.grantRead(role(data));
    bucket.grantRead(role(new Stack(app, 'Jobs', { env: ENV })));
    const same = new s3.Bucket(stack, 'Same');
    same.grantRead(role(stack));
    for (const [id, one] of Object.entries({ Same: same, Other: bucket })) new BucketEventFanOut(stack, `${id}Uploads`, { bucket: one, route: BucketEventRoute.topic() }).addQueue('Thumbnails');
    expect(cyclesIn(app)).toEqual([]);
  });

  test('a consumer that refers to the bucket by its name is no cycle', () => {
    const { app, data, stack } = stacksIn([ENV, undefined]);
    const bucket = new s3.Bucket(data, 'Images', { bucketName: 'images' });
    bucket.grantRead(new iam.Role(stack, 'Consumer', { roleName: 'consumer', assumedBy: new iam.AccountRootPrincipal() }));
    new BucketEventFanOut(stack, 'Uploads', { bucket, route: BucketEventRoute.topic({ topicName: 'uploads' }) }).addQueue('Thumbnails');
    expect(cyclesIn(app)).toEqual([]);
  });
});
