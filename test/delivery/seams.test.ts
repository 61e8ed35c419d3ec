import { App, Aspects, CfnResource, Duration, RemovalPolicy, Stack, Tags } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as destinations from 'aws-cdk-lib/aws-logs-destinations';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as subscriptions from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import { Json, newStack, reporter, resourceOf, resourcesOf, statementsOf, typesIn, warningIds } from './support';
import { Encryption } from '../../src/access';
import {
  DeliveryBucket, DeliveryLogging, DirectPut, FirehoseStream, HttpEndpointDestination, KinesisSource, S3Destination, SourceBackup,
} from '../../src/delivery';
import { hasBackup } from '../../src/delivery/private/stream-metrics';
import { problemsOf, readError, refusedProps } from '../support/problems';
import { synth } from '../support/template';

const env = { account: '111111111111', region: 'eu-west-1' };
const THEIRS = '222222222222';
const STREAM = 'arn:aws:kinesis:eu-west-1:111111111111:stream/clicks';
const URL = 'https://collector.example.com/clicks';

/** The properties of the only Firehose stream in a template. */
const streamIn = (template: Json): Json => resourcesOf(template, 'AWS::KinesisFirehose::DeliveryStream')[0];
const sidsIn = (stack: Stack, type: string) => statementsOf(Template.fromStack(stack), type).map(({ Sid }) => Sid);

