import * as sns from 'aws-cdk-lib/aws-sns';
import { isAwsManaged } from './publish-grant';
import { EVENTS } from '../../access/private/bound-service-source';
import { SERVICES } from '../../access/private/service-catalog';
import { serviceProblems, sourceProblems } from '../../access/private/source-problems';
import { ServiceSource } from '../../access/service-source';
import { Problem, at, unless } from '../../private/problems';

/**
 * The problems of a service that publishes as itself.
 *
 * @param prop the method that allows the service, and its parameter
 */
export function publisherProblems(topic: sns.ITopic, prop: string, source: ServiceSource): Problem[] {
  const incomplete = source._problems;
  if (incomplete.length > 0) return at(prop, incomplete);
  // https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
  if (source.service === EVENTS) {
    return [{
      prop,
      got: 'EventBridge',
      allowed: topic.fifo ? 'a service that can publish to a FIFO topic' : 'a service that SNS supports conditions for',
      fix: topic.fifo
        ? 'EventBridge does not send to FIFO topics; let the rule send to a FIFO work queue, or use FanOut.'
        : 'Let the rule publish with a role of its own: set authorizeUsingRole of targets.SnsTopic, or use grantPublish(role).',
    }];
  }
  if (source.service === 'sns.amazonaws.com') {
    return [{ prop, got: 'another topic', allowed: 'a service that publishes', fix: 'SNS does not deliver from one topic to another; subscribe the queues to both.' }];
  }
  const known = SERVICES[source.service];
  if (topic.fifo && known?.fifo === false) {
    return [{ prop, got: known.sender, allowed: 'a service that can publish to a FIFO topic', fix: 'It does not send to FIFO topics; use FanOut.' }];
  }
  const unable = serviceProblems(source.service, 'topic');
  if (unable.length > 0) return at(prop, unable);
  if (known?.unencrypted && isEncrypted(topic)) {
    return [{
      prop, got: known.sender, allowed: 'a service that can publish to an encrypted topic', fix: 'Let an EventBridge rule send its events, with a role: it does not support encrypted topics.',
    }];
  }
  return [
    ...unless(!isAwsManaged(topic), () => ({
      prop: 'encryption',
      got: `the AWS managed key, together with ${source.service}, allowed by ${prop}`,
      allowed: 'a customer key wherever an AWS service publishes',
      fix: 'The policy of the AWS managed key cannot be changed, so nothing would arrive. Set encryption to Encryption.customerManaged().',
    })),
    ...at(prop, sourceProblems(source, { scope: topic, what: 'topic', key: topic.masterKey })),
  ];
}

/** Whether a topic that this app creates is encrypted, or an imported one is known to be. */
function isEncrypted(topic: sns.ITopic): boolean {
  return topic.masterKey !== undefined || isAwsManaged(topic);
}
