/** What each client calls, as the section "Clients" of src/workers/README.md says. The tests compare it with the requests that reach SQS. */
export const CLIENT_ACTIONS = {
  'container-workers': ['sqs:ChangeMessageVisibility', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'],
  'sqs-consumer': ['sqs:ChangeMessageVisibility', 'sqs:DeleteMessage', 'sqs:ReceiveMessage'],
  '@aws-lambda-powertools/batch': [],
  'aws-lambda-powertools': [],
  'celery': ['sqs:ChangeMessageVisibility', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'],
} as const satisfies Record<string, readonly string[]>;

/** What Celery calls in addition without `predefined_queues`. */
export const WITHOUT_PREDEFINED_QUEUES = 'sqs:ListQueues';