describe('a destination and a source of ours in a stream of the CDK', () => {
  const plain = (stack: Stack, source?: firehose.ISource, destination: firehose.IDestination = new S3Destination()) =>
    new firehose.DeliveryStream(stack, 'Clicks', { source, destination });
  const roleIn = (stack: Stack) => new iam.Role(stack, 'Reader', { assumedBy: new iam.AccountRootPrincipal() });

  test('S3: the same configuration as in our stream', () => {
    const [ours, theirs] = [newStack(), newStack()];
    new FirehoseStream(ours, 'Clicks', { source: new DirectPut() });
    plain(theirs);
    const [one, other] = [ours, theirs].map(stack => streamIn(synth(stack)).Properties.ExtendedS3DestinationConfiguration);
    for (const prop of ['BufferingHints', 'CompressionFormat', 'Prefix', 'ErrorOutputPrefix', 'S3BackupMode']) expect(other[prop]).toEqual(one[prop]);
    expect(Object.keys(other).sort()).toEqual(Object.keys(one).sort());
    expect(sidsIn(theirs, 'AWS::IAM::ManagedPolicy')).toEqual(sidsIn(ours, 'AWS::IAM::ManagedPolicy'));
  });

  test('S3: the stream waits for the only policy of a role that trusts Firehose for this account', () => {
    const stack = newStack();
    plain(stack);
    const template = synth(stack);
    expect(typesIn(template).filter(type => type.startsWith('AWS::IAM'))).toEqual(['AWS::IAM::ManagedPolicy', 'AWS::IAM::Role']);
    expect(streamIn(template).DependsOn).toEqual([expect.stringMatching(/^ClicksDestinationPolicy/)]);
    const [{ Properties }] = resourcesOf(template, 'AWS::IAM::Role');
    expect(Properties.AssumeRolePolicyDocument.Statement[0].Condition).toEqual({ StringEquals: { 'sts:ExternalId': { Ref: 'AWS::AccountId' } } });
  });

  test('S3: with logging of its own, and without', () => {
    const stack = newStack();
    plain(stack, undefined, new S3Destination({ logging: DeliveryLogging.none('metrics suffice'), backup: SourceBackup.none('kept upstream') }));
    expect(typesIn(synth(stack))).not.toContain('AWS::Logs::LogGroup');
  });

  test('S3: one value for two streams creates two buckets each', () => {
    const stack = newStack();
    const destination = new S3Destination();
    ['Clicks', 'Views'].forEach(id => new firehose.DeliveryStream(stack, id, { destination }));
    expect(resourcesOf(synth(stack), 'AWS::S3::Bucket')).toHaveLength(4);
  });

  test('S3: what is wrong is refused by the name of the destination, and leaves nothing behind', () => {
    const stack = newStack();
    const make = () => plain(stack, undefined, new S3Destination({ fileExtension: 'json', bucket: DeliveryBucket.create({ lifecycleRules: [{}] }) }));
    expect(refusedProps(make)).toEqual(['bucket.lifecycleRules[0]', 'fileExtension']);
    expect(reporter(make)).toEqual({ construct: 'S3Destination', path: 'Stack/Clicks' });
    expect(stack.node.tryFindChild('Clicks')).toBeUndefined();
  });

  test('Kinesis: a data stream that is created is read by the role, and the stream waits for that', () => {
    const stack = newStack();
    plain(stack, KinesisSource.create({ encryption: Encryption.customerManaged(), retention: Duration.days(2) }));
    const template = synth(stack);
    const [dataStream] = resourcesOf(template, 'AWS::Kinesis::Stream');
    expect(dataStream.Properties.RetentionPeriodHours).toBe(48);
    const { DependsOn, Properties } = streamIn(template);
    expect(Properties).toMatchObject({ DeliveryStreamType: 'KinesisStreamAsSource', KinesisStreamSourceConfiguration: { KinesisStreamARN: { 'Fn::GetAtt': [expect.stringMatching(/^ClicksStream/), 'Arn'] } } });
    expect(DependsOn).toContainEqual(expect.stringMatching(/^ClicksServiceRoleDefaultPolicy/));
    const [read, decrypt] = statementsOf(Template.fromStack(stack), 'AWS::IAM::Policy');
    expect(read).toMatchObject({
      Action: ['kinesis:DescribeStream', 'kinesis:GetShardIterator', 'kinesis:GetRecords', 'kinesis:ListShards'], Resource: Properties.KinesisStreamSourceConfiguration.KinesisStreamARN,
    });
    expect(decrypt).toMatchObject({ Action: 'kms:Decrypt', Condition: { StringEquals: { 'kms:EncryptionContext:aws:kinesis:arn': read.Resource } } });
  });

  test('Kinesis: one value for two streams creates a data stream each, which its own role reads', () => {
    const stack = newStack();
    const source = KinesisSource.create();
    ['Clicks', 'Views'].forEach(id => new firehose.DeliveryStream(stack, id, { source, destination: new S3Destination() }));
    const arns = statementsOf(Template.fromStack(stack), 'AWS::IAM::Policy').map(({ Resource }) => Resource['Fn::GetAtt'][0]);
    expect(arns).toEqual([expect.stringMatching(/^ClicksStream/), expect.stringMatching(/^ViewsStream/)]);
  });

  test('Kinesis: whoever was let read before reads the data stream of the next stream', () => {
    const stack = newStack();
    const source = KinesisSource.create({ encryption: Encryption.customerManaged() });
    source.grantRead(roleIn(stack));
    ['Clicks', 'Views'].forEach(id => new firehose.DeliveryStream(stack, id, { source, destination: new S3Destination() }));
    const { PolicyDocument } = resourcesOf(synth(stack), 'AWS::IAM::Policy').find(({ Properties }) => /^Reader/.test(Properties.PolicyName))!.Properties;
    expect(PolicyDocument.Statement.map(({ Action, Resource }: Json) => [Action, Resource['Fn::GetAtt'][0]])).toEqual([
      [expect.arrayContaining(['kinesis:GetRecords']), expect.stringMatching(/^ClicksStream/)], ['kms:Decrypt', expect.stringMatching(/^ClicksStreamKey/)],
    ]);
  });

  test.each<[string, (source: KinesisSource, stack: Stack) => void]>([
    ['without a stream', (source, stack) => source.grantRead(roleIn(stack))],
    ['after the stream was created', (source, stack) => { plain(stack, source); source.grantRead(roleIn(stack)); }],
    ['with our stream', (source, stack) => { source.grantRead(roleIn(stack)); new FirehoseStream(stack, 'Clicks', { source }); }],
  ])('Kinesis: a grant on a data stream to create is refused at synthesis %s', (_, use) => {
    const stack = newStack();
    use(KinesisSource.create(), stack);
    expect(stack.node.findChild('Reader').node.validate().map(readError)).toEqual([{
      construct: 'KinesisSource',
      path: 'Stack/Reader',
      problems: [expect.objectContaining({ prop: 'grantRead(grantee)', allowed: 'a data stream that exists' })],
    }]);
  });

  test('Kinesis: what is not known of an existing data stream is said, and what is wrong is refused', () => {
    const stack = newStack({ env });
    plain(stack, KinesisSource.existing(kinesis.Stream.fromStreamArn(stack, 'Source', STREAM)));
    expect(warningIds(stack)).toEqual(['FirehoseStream.dataStreamKey']);
    const elsewhere = newStack({ env });
    const far = KinesisSource.existing(kinesis.Stream.fromStreamArn(elsewhere, 'Source', STREAM.replace('eu-west-1', 'us-east-1')));
    expect(problemsOf(() => plain(elsewhere, far))).toEqual([expect.objectContaining({ prop: 'stream', got: 'a stream in Region us-east-1' })]);
    expect(elsewhere.node.tryFindChild('Clicks')).toBeUndefined();
  });

  test('Kinesis: a role that is imported is warned about', () => {
    const stack = newStack({ env });
    const role = iam.Role.fromRoleArn(stack, 'Role', `arn:aws:iam::${env.account}:role/firehose`);
    new firehose.DeliveryStream(stack, 'Clicks', {
      role, source: KinesisSource.existing(kinesis.Stream.fromStreamArn(stack, 'Source', STREAM)), destination: new S3Destination(),
    });
    expect(warningIds(stack)).toEqual(['FirehoseStream.dataStreamKey']);
  });
});

