import { CfnResource, Stack } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import { IConstruct } from 'constructs';
import { isAwsManaged } from './publish-grant';
import { pathOf } from '../../private/describe';
import { knownApart } from '../../private/environment';
import { WRITE_KEY } from '../../private/key-permissions';
import { ownedKey } from '../../private/keys';
import { Statement, allowing, letsIn } from '../../private/statements';
import { usesOf } from '../../private/uses';
import { writtenProperties } from '../../private/written';

export const ALARMS = 'cloudwatch.amazonaws.com';
export const RULES = 'events.amazonaws.com';
export const PUBLISH = 'sns:Publish';

/** A topic and its publishers, as they are in the templates. */
export interface Wiring {
  readonly topic: sns.ITopic;
  /** The fan-out. */
  readonly scope: IConstruct;
  readonly resource: sns.CfnTopic;
  /** The customer key, if this app creates it. */
  readonly key?: kms.CfnKey;
  /** Whether the fan-out created the topic. The owner of an existing topic allows its publishers. */
  readonly created: boolean;
  readonly fifo: boolean;
  readonly awsManagedKey: boolean;
  /** Empty if the topic has the default policy of SNS. */
  readonly policies: unknown[];
  readonly publish: Statement[];
  /** The alarms in the Region of the topic. */
  readonly alarms: CfnResource[];
  readonly alarmsElsewhere: CfnResource[];
  readonly rules: CfnResource[];
  readonly rulesWithoutRole: CfnResource[];
}

/** The topic and its publishers; only while templates are validated. */
export function wiringOf(scope: IConstruct, topic: sns.ITopic, resource: sns.CfnTopic): Wiring {
  const { FifoTopic } = writtenProperties(resource);
  const isElsewhere = (alarm: CfnResource) => knownApart(Stack.of(alarm).region, topic.env.region);
  const alarms = usesOf(scope, resource, 'alarms');
  const policies = usesOf(scope, resource, 'policies').map(policy => writtenProperties(policy).PolicyDocument);
  return {
    topic,
    scope,
    resource,
    key: ownedKey(topic.masterKey),
    created: topic.node.scope === scope,
    fifo: FifoTopic === true,
    awsManagedKey: isAwsManaged(topic),
    policies,
    publish: policies.flatMap(policy => allowing(policy, PUBLISH)),
    alarms: alarms.filter(alarm => !isElsewhere(alarm)),
    alarmsElsewhere: alarms.filter(isElsewhere),
    rules: usesOf(scope, resource, 'rules'),
    rulesWithoutRole: usesOf(scope, resource, 'rulesWithoutRole'),
  };
}

/** The key that does not allow a service to publish; undefined if it does, or if its policy is not known. */
export function refusingKey({ key, awsManagedKey }: Wiring, service: string): string | undefined {
  if (awsManagedKey) return 'the AWS managed key alias/aws/sns';
  if (!key) return undefined;
  const policy = writtenProperties(key).KeyPolicy;
  return WRITE_KEY.every(action => allowing(policy, action).some(statement => letsIn(statement, service))) ? undefined : `the policy of the key '${key.node.scope!.node.path}'`;
}

/** How to replace the AWS managed key. */
export function customerKeyFix({ topic, created }: Wiring, publisher: string): string {
  if (!created) return `Encrypt the topic with a customer key, and call allowService() for ${publisher}.`;
  // The fan-out sets the AWS managed key only if the topic has no other key.
  if (topic.masterKey) return 'Change the aspect, injector or override that changes the encryption of the topic, so that it keeps its customer key.';
  return `Set encryption to Encryption.customerManaged(), and call allowService() for ${publisher}.`;
}

/** The paths of resources. */
export function named(resources: CfnResource[], what: string): string {
  const paths = resources.map(pathOf);
  return `the ${what}${paths.length > 1 ? 's' : ''} ${paths.slice(0, 3).join(', ')}${paths.length > 3 ? ` and ${paths.length - 3} more` : ''}`;
}
