const all = (template, type) => Object.values(template.Resources).filter(resource => resource.Type === type);
const text = value => JSON.stringify(value ?? '');
const every = (list, test) => list.length > 0 && list.every(test);
const statements = (template, type) => all(template, type).flatMap(({ Properties }) => Properties.PolicyDocument.Statement);
const dead = template => {
  const targets = all(template, 'AWS::SQS::Queue').map(({ Properties }) => Properties?.RedrivePolicy?.deadLetterTargetArn?.['Fn::GetAtt']?.[0]).filter(Boolean);
  return [...new Set(targets)].map(id => template.Resources[id]);
};

/** What protects messages, as a question to a template. */
const FEATURES = {
  fanOut: {
    'queues accept this topic alone, by aws:SourceArn': t => every(statements(t, 'AWS::SQS::QueuePolicy').filter(s => /sns\./.test(text(s.Principal))), s => /aws:SourceArn/.test(text(s.Condition))),
    'and by aws:SourceAccount': t => every(statements(t, 'AWS::SQS::QueuePolicy').filter(s => /sns\./.test(text(s.Principal))), s => /aws:SourceAccount/.test(text(s.Condition))),
    'TLS only, queues and dead-letter queues': t => statements(t, 'AWS::SQS::QueuePolicy').filter(s => s.Effect === 'Deny' && /SecureTransport/.test(text(s))).length === all(t, 'AWS::SQS::Queue').length,
    'topic encrypted and TLS only': t => every(all(t, 'AWS::SNS::Topic'), r => r.Properties?.KmsMasterKeyId) && /SecureTransport/.test(text(statements(t, 'AWS::SNS::TopicPolicy'))),
    'no queue, dead-letter queues included, on alias/aws/sqs, which no other service can send to': t => every(all(t, 'AWS::SQS::Queue'), r => r.Properties?.KmsMasterKeyId !== 'alias/aws/sqs'),
    'dead-letter queue kept longer than its queue': t => every(dead(t), r => r.Properties?.MessageRetentionPeriod === 1_209_600),
    'only its own queue may use a dead-letter queue': t => every(dead(t), r => r.Properties?.RedriveAllowPolicy?.redrivePermission === 'byQueue'),
    'what SNS cannot deliver is kept (subscription dead letters)': t => every(all(t, 'AWS::SNS::Subscription'), r => r.Properties.RedrivePolicy),
    'subscription waits for the queue policy': t => every(all(t, 'AWS::SNS::Subscription'), r => /Policy/.test(text(r.DependsOn))),
    'subscription waits for the policy of its dead-letter queue too': t => every(all(t, 'AWS::SNS::Subscription'), r => (r.DependsOn ?? []).filter(id => /Policy/.test(id)).length > 1),
    'long polling': t => all(t, 'AWS::SQS::Queue').filter(r => r.Properties?.RedrivePolicy).every(r => r.Properties.ReceiveMessageWaitTimeSeconds === 20),
  },
  delivery: {
    'every source record kept in a backup bucket': t => /"S3BackupMode":"Enabled"/.test(text(t)),
    'role limited to this account (sts:ExternalId or aws:SourceAccount)': t => every(all(t, 'AWS::IAM::Role').filter(r => /firehose/.test(text(r.Properties.AssumeRolePolicyDocument))), r => /sts:ExternalId|aws:SourceAccount/.test(text(r.Properties.AssumeRolePolicyDocument))),
    'delivery stream waits for the policy of its role': t => every(all(t, 'AWS::KinesisFirehose::DeliveryStream'), r => /Policy/.test(text(r.DependsOn))),
    'errors kept for a limited time': t => every(all(t, 'AWS::Logs::LogGroup'), r => r.Properties?.RetentionInDays),
    'buckets private, TLS only, versioned': t => every(all(t, 'AWS::S3::Bucket'), r => r.Properties?.PublicAccessBlockConfiguration && r.Properties?.VersioningConfiguration) && all(t, 'AWS::S3::BucketPolicy').length === all(t, 'AWS::S3::Bucket').length,
    'ACLs off': t => every(all(t, 'AWS::S3::Bucket'), r => /BucketOwnerEnforced/.test(text(r.Properties?.OwnershipControls))),
    'no alarm without the stream it watches': t => all(t, 'AWS::CloudWatch::Alarm').every(r => r.Properties.Dimensions),
  },
  functionWorker: {
    'failures of single messages (ReportBatchItemFailures)': t => every(all(t, 'AWS::Lambda::EventSourceMapping'), r => text(r.Properties.FunctionResponseTypes).includes('ReportBatchItemFailures')),
    'visibility timeout of at least 6 times the timeout of the function': t => Math.max(...all(t, 'AWS::SQS::Queue').map(r => r.Properties?.VisibilityTimeout ?? 30)) >= 6 * 30,
    'a throttled message is received at least 5 times': t => all(t, 'AWS::SQS::Queue').every(r => (r.Properties?.RedrivePolicy?.maxReceiveCount ?? 5) >= 5),
    'dead-letter queue kept longer than its queue': t => every(dead(t), r => r.Properties?.MessageRetentionPeriod === 1_209_600),
    'TLS only, queue and dead-letter queue': t => statements(t, 'AWS::SQS::QueuePolicy').filter(s => s.Effect === 'Deny' && /SecureTransport/.test(text(s))).length === all(t, 'AWS::SQS::Queue').length,
    'mapping waits for the permissions of the role': t => every(all(t, 'AWS::Lambda::EventSourceMapping'), r => /Policy/.test(text(r.DependsOn))),
    'logs kept for a limited time': t => every(all(t, 'AWS::Logs::LogGroup'), r => r.Properties?.RetentionInDays),
    'the role writes to its own log group alone': t => !/AWSLambdaBasicExecutionRole|log-group:\/aws\/lambda\/\*/.test(text(all(t, 'AWS::IAM::Role'))),
  },
  fargateWorkers: {
    'scales from and to zero tasks': t => every(all(t, 'AWS::ApplicationAutoScaling::ScalableTarget'), r => r.Properties.MinCapacity === 0),
    'scales by the backlog of each task (metric math)': t => all(t, 'AWS::ApplicationAutoScaling::ScalingPolicy').some(r => r.Properties.TargetTrackingScalingPolicyConfiguration?.CustomizedMetricSpecification?.Metrics),
    'no deployment sets the number of tasks': t => every(all(t, 'AWS::ECS::Service'), r => r.Properties.DesiredCount === undefined),
    'may protect a task that processes a message': t => /ecs:UpdateTaskProtection/.test(text(t)),
    'two minutes to finish after SIGTERM': t => every(all(t, 'AWS::ECS::TaskDefinition'), r => r.Properties.ContainerDefinitions.every(c => c.StopTimeout === 120)),
    'a deployment that fails is rolled back': t => every(all(t, 'AWS::ECS::Service'), r => r.Properties.DeploymentConfiguration?.DeploymentCircuitBreaker?.Rollback === true),
    'only tasks of this account assume the role': t => /aws:SourceAccount/.test(text(all(t, 'AWS::IAM::Role'))),
    'dead-letter queue kept longer than its queue': t => every(dead(t), r => r.Properties?.MessageRetentionPeriod === 1_209_600),
    'logs kept for a limited time': t => every(all(t, 'AWS::Logs::LogGroup'), r => r.Properties?.RetentionInDays),
  },
};