describe('sources and destinations of the CDK in our stream', () => {
  test('a Kinesis source is read like an existing data stream of ours', () => {
    const sources: ((stream: kinesis.IStream) => firehose.ISource)[] = [KinesisSource.existing, stream => new firehose.KinesisStreamSource(stream)];
    const templates = sources.map(source => {
      const stack = newStack({ env });
      new FirehoseStream(stack, 'Clicks', { source: source(new kinesis.Stream(stack, 'Source', { encryptionKey: new kms.Key(stack, 'Key') })) });
      return synth(stack);
    });
    expect(templates[1]).toEqual(templates[0]);
  });

  test('a Kinesis source of another Region is refused', () => {
    const stack = newStack({ env });
    const source = new firehose.KinesisStreamSource(kinesis.Stream.fromStreamArn(stack, 'Source', STREAM.replace('eu-west-1', 'us-east-1')));
    expect(refusedProps(() => new FirehoseStream(stack, 'Clicks', { source }))).toEqual(['source.stream']);
  });

  const toLake = (props?: firehose.S3BucketProps, rest: { logging?: DeliveryLogging } = {}) => {
    const stack = newStack();
    const clicks = new FirehoseStream(stack, 'Clicks', { destination: new firehose.S3Bucket(new s3.Bucket(stack, 'Lake'), props), ...rest });
    const template = synth(stack);
    return { stack, clicks, template, stream: streamIn(template), s3: streamIn(template).Properties.ExtendedS3DestinationConfiguration };
  };

  test('an S3 bucket gets the role and the logging of the stream, which waits for both policies', () => {
    const { clicks, s3: destination, stack, stream, template } = toLake();
    expect(destination.RoleARN).toEqual(stack.resolve(clicks.role.roleArn));
    expect(destination.CloudWatchLoggingOptions).toMatchObject({ Enabled: true, LogGroupName: stack.resolve(clicks.logGroup!.logGroupName) });
    expect(resourcesOf(template, 'AWS::Logs::LogGroup').map(({ Properties }) => Properties.RetentionInDays)).toEqual([30]);
    expect(resourcesOf(template, 'AWS::IAM::Role')).toHaveLength(1);
    expect(stream.DependsOn).toEqual(expect.arrayContaining([expect.stringMatching(/^ClicksPolicy/), expect.stringMatching(/^ClicksRoleDefaultPolicy/)]));
    expect([clicks.bucket, clicks.backupBucket]).toEqual([undefined, undefined]);
  });

  test('an S3 bucket with a backup logs both', () => {
    const { clicks, s3: destination, stack } = toLake({ s3Backup: { mode: firehose.BackupMode.ALL } });
    const group = stack.resolve(clicks.logGroup!.logGroupName);
    const options = [destination.CloudWatchLoggingOptions, destination.S3BackupConfiguration.CloudWatchLoggingOptions];
    expect(options.map(({ LogGroupName }) => LogGroupName)).toEqual([group, group]);
  });

  test.each<[string, (stack: Stack) => firehose.DestinationS3BackupProps]>([
    ['in a bucket that the CDK creates', () => ({ mode: firehose.BackupMode.ALL })],
    ['in a bucket of the user', stack => ({ bucket: new s3.Bucket(stack, 'Backup') })],
  ])('metrics of the backup of an S3 bucket, %s', (_, backupIn) => {
    const stack = newStack();
    const destination = new firehose.S3Bucket(new s3.Bucket(stack, 'Lake'), { s3Backup: backupIn(stack) });
    const clicks = new FirehoseStream(stack, 'Clicks', { destination });
    expect(streamIn(synth(stack)).Properties.ExtendedS3DestinationConfiguration.S3BackupMode).toBe('Enabled');
    const metrics = [
      clicks.metricBackupToS3Bytes(), clicks.metricBackupToS3DataFreshness(), clicks.metricBackupToS3Records(), clicks.metricBackupToS3Success(),
    ];
    expect(metrics.map(({ metricName }) => metricName))
      .toEqual(['BackupToS3.Bytes', 'BackupToS3.DataFreshness', 'BackupToS3.Records', 'BackupToS3.Success']);
    expect(clicks.backupBucket).toBeUndefined();
  });

  test('an S3 bucket without a backup has no metrics of one', () => {
    expect(refusedProps(() => toLake().clicks.metricBackupToS3Bytes())).toEqual(['metricBackupToS3Bytes()']);
  });

  test.each<[object, boolean]>([
    [{ extendedS3DestinationConfiguration: { s3BackupMode: 'Enabled' } }, true],
    [{ extendedS3DestinationConfiguration: { s3BackupMode: 'Disabled' } }, false],
    [{ extendedS3DestinationConfiguration: {} }, false],
    [{ httpEndpointDestinationConfiguration: { s3BackupMode: 'AllData', s3Configuration: {} } }, true],
    [{ httpEndpointDestinationConfiguration: { s3Configuration: {} } }, true],
    [{ extendedS3DestinationConfiguration: undefined, dependables: [] }, false],
  ])('whether a configuration has a backup: %j', (configuration, expected) => {
    expect(hasBackup(configuration)).toBe(expected);
  });

  test('what an S3 bucket has of its own stays', () => {
    const { clicks, s3: destination, template } = toLake({ loggingConfig: new firehose.DisableLogging(), compression: firehose.Compression.ZIP });
    expect(destination).toMatchObject({ CompressionFormat: 'ZIP' });
    expect(destination.CloudWatchLoggingOptions).toBeUndefined();
    expect(typesIn(template)).not.toContain('AWS::Logs::LogGroup');
    expect(clicks.logGroup).toBeUndefined();
  });

  test('an S3 bucket without logging', () => {
    expect(toLake({}, { logging: DeliveryLogging.none('metrics suffice') }).s3.CloudWatchLoggingOptions).toBeUndefined();
  });

  test('logging of the stream beside that of the destination is refused', () => {
    const logging = DeliveryLogging.create();
    expect(refusedProps(() => toLake({ loggingConfig: new firehose.DisableLogging() }, { logging }))).toEqual(['logging']);
    expect(refusedProps(() => new FirehoseStream(newStack(), 'Clicks', { logging, destination: new S3Destination({ logging }) }))).toEqual(['logging']);
  });

  test('a destination and a source of the user\'s own are taken as they are', () => {
    const stack = newStack();
    const role = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('firehose.amazonaws.com') });
    const destination: firehose.IDestination = {
      bind: () => ({ extendedS3DestinationConfiguration: { bucketArn: 'arn:aws:s3:::lake', roleArn: role.roleArn } }),
    };
    const granted: iam.IGrantable[] = [];
    const source = {
      grantRead: (grantee: iam.IGrantable) => { granted.push(grantee); return iam.Grant.drop(grantee, 'done elsewhere'); },
      _bind: (_: Construct, roleArn?: string) => ({ kinesisStreamSourceConfiguration: { kinesisStreamArn: STREAM, roleArn: roleArn! } }),
    };
    const clicks = new FirehoseStream(stack, 'Clicks', { source, destination });
    const { Properties } = streamIn(synth(stack));
    expect(Properties.ExtendedS3DestinationConfiguration).toEqual({ BucketARN: 'arn:aws:s3:::lake', RoleARN: stack.resolve(role.roleArn) });
    expect(Properties.KinesisStreamSourceConfiguration).toEqual({ KinesisStreamARN: STREAM, RoleARN: stack.resolve(clicks.role.roleArn) });
    expect(granted).toEqual([clicks.role]);
    expect([clicks.policy, clicks.logGroup, clicks.dataStream]).toEqual([undefined, undefined, undefined]);
  });
});

