/** Why a change of a prop does not keep a resource, and how to do it without losing what the resource holds. */
export interface Reason {
  readonly why: string;
  readonly safely: string;
}

const ORDERING = 'SQS cannot turn a standard queue into a FIFO queue, nor back. CloudFormation makes new ones, then deletes the old ones with what is in them.';

const KEY: Reason = {
  why: 'What was encrypted stays encrypted with the key of its time. A key made by the library leaves the template with the prop that asked for it; by default (`RemovalPolicy.DESTROY`) KMS schedules its deletion and refuses its use at once. The key of a work queue whose dead letters go to a shared or existing queue is always kept.',
  safely: 'Drain what is encrypted with it, or set `removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE` in a deployment of its own first. A deletion can be cancelled for 30 days. A key of your own is never touched.',
};

const RETAINED_KEY: Reason = {
  why: 'What was encrypted stays encrypted with the key of its time, which is why a key made by the library is kept when it leaves the template, unless you had set `RemovalPolicy.DESTROY`.',
  safely: 'Nothing is lost. The key is billed until you schedule its deletion, once nothing is encrypted with it any more.',
};

const RETAINED: Reason = {
  why: 'The library no longer makes it, and it is kept with what is in it, unless you had set `RemovalPolicy.DESTROY`.',
  safely: 'Nothing is lost. To have it under the care of CloudFormation again, import it into a stack; otherwise delete it by hand when it is no longer needed.',
};

const SUBSCRIPTION_SAFELY = 'Move what is in it to the subscribed queue first, or set `removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE` on the subscribed queue, which its subscription follows, in a deployment of its own first. Where that queue is imported, call `deadLetterQueue?.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE)` on the subscription; `addSubscription` returns it.';

const TOPIC_NAME: Reason = {
  why: 'The name is part of the identity of a topic: CloudFormation makes a new one with new subscriptions, then deletes the old one. A FIFO topic with an archive refuses to be deleted.',
  safely: 'Choose the name before the first deployment. Later, publishers need the new ARN; what they publish to the old one meanwhile is delivered until it is gone. Remove an archive in a deployment of its own first.',
};

const TOPIC_KEY: Reason = {
  why: 'A key made by the library leaves the template with the prop that asked for it. By default (`RemovalPolicy.DESTROY`) KMS schedules its deletion and refuses its use at once; messages that SNS is still trying to deliver, and those of an archive, stay encrypted with it.',
  safely: 'Set `removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE` in a deployment of its own first. A deletion can be cancelled for 30 days. A key of your own is never touched.',
};

const SUBSCRIPTION: Reason = {
  why: 'A dedicated dead-letter queue is there as long as it is asked for. By default (`RemovalPolicy.DESTROY`) it is deleted with the messages that could not be delivered.',
  safely: SUBSCRIPTION_SAFELY,
};

