import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';

/** A topic and the key that encrypts it. */
export interface BoundTopic {
  readonly topic: sns.ITopic;
  readonly encryptionKey?: kms.IKey;
}