describe('our sources and destinations in our stream', () => {
  test('direct put to an HTTP endpoint: one role, one policy, one log group', () => {
    const stack = newStack();
    const clicks = new FirehoseStream(stack, 'Clicks', { source: new DirectPut(), destination: new HttpEndpointDestination({ url: URL }) });
    const template = synth(stack);
    const { DependsOn, Properties } = streamIn(template);
    expect(Properties).toMatchObject({
      DeliveryStreamType: 'DirectPut',
      DeliveryStreamEncryptionConfigurationInput: { KeyType: 'AWS_OWNED_CMK' },
      HttpEndpointDestinationConfiguration: { EndpointConfiguration: { Url: URL }, RoleARN: stack.resolve(clicks.role.roleArn) },
    });
    expect(Properties).not.toHaveProperty('KinesisStreamSourceConfiguration');
    expect(DependsOn).toEqual([stack.getLogicalId(resourceOf(clicks.policy!))]);
    expect(sidsIn(stack, 'AWS::IAM::ManagedPolicy')).toEqual(['ListBackupBucket', 'WriteBackupBucket', 'LogErrors']);
    expect(typesIn(template).filter(type => /^AWS::(IAM|Logs::LogGroup)/.test(type))).toEqual(['AWS::IAM::ManagedPolicy', 'AWS::IAM::Role', 'AWS::Logs::LogGroup']);
    expect(clicks.backupBucket).toBeDefined();
    expect(clicks.bucket).toBeUndefined();
  });

  test('a data stream to an HTTP endpoint', () => {
    const stack = newStack();
    new FirehoseStream(stack, 'Clicks', { destination: new HttpEndpointDestination({ url: URL }) });
    expect(sidsIn(stack, 'AWS::IAM::ManagedPolicy')).toEqual(['ReadStream', 'ListBackupBucket', 'WriteBackupBucket', 'LogErrors']);
  });

  test('what is wrong with any of them is one error, by the props of the stream', () => {
    const source = new DirectPut({ removalPolicy: RemovalPolicy.SNAPSHOT });
    const destination = new HttpEndpointDestination({ url: 'http://collector.example.com' });
    expect(refusedProps(() => new FirehoseStream(newStack(), 'Clicks', { source, destination, logging: DeliveryLogging.none('') })))
      .toEqual(['source.removalPolicy', 'destination.url', 'logging.reason']);
  });

  test('logging of the destination in place of that of the stream', () => {
    const stack = newStack();
    const group = new logs.LogGroup(stack, 'Errors');
    const clicks = new FirehoseStream(stack, 'Clicks', { destination: new S3Destination({ logging: DeliveryLogging.existing(group) }) });
    expect(clicks.logGroup).toBe(group);
  });

  test('a key that an aspect puts on the bucket of an endpoint is refused when the template is written', () => {
    const stack = newStack();
    const clicks = new FirehoseStream(stack, 'Clicks', { source: new DirectPut(), destination: new HttpEndpointDestination({ url: URL }) });
    Aspects.of(clicks).add({
      visit: node => {
        if (!(node instanceof s3.CfnBucket)) return;
        const kmsMasterKeyId = 'arn:aws:kms:eu-west-1:111111111111:key/11111111-2222-3333-4444-555555555555';
        node.bucketEncryption = { serverSideEncryptionConfiguration: [{ serverSideEncryptionByDefault: { sseAlgorithm: 'aws:kms', kmsMasterKeyId } }] };
      },
    });
    expect(() => synth(stack)).toThrow('destination.backup.bucket.encryption');
  });
});

