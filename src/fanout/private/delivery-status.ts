import { ArnFormat, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { TOPIC_LOGGING } from './fanout-bounds';
import { checkBounds } from '../../private/bounds';
import { Problem, at, unless } from '../../private/problems';

/** The problems of the delivery status logs of a topic. */
export function deliveryStatusProblems(configs: sns.LoggingConfig[]): Problem[] {
  return configs.flatMap((config, index) => at(`loggingConfigs[${index}]`, [
    ...checkBounds(TOPIC_LOGGING, config),
    ...unless(configs.findIndex(({ protocol }) => protocol === config.protocol) === index, () => ({
      prop: 'protocol', got: `'${config.protocol}' for the second time`, allowed: 'each protocol once', fix: 'Merge the two items; a topic has one configuration for each protocol.',
    })),
  ]));
}

/** The delivery status logs of a topic, with the role that the fan-out creates. */
export interface DeliveryStatus {
  readonly loggingConfigs?: sns.LoggingConfig[];
  /** Undefined if each item has a role of the user. */
  readonly role?: iam.Role;
}

/** Completes the delivery status logs with roles: SNS logs nothing without one. */
export function completeDeliveryStatus(scope: Construct, configs: sns.LoggingConfig[] | undefined): DeliveryStatus {
  const isIncomplete = configs?.some(({ failureFeedbackRole, successFeedbackRole }) => !(failureFeedbackRole ?? successFeedbackRole));
  const role = isIncomplete ? createRole(scope) : undefined;
  const loggingConfigs = configs?.map(config => {
    const failureFeedbackRole = config.failureFeedbackRole ?? config.successFeedbackRole ?? role;
    const logsSuccess = (config.successFeedbackSampleRate ?? 0) > 0;
    return { ...config, failureFeedbackRole, successFeedbackRole: config.successFeedbackRole ?? (logsSuccess ? failureFeedbackRole : undefined) };
  });
  return { loggingConfigs, role };
}

function createRole(scope: Construct): iam.Role {
  return new iam.Role(scope, 'DeliveryStatusRole', {
    // Without aws:SourceArn and aws:SourceAccount: AWS does not document that SNS sends them when it assumes this role.
    assumedBy: new iam.ServicePrincipal('sns.amazonaws.com'),
    description: `Logs the delivery status of ${scope.node.path}`,
  });
}

/**
 * Allows the role to write the two log groups of the topic. The policy is a resource of its own, because it names the topic, which names the role.
 *
 * @see https://docs.aws.amazon.com/sns/latest/dg/topics-attrib-prereq.html
 */
export function allowDeliveryStatus(scope: Construct, role: iam.Role, topic: sns.Topic): void {
  new iam.ManagedPolicy(scope, 'DeliveryStatusPolicy', { roles: [role], statements: [deliveryStatusStatement(scope, topic)] });
}

/** What a role must be allowed to write the two log groups of a topic. */
export function deliveryStatusStatement(scope: Construct, topic: sns.ITopic): iam.PolicyStatement {
  const stack = Stack.of(scope);
  const name = `sns/${stack.region}/${stack.account}/${topic.topicName}`;
  const logGroups = [name, `${name}/Failure`].map(resourceName =>
    stack.formatArn({ service: 'logs', resource: 'log-group', resourceName: `${resourceName}:*`, arnFormat: ArnFormat.COLON_RESOURCE_NAME }));
  return new iam.PolicyStatement({ actions: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'], resources: logGroups });
}
