import * as sns from 'aws-cdk-lib/aws-sns';

/** What the endpoints of a protocol look like, unless they are ARNs. */
interface EndpointForm {
  readonly allowed: string;
  readonly fix: string;
  accepts(endpoint: string): boolean;
}

/** What SNS supports for the endpoints of a protocol. */
export interface Protocol {
  /** The service in the ARN of the endpoint. */
  readonly arnOf?: string;
  readonly form?: EndpointForm;
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

/** Up to 15 digits that begin with the country code, with or without punctuation between them: SNS removes it. */
const PHONE_NUMBER: EndpointForm = {
  accepts: endpoint => !/[./-]{2}|^[./-]|[./-]$/.test(endpoint) && /^\+?[1-9]\d{1,14}$/.test(endpoint.replace(/[./-]/g, '')),
  allowed: 'a phone number in E.164 format, such as +12065550100',
  fix: 'Specify + with the country code and the number, at most 15 digits.',
};

const EMAIL_ADDRESS: EndpointForm = {
  accepts: endpoint => /^[^\s@]+@[^\s@]+$/.test(endpoint),
  allowed: 'an e-mail address, such as audit@example.com',
  fix: 'Specify one address for each subscription, without a display name.',
};

function urlOf(scheme: string): EndpointForm {
  const pattern = new RegExp(`^${scheme}://([^\\s/?#@]*@)?[^\\s/?#@]+([/?#]\\S*)?$`);
  return {
    accepts: endpoint => pattern.test(endpoint),
    allowed: `a URL such as ${scheme}://example.com/orders`,
    fix: `Specify a URL that begins with ${scheme}:// and a host, without spaces.`,
  };
}

/**
 * The protocols of SNS.
 *
 * - https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html
 * - https://docs.aws.amazon.com/sns/latest/dg/sns-http-https-endpoint-as-subscriber.html
 * - https://docs.aws.amazon.com/sns/latest/dg/sns-mobile-phone-number-as-subscriber.html
 * - https://docs.aws.amazon.com/sns/latest/dg/fifo-topic-message-delivery.html
 * - https://docs.aws.amazon.com/sns/latest/dg/sns-cross-region-delivery.html
 * - https://docs.aws.amazon.com/sns/latest/dg/sns-large-payload-raw-message-delivery.html
 * - https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
 * - https://docs.aws.amazon.com/sns/latest/dg/large-message-payloads.html
 */
export const PROTOCOLS: Record<sns.SubscriptionProtocol, Protocol> = {
  [sns.SubscriptionProtocol.SQS]: { arnOf: 'sqs', fifo: true, crossRegion: true, rawMessageDelivery: true, largeMessages: true },
  [sns.SubscriptionProtocol.LAMBDA]: { arnOf: 'lambda', crossRegion: true, largeMessages: true },
  [sns.SubscriptionProtocol.FIREHOSE]: { arnOf: 'firehose', rawMessageDelivery: true, largeMessages: true },
  [sns.SubscriptionProtocol.HTTPS]: { form: urlOf('https'), rawMessageDelivery: true, deliveryPolicy: true },
  [sns.SubscriptionProtocol.HTTP]: { form: urlOf('http'), rawMessageDelivery: true, deliveryPolicy: true },
  [sns.SubscriptionProtocol.EMAIL]: { form: EMAIL_ADDRESS },
  [sns.SubscriptionProtocol.EMAIL_JSON]: { form: EMAIL_ADDRESS },
  [sns.SubscriptionProtocol.SMS]: { form: PHONE_NUMBER },
  [sns.SubscriptionProtocol.APPLICATION]: { arnOf: 'sns' },
};

/** The protocols that support something, in the words of an error message. */
export function protocolsWith(feature: Exclude<keyof Protocol, 'arnOf' | 'form'>): string {
  return Object.entries(PROTOCOLS).filter(([, supported]) => supported[feature]).map(([protocol]) => `'${protocol}'`).join(', ');
}