describe('our stream is a delivery stream', () => {
  const put = (stack: Stack = newStack()) => new FirehoseStream(stack, 'Clicks', { source: new DirectPut() });

  test('a topic, a rule and a log group of the CDK deliver to it', () => {
    const stack = newStack();
    const clicks = put(stack);
    new sns.Topic(stack, 'Topic').addSubscription(new subscriptions.FirehoseSubscription(clicks));
    new events.Rule(stack, 'Rule', { schedule: events.Schedule.rate(Duration.hours(1)), targets: [new targets.FirehoseDeliveryStream(clicks)] });
    new logs.LogGroup(stack, 'Group').addSubscriptionFilter('All', { destination: new destinations.FirehoseDestination(clicks), filterPattern: logs.FilterPattern.allEvents() });
    const template = synth(stack);
    const arn = stack.resolve(clicks.deliveryStreamArn);
    const [[subscription], [rule], [filter]] = ['AWS::SNS::Subscription', 'AWS::Events::Rule', 'AWS::Logs::SubscriptionFilter'].map(type => resourcesOf(template, type));
    expect([subscription.Properties.Endpoint, rule.Properties.Targets[0].Arn, filter.Properties.DestinationArn]).toEqual([arn, arn, arn]);
    const granted = statementsOf(Template.fromStack(stack), 'AWS::IAM::Policy').filter(({ Resource }) => JSON.stringify(Resource) === JSON.stringify(arn));
    expect(granted).toHaveLength(3);
    granted.forEach(({ Action }) => expect(Action).toEqual(expect.arrayContaining(['firehose:PutRecord', 'firehose:PutRecordBatch'])));
  });

  test('it has the name, the ARN and the reference of its L1, which is its default child', () => {
    const stack = newStack();
    const clicks = put(stack);
    const inner = clicks.node.findChild('DeliveryStream') as firehose.DeliveryStream;
    expect([clicks.deliveryStreamArn, clicks.deliveryStreamName]).toEqual([inner.deliveryStreamArn, inner.deliveryStreamName]);
    expect(clicks.deliveryStreamRef).toEqual(inner.deliveryStreamRef);
    expect(clicks.node.defaultChild).toBe(inner.node.defaultChild);
    expect(clicks.grantPrincipal).toBe(clicks.role);
    clicks.applyRemovalPolicy(RemovalPolicy.RETAIN);
    Tags.of(clicks).add('team', 'data');
    expect(streamIn(synth(stack))).toMatchObject({ DeletionPolicy: 'Retain', Properties: { Tags: [{ Key: 'team', Value: 'data' }] } });
  });

  test('security groups let it in', () => {
    const stack = newStack({ env });
    const group = new ec2.SecurityGroup(stack, 'Group', { vpc: ec2.Vpc.fromVpcAttributes(stack, 'Vpc', { vpcId: 'vpc-1', availabilityZones: ['a'] }) });
    group.connections.allowFrom(put(stack), ec2.Port.tcp(5439));
    expect(resourcesOf(synth(stack), 'AWS::EC2::SecurityGroup')[0].Properties.SecurityGroupIngress).toHaveLength(1);
  });

  test('grants of any actions', () => {
    const stack = newStack();
    const clicks = put(stack);
    clicks.grant(new iam.Role(stack, 'Reader', { assumedBy: new iam.AccountRootPrincipal() }), 'firehose:DescribeDeliveryStream');
    expect(statementsOf(Template.fromStack(stack), 'AWS::IAM::Policy')).toEqual([
      { Effect: 'Allow', Action: 'firehose:DescribeDeliveryStream', Resource: stack.resolve(clicks.deliveryStreamArn) },
    ]);
  });

  test('one source and one destination for two streams: each stream creates its own resources', () => {
    const stack = newStack();
    const [source, destination] = [KinesisSource.create(), new S3Destination()];
    const [one, other] = ['One', 'Other'].map(id => new FirehoseStream(stack, id, { source, destination }));
    for (const part of ['dataStream', 'bucket', 'backupBucket'] as const) expect(one[part]!.node.path).not.toBe(other[part]!.node.path);
    new FirehoseStream(stack, 'Shared', { source: KinesisSource.existing(one.dataStream!) });
    expect(resourcesOf(synth(stack), 'AWS::Kinesis::Stream')).toHaveLength(2);
  });

  test('grantPutRecords() with direct put', () => {
    const stack = newStack();
    const clicks = put(stack);
    clicks.grantPutRecords(new iam.Role(stack, 'Producer', { assumedBy: new iam.AccountRootPrincipal() }));
    expect(statementsOf(Template.fromStack(stack), 'AWS::IAM::Policy')).toEqual([
      { Effect: 'Allow', Action: ['firehose:PutRecord', 'firehose:PutRecordBatch'], Resource: stack.resolve(clicks.deliveryStreamArn) },
    ]);
  });

  test('grants that could do nothing are refused, with the one that works', () => {
    const stack = newStack({ env });
    const producer = new iam.Role(stack, 'Producer', { assumedBy: new iam.AccountRootPrincipal() });
    const [ofStream, direct] = [new FirehoseStream(stack, 'Views'), put(stack)];
    expect(problemsOf(() => ofStream.grantPutRecords(producer))).toEqual([expect.objectContaining({ prop: 'grantPutRecords()', fix: expect.stringContaining('grantWrite()') })]);
    expect(problemsOf(() => direct.grantWrite(producer))).toEqual([expect.objectContaining({ prop: 'grantWrite()', fix: expect.stringContaining('grantPutRecords()') })]);
    expect(refusedProps(() => direct.grantPutRecords(new iam.ServicePrincipal('logs.amazonaws.com')))).toEqual(['grantPutRecords(grantee)']);
    expect(refusedProps(() => direct.grantPutRecords(iam.Role.fromRoleArn(stack, 'Theirs', `arn:aws:iam::${THEIRS}:role/theirs`)))).toEqual(['grantPutRecords(grantee)']);
  });

  test('an SNS subscription to a stream that reads a data stream is refused', () => {
    const stack = newStack({ env });
    const topic = new sns.Topic(stack, 'Topic');
    const clicks = new FirehoseStream(stack, 'Clicks');
    expect(problemsOf(() => topic.addSubscription(new subscriptions.FirehoseSubscription(clicks))))
      .toEqual([expect.objectContaining({ prop: 'grant()', allowed: 'a Firehose stream with new DirectPut() as its source' })]);
  });

  test.each(['firehose:PutRecord', 'firehose:PutRecordBatch', 'firehose:PutRecord*', 'Firehose:putRecord'])('grant() of %s needs direct put', action => {
    const stack = newStack({ env });
    const producer = new iam.Role(stack, 'Producer', { assumedBy: new iam.AccountRootPrincipal() });
    const [ofStream, direct] = [new FirehoseStream(stack, 'Views'), put(stack)];
    expect(refusedProps(() => ofStream.grant(producer, 'firehose:DescribeDeliveryStream', action))).toEqual(['grant()']);
    direct.grant(producer, action);
    expect(statementsOf(Template.fromStack(stack), 'AWS::IAM::Policy')).toEqual([
      { Effect: 'Allow', Action: action, Resource: stack.resolve(direct.deliveryStreamArn) },
    ]);
  });

  test.each<[string, iam.IPrincipal]>([
    ['another account', new iam.AccountPrincipal(THEIRS)], ['an AWS service', new iam.ServicePrincipal('logs.amazonaws.com')],
  ])('grant() to %s is refused', (_, principal) => {
    const direct = put(newStack({ env }));
    expect(refusedProps(() => direct.grant(principal, 'firehose:PutRecord'))).toEqual(['grant(grantee)']);
    expect(refusedProps(() => direct.grant(principal, 'firehose:DescribeDeliveryStream'))).toEqual(['grant(grantee)']);
  });

  test.each<[string, iam.IPrincipal]>([
    ['an account', new iam.AccountPrincipal(THEIRS)],
    ['an organization', new iam.OrganizationPrincipal('o-1234567890')],
    ['an AWS service with conditions', new iam.ServicePrincipal('logs.amazonaws.com').withConditions({ StringEquals: { 'aws:SourceAccount': THEIRS } })],
  ])('%s has no policy to grant in, also where the account of the stream is not known', (_, principal) => {
    const direct = put(newStack());
    expect(refusedProps(() => direct.grant(principal, 'firehose:PutRecord'))).toEqual(['grant(grantee)']);
    expect(refusedProps(() => direct.grantPutRecords(principal))).toEqual(['grantPutRecords(grantee)']);
  });

  test('a role of another Region is refused: the name of the stream is not known there', () => {
    const stack = newStack({ env });
    const other = new Stack(stack.node.root as App, 'Elsewhere', { env: { ...env, region: 'us-east-1' } });
    const producer = new iam.Role(other, 'Producer', { assumedBy: new iam.AccountRootPrincipal() });
    expect(refusedProps(() => put(stack).grantPutRecords(producer))).toEqual(['grantPutRecords(grantee)']);
  });

  test.each<[string, (stack: Stack) => iam.IGrantable]>([
    ['imported', stack => iam.Role.fromRoleArn(stack, 'Imported', 'arn:aws:iam::111111111111:role/imported')],
    ['imported and not changed', stack => iam.Role.fromRoleArn(stack, 'Fixed', 'arn:aws:iam::111111111111:role/fixed', { mutable: false })],
    ['whose policy is not changed', stack => new iam.Role(stack, 'Own', { assumedBy: new iam.AccountRootPrincipal() }).withoutPolicyUpdates()],
  ])('a role that is %s is accepted', (_, granteeIn) => {
    const stack = newStack({ env });
    expect(() => put(stack).grantPutRecords(granteeIn(stack))).not.toThrow();
  });

  test.each<[string, firehose.IDestination, string]>([
    ['S3', new S3Destination(), 'DeliveryToS3'], ['an HTTP endpoint', new HttpEndpointDestination({ url: URL }), 'DeliveryToHttpEndpoint'],
  ])('metrics of the destination %s', (_, destination, prefix) => {
    const clicks = new FirehoseStream(newStack(), 'Clicks', { destination });
    const metrics = [clicks.metricDataFreshness(), clicks.metricDeliverySuccess(), clicks.metricDeliveredRecords()];
    expect(metrics.map(({ metricName, statistic }) => [metricName, statistic]))
      .toEqual([[`${prefix}.DataFreshness`, 'Maximum'], [`${prefix}.Success`, 'Average'], [`${prefix}.Records`, 'Sum']]);
  });

  test('metrics of what producers put', () => {
    expect([put().metricIncomingBytes(), put().metricIncomingRecords()].map(({ metricName, statistic }) => [metricName, statistic]))
      .toEqual([['IncomingBytes', 'Sum'], ['IncomingRecords', 'Sum']]);
  });

  test('metrics that would never have data are refused', () => {
    const stack = newStack();
    const nowhere: firehose.IDestination = { bind: () => ({}) };
    const clicks = new FirehoseStream(stack, 'Clicks', { source: new DirectPut(), destination: nowhere });
    expect(refusedProps(() => clicks.metricMillisBehindLatest())).toEqual(['metricMillisBehindLatest()']);
    expect(refusedProps(() => clicks.metricDataFreshness())).toEqual(['metricDataFreshness()']);
    expect(refusedProps(() => clicks.metricBackupToS3Bytes())).toEqual(['metricBackupToS3Bytes()']);
    expect(refusedProps(() => clicks.metricBackupToS3Records())).toEqual(['metricBackupToS3Records()']);
  });

  test('another stack depends on it, and not the other way about', () => {
    const app = new App();
    const [first, second] = ['First', 'Second'].map(id => new Stack(app, id, { env }));
    const clicks = put(first);
    new CfnResource(second, 'Reader', { type: 'Custom::Reader', properties: { Arn: clicks.deliveryStreamArn } });
    app.synth();
    expect([first, second].map(({ dependencies }) => dependencies)).toEqual([[], [first]]);
  });
});
