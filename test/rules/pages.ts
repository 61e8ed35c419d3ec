/** A page of the AWS documentation. */
export interface Page {
  readonly name: string;
  readonly url: string;
}

const AWS = 'https://docs.aws.amazon.com';

const page = (guide: string) => (slug: string, name: string): Page => ({ name, url: `${AWS}/${guide}/${slug}.html` });

const queues = page('AWSSimpleQueueService/latest/SQSDeveloperGuide');
const topics = page('sns/latest/dg');

/** Where the rules of Amazon SQS are from. */
export const SQS = {
  attributes: page('AWSSimpleQueueService/latest/APIReference')('API_SetQueueAttributes', 'SetQueueAttributes'),
  messages: queues('quotas-messages', 'Message quotas'),
  queues: queues('quotas-queues', 'Queue quotas'),
  policies: queues('quotas-policies', 'Policy quotas'),
  customPolicies: queues('sqs-limitations-of-custom-policies', 'Limitations of custom policies'),
  security: queues('sqs-security-best-practices', 'Security best practices'),
  visibility: queues('sqs-visibility-timeout', 'Visibility timeout'),
  delay: queues('sqs-delay-queues', 'Delay queues'),
  polling: queues('sqs-short-and-long-polling', 'Short and long polling'),
  exactlyOnce: queues('FIFO-queues-exactly-once-processing', 'Exactly-once processing'),
  highThroughput: queues('high-throughput-fifo', 'High throughput for FIFO queues'),
  fair: queues('sqs-fair-queues', 'Fair queues'),
  deadLetters: queues('sqs-dead-letter-queues', 'Dead-letter queues'),
  redrive: queues('sqs-configure-dead-letter-queue-redrive', 'Dead-letter queue redrive'),
  encryption: queues('sqs-server-side-encryption', 'Encryption at rest'),
  keys: queues('sqs-key-management', 'Key management'),
  metrics: queues('sqs-available-cloudwatch-metrics', 'CloudWatch metrics'),
  monitoring: queues('monitoring-using-cloudwatch', 'Monitoring with CloudWatch'),
};

/** Where the rules of Amazon SNS are from. */
export const SNS = {
  quotas: page('general/latest/gr')('sns', 'Amazon SNS endpoints and quotas'),
  createTopic: page('sns/latest/api')('API_CreateTopic', 'CreateTopic'),
  signatures: topics('sns-verify-signature-of-message', 'Message signatures'),
  tracing: topics('sns-active-tracing', 'Active tracing'),
  deliveryStatus: topics('sns-topic-attributes', 'Message delivery status'),
  largeMessages: topics('large-message-payloads', 'Large messages'),
  deliveryStreams: topics('prereqs-kinesis-data-firehose', 'Delivery streams as subscribers'),
  queues: topics('sns-sqs-as-subscriber', 'Fan-out to Amazon SQS queues'),
  fifo: topics('sns-fifo-topics', 'FIFO topics'),
  fifoOrder: topics('fifo-topic-message-ordering', 'Message ordering for FIFO topics'),
  fifoDelivery: topics('fifo-topic-message-delivery', 'Message delivery for FIFO topics'),
  archive: topics('fifo-message-archiving-replay', 'Message archiving and replay'),
  raw: topics('sns-large-payload-raw-message-delivery', 'Raw message delivery'),
  retries: topics('sns-message-delivery-retries', 'Message delivery retries'),
  deadLetters: topics('sns-dead-letter-queues', 'Dead-letter queues'),
  filterLimits: topics('subscription-filter-policy-constraints', 'Filter policy constraints'),
  filters: topics('sns-subscription-filter-policies', 'Filter policies'),
  regions: topics('sns-cross-region-delivery', 'Cross-Region delivery'),
  accounts: topics('sns-send-message-to-sqs-cross-account', 'Queues in another account'),
  subscribe: topics('subscribe-sqs-queue-to-sns-topic', 'Subscribing a queue'),
  keys: topics('sns-key-management', 'Key management'),
  access: topics('sns-access-policy-use-cases', 'Access control examples'),
  security: topics('sns-security-best-practices', 'Security best practices'),
};

/** Where the rules of the services that send, or consume, are from. */
export const OTHERS = {
  bucketPermissions: page('AmazonS3/latest/userguide')('grant-destinations-permissions-to-s3', 'S3: permissions for destinations'),
  bucketEvents: page('AmazonS3/latest/userguide')('EventNotifications', 'S3: event notifications'),
  bucketFilters: page('AmazonS3/latest/userguide')('notification-how-to-filtering', 'S3: filtering of notifications'),
  ruleStatements: page('eventbridge/latest/userguide')('eb-use-resource-based', 'EventBridge: resource-based policies'),
  ruleDeadLetters: page('eventbridge/latest/userguide')('eb-rule-dlq', 'EventBridge: dead letters'),
  ruleTargets: page('eventbridge/latest/userguide')('eb-targets', 'EventBridge: targets'),
  scheduleDeadLetters: page('scheduler/latest/UserGuide')('configuring-schedule-dlq', 'EventBridge Scheduler: dead letters'),
  functionQueues: page('lambda/latest/dg')('services-sqs-configure', 'Lambda: queues as event sources'),
  callsOfLambda: page('lambda/latest/dg')('permissions-source-function-arn', 'Lambda: calls outside of the function'),
  functionDeadLetters: page('lambda/latest/dg')('invocation-async-retain-records', 'Lambda: dead letters'),
  alarms: page('AmazonCloudWatch/latest/monitoring')('Notify_Users_Alarm_Changes', 'CloudWatch: notifications of alarms'),
  autoScaling: page('autoscaling/ec2/userguide')('autoscaling-service-linked-role', 'Amazon EC2 Auto Scaling: service-linked roles'),
  principals: page('IAM/latest/UserGuide')('reference_policies_elements_principal', 'IAM: principals'),
  conditions: page('IAM/latest/UserGuide')('reference_policies_condition-keys', 'IAM: condition keys'),
  subscription: page('AWSCloudFormation/latest/TemplateReference')('aws-resource-sns-subscription', 'CloudFormation: AWS::SNS::Subscription'),
};