const TITLES = {
  fanOut: 'fan-out to 2 queues',
  delivery: 'delivery',
  functionWorker: 'function on a queue',
  fargateWorkers: 'Fargate tasks on a queue, beside `QueueProcessingFargateService` of the CDK',
};

/** Solutions Constructs have no pattern of it, and the CDK has one. */
const VARIANTS = { fargateWorkers: ['ours', 'ecsPatterns'] };

/** Asks every question to the template of the library, of the L2s as users write them, and of the peer; the rows of a table. */
export async function featureRows(template) {
  const rows = [['', 'cdk-decouple', 'L2s as users write them', 'Solutions Constructs']];
  for (const [pattern, features] of Object.entries(FEATURES)) {
    const templates = [];
    for (const variant of VARIANTS[pattern] ?? ['ours', 'users', 'peer']) templates.push(await template(pattern, variant, { count: 2 }));
    const cells = answers => ['', '', ''].map((blank, i) => answers[i] ?? blank);
    rows.push([`**${TITLES[pattern]}**`, ...cells(templates.map(t => `${Object.keys(t.Resources).length} resources`))]);
    for (const [name, question] of Object.entries(features)) rows.push([name, ...cells(templates.map(t => question(t) ? 'yes' : 'no'))]);
  }
  return rows;
}
