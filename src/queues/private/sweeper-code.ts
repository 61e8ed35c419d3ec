/** The tag that a requester renews on its reply queue: the time in seconds since 1970. */
export const HEARTBEAT_TAG = 'ReplyQueueHeartbeat';

/**
 * The code of the sweeper. It is in the template, so that the template needs no asset, and uses the AWS SDK of the runtime.
 *
 * SQS does not tell when a queue was last received from, and an empty queue can belong to a requester that has nothing to ask. The heartbeat is therefore a tag
 * that the requester renews. A queue without a heartbeat, or with one from far in the future, counts from its creation.
 *
 * SQS throttles calls that read tags, so the client slows down and tries again. A queue that is deleted between the list and the look is no failure. Any other error ends the run as failed after all other queues were looked at.
 */
export const SWEEPER_CODE = `const {
  SQSClient, paginateListQueues, GetQueueAttributesCommand, ListQueueTagsCommand, DeleteQueueCommand,
} = require('@aws-sdk/client-sqs');

const sqs = new SQSClient({ retryMode: 'adaptive', maxAttempts: 10 });

async function isOrphan(QueueUrl, now, orphanedAfter) {
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['CreatedTimestamp'] }));
  if (now - Number(Attributes.CreatedTimestamp) < orphanedAfter) return false;
  const { Tags = {} } = await sqs.send(new ListQueueTagsCommand({ QueueUrl }));
  const age = now - Number(Tags['${HEARTBEAT_TAG}']);
  return !(Math.abs(age) < orphanedAfter);
}

exports.handler = async () => {
  const { QUEUE_NAME_PREFIX, ORPHANED_AFTER_SECONDS } = process.env;
  const now = Date.now() / 1000;
  const result = { deleted: 0, kept: 0, failed: 0 };
  for await (const { QueueUrls = [] } of paginateListQueues({ client: sqs, pageSize: 1000 }, { QueueNamePrefix: QUEUE_NAME_PREFIX })) {
    for (const QueueUrl of QueueUrls) {
      try {
        const orphan = await isOrphan(QueueUrl, now, Number(ORPHANED_AFTER_SECONDS));
        if (orphan) await sqs.send(new DeleteQueueCommand({ QueueUrl }));
        result[orphan ? 'deleted' : 'kept'] += 1;
      } catch (error) {
        if (['QueueDoesNotExist', 'AWS.SimpleQueueService.NonExistentQueue'].includes(error.name)) continue;
        result.failed += 1;
        console.error(QueueUrl, error);
      }
    }
  }
  console.log(JSON.stringify(result));
  if (result.failed > 0) throw new Error(result.failed + ' reply queues could not be checked or deleted');
  return result;
};
`;
