import * as sns from 'aws-cdk-lib/aws-sns';

/** What SNS supports for the endpoints of a protocol. */
export interface Protocol {
  /** Whether a FIFO topic delivers to it. */
  readonly fifo?: true;
  /** Whether SNS delivers to an endpoint of another Region. */
  readonly crossRegion?: true;
  /** Whether the endpoint can receive a message without the JSON envelope of SNS. */
  readonly rawMessageDelivery?: true;
  /** Whether the subscription can have a retry policy of its own. */
  readonly deliveryPolicy?: true;
  /** Whether a topic with messages of more than 256 KiB delivers to it. */
  readonly largeMessages?: true;
}

/**
 * The protocols of SNS.
 *
 * - https://docs.aws.amazon.com/sns/latest/dg/fifo-topic-message-delivery.html
 * - https://docs.aws.amazon.com/sns/latest/dg/sns-cross-region-delivery.html
 * - https://docs.aws.amazon.com/sns/latest/dg/sns-large-payload-raw-message-delivery.html
 * - https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
 * - https://docs.aws.amazon.com/sns/latest/dg/large-message-payloads.html
 */
export const PROTOCOLS: Record<sns.SubscriptionProtocol, Protocol> = {
  [sns.SubscriptionProtocol.SQS]: { fifo: true, crossRegion: true, rawMessageDelivery: true, largeMessages: true },
  [sns.SubscriptionProtocol.LAMBDA]: { crossRegion: true, largeMessages: true },
  [sns.SubscriptionProtocol.FIREHOSE]: { rawMessageDelivery: true, largeMessages: true },
  [sns.SubscriptionProtocol.HTTPS]: { rawMessageDelivery: true, deliveryPolicy: true },
  [sns.SubscriptionProtocol.HTTP]: { rawMessageDelivery: true, deliveryPolicy: true },
  [sns.SubscriptionProtocol.EMAIL]: {},
  [sns.SubscriptionProtocol.EMAIL_JSON]: {},
  [sns.SubscriptionProtocol.SMS]: {},
  [sns.SubscriptionProtocol.APPLICATION]: {},
};

/** The protocols that support something, in the words of an error message. */
export function protocolsWith(feature: keyof Protocol): string {
  return Object.entries(PROTOCOLS).filter(([, supported]) => supported[feature]).map(([protocol]) => `'${protocol}'`).join(', ');
}
