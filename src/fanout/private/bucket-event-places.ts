import { Stack, Token } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { BUCKET_EVENT_FAN_OUT } from './bucket-event-channel';
import { canRefer } from '../../private/environment';
import { Problem, unless } from '../../private/problems';
import { refuseCycle } from '../../private/stack-cycles';

const SAME_ENVIRONMENT = 'Specify the same env for both stacks, or for neither: without it, the CDK does not know that they are in one account and Region, and writes no references.';

/** The name of a bucket. A name that is known at synthesis needs no reference, which would make another stack depend on that of the bucket. */
export function bucketNameIn(stack: Stack, bucket: s3.IBucket): string {
  const name = (bucket.node.defaultChild as s3.CfnBucket | undefined)?.bucketName;
  return name === undefined || Token.isUnresolved(name) || Stack.of(bucket) === stack ? bucket.bucketName : name;
}

/** A problem if a rule in a stack cannot contain the name of the bucket. */
export function bucketNameProblems(bucket: s3.IBucket, stack: Stack): Problem[] {
  const name = bucketNameIn(stack, bucket);
  return unless(canRefer(stack, bucket, name) && !refersAcross(stack, bucket, name), () => ({
    prop: 'bucket',
    got: `'${bucket.node.path}' in ${Stack.of(bucket).environment}, whose name is only known at deployment, for a rule in ${stack.environment}`,
    allowed: `a bucket with a bucketName that is written out, or of a stack in ${stack.environment}`,
    fix: `${SAME_ENVIRONMENT} Otherwise, give the bucket a bucketName.`,
  }));
}

/** Whether the name of a bucket in another account or Region is a reference: an L1 has no physical name that CDK could write instead. */
function refersAcross(stack: Stack, bucket: s3.IBucket, name: string): boolean {
  return Stack.of(bucket).environment !== stack.environment && /"Ref":"(?!AWS::)|"Fn::GetAtt"/.test(JSON.stringify(stack.resolve(name)));
}

/** A problem if the notifications of a bucket, which are in its stack, cannot contain the ARN of a topic that is created in the stack of the fan-out. */
export function notifiedTopicProblems(scope: Construct, bucket: s3.IBucket, topicName: string | undefined): Problem[] {
  const [own, other] = [Stack.of(scope), Stack.of(bucket)];
  const isKnown = topicName !== undefined && !Token.isUnresolved(topicName);
  return unless(isKnown || own.environment === other.environment, () => ({
    prop: 'topicName',
    got: `a topic in ${own.environment} without a topicName that is written out, and notifications of the bucket '${bucket.node.path}' in ${other.environment}`,
    allowed: 'a topicName that is written out, or a fan-out in the account and Region of the stack of the bucket',
    fix: `${SAME_ENVIRONMENT} Otherwise, give the topic a topicName.`,
  }));
}

/** Refuses references from the stack of a topic to that of the bucket: the notification makes the stack of the bucket depend on that of the topic. */
export function refuseReferences(scope: Construct, bucket: s3.IBucket): void {
  const [from, to] = [Stack.of(scope), Stack.of(bucket)];
  refuseCycle(scope, BUCKET_EVENT_FAN_OUT, { from, to }, user => ({
    prop: 'bucket',
    got: `'${bucket.node.path}' of the stack '${to.node.path}', to which the stack '${from.node.path}' refers in ${user}`,
    allowed: 'with BucketEventRoute.topic(), a bucket in the stack of the topic, or in a stack to which the stack of the topic does not refer',
    fix: `The notification makes '${to.node.path}' depend on '${from.node.path}', and the reference would make a cycle. Set route to BucketEventRoute.eventBridge(), or create the fan-out in `
      + `the stack '${to.node.path}', and use addExistingQueue() for queues of other stacks.`,
  }));
}