/** By prop; the same for every construct that has it. */
export const REASONS: Record<string, Reason> = {
  'WorkQueueProps.ordering': {
    why: `${ORDERING} A standard queue of a FIFO topic has one more dead-letter queue, of its subscription, which a FIFO queue does not need.`,
    safely: 'Add a second queue under another id, let the producers send to it, drain the old one and remove it. Or set `removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE` in a deployment of its own first: the old queues are then left behind, to be drained and deleted by hand.',
  },
  'FunctionWorkerProps.function': RETAINED,
  'WorkQueueProps.queueName': {
    why: 'The name is part of the identity of a queue: CloudFormation makes a new one, then deletes the old one with the messages in it.',
    safely: 'Choose the name before the first deployment. Later, do as for `ordering`.',
  },
  'WorkQueueProps.encryption': KEY,
  'WorkQueueProps.deadLetters': {
    why: 'A dedicated dead-letter queue is there as long as it is asked for. By default (`RemovalPolicy.DESTROY`) it is deleted with the dead letters in it. A subscriber without dead letters that SNS can send to has a dead-letter queue of its subscription, until it gets such dead letters.',
    safely: 'Redrive or delete the dead letters first, or set `removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE` in a deployment of its own first; that of the subscription follows it.',
  },
  'RequestResponseProps.requests': {
    why: 'The props are those of a work queue. The replies are encrypted with the key of the requests.',
    safely: 'Do as for the same prop of `WorkQueueProps`. Replies are short-lived: wait until their retention has passed.',
  },
  'RequestResponseProps.replies': {
    why: 'Durable reply queues are in the template, and are deleted with it. Temporary ones are not: the sweeper deletes them as long as it is there. Its log group is kept.',
    safely: 'Let requesters change to the new kind of reply queue first, beside a second `RequestResponse` under another id, and remove the old one afterwards. Delete what is left of temporary reply queues by their name prefix.',
  },
  'RequesterProps.queueName': {
    why: 'The name is part of the identity of a queue: CloudFormation makes a new one, then deletes the old one with the replies in it.',
    safely: 'Choose the name before the first deployment. Later, add a second requester under another id, and remove the old one when its requests are answered.',
  },
  'WorkQueueProps.largePayloads': {
    why: 'The library no longer creates the bucket. It is kept with the payloads in it until they expire, unless you had set `RemovalPolicy.DESTROY`, which fails while it has objects. Producers and consumers are no longer granted its objects.',
    safely: 'Consume the messages first. Payloads of messages that still wait can be read by whoever is granted `s3:GetObject` on the kept bucket.',
  },
  'SharedDeadLetterQueueProps.ordering': {
    why: ORDERING,
    safely: 'Redrive the dead letters first, or set `removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE` in a deployment of its own first.',
  },
  'SharedDeadLetterQueueProps.encryption': KEY,
  'FanOutProps.topicName': TOPIC_NAME,
  'FanOutProps.encryption': TOPIC_KEY,
  'FanOutQueueProps.subscriptionDeadLetters': SUBSCRIPTION,
  'BucketEventFanOutProps.route': {
    why: 'The topic of `BucketEventRoute.topic()`, and a key that the library created for it, leave the template with the route. Messages that SNS is still trying to deliver are lost. The queues stay.',
    safely: 'Wait until the topic has delivered everything; the dead-letter queues say what it could not deliver. A key of your own is never touched.',
  },
  'BucketEventOptions.subscriptionDeadLetters': SUBSCRIPTION,
  'FifoFanOutProps.topicName': TOPIC_NAME,
  'FifoFanOutProps.encryption': TOPIC_KEY,
  'MobilePushSubscriptionProps.subscriptionDeadLetters': SUBSCRIPTION,
  'QueueSubscriptionProps.subscriptionDeadLetters': SUBSCRIPTION,
  'SubscriberStacksProps.stackCount': {
    why: 'The stack of a queue depends on its id and on the number of stacks. A queue that belongs to another stack is another queue.',
    safely: 'Leave the number as it is, and create new queues in a second `SubscriberStacks`. Or set `removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE` of the queues in a deployment of its own first: the old queues are then left behind, to be drained and deleted by hand.',
  },
  'FirehoseStreamProps.source': {
    why: 'A Firehose stream has one source all its life. The new Firehose stream begins with the newest record; the old one is deleted after that. A data stream created by the library is kept.',
    safely: 'Add a second Firehose stream under another id, let the producers write to its source, and remove the first one when it has delivered everything.',
  },
  'FirehoseStreamProps.destination': RETAINED,
  'Ec2WorkersProps.command': RETAINED,
  'Ec2WorkersProps.logGroup': RETAINED,
  'FargateWorkersProps.logGroup': RETAINED,
  'FirehoseStreamProps.logging': RETAINED,
  'S3DestinationProps.bucket': RETAINED,
  'S3DestinationProps.backup': RETAINED,
  'S3DestinationProps.logging': RETAINED,
  'SourceBackupOptions.bucket': RETAINED,
  'KinesisSourceOptions.encryption': RETAINED_KEY,
  'DeliveryBucketOptions.encryption': RETAINED_KEY,
  'HttpEndpointDestinationProps.logging': RETAINED,
  'FailedRecordsBackupOptions.bucket': RETAINED,
  'DirectPutProps.encryption': RETAINED_KEY,
  'LogGroupOptions.encryption': RETAINED_KEY,
};

/** What CloudFormation takes for an update in place, and the service then refuses. The deployment fails and is rolled back. */
export const REFUSED: Record<string, Reason & { readonly see: string }> = {
  'S3DestinationProps.partitioning': {
    why: 'Firehose takes dynamic partitioning only when a Firehose stream is created, and never turns it off.',
    safely: 'Add a second Firehose stream under another id with `source: KinesisSource.existing(first.dataStream)`, and remove the first one when it has delivered everything; its data stream and buckets are kept, to be imported.',
    see: 'https://docs.aws.amazon.com/firehose/latest/dev/dynamic-partitioning.html',
  },
  'S3DestinationProps.backup': {
    why: 'Firehose turns the backup of source records on, and never off.',
    safely: 'As for `partitioning`.',
    see: 'https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-kinesisfirehose-deliverystream-extendeds3destinationconfiguration.html',
  },
  'KinesisSourceOptions.capacity': {
    why: 'A data stream changes between on-demand and provisioned at most twice in 24 hours, and its shards at most to double or half in one change, ten times in 24 hours.',
    safely: 'Wait, or go there in several deployments.',
    see: 'https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateShardCount.html',
  },
};
