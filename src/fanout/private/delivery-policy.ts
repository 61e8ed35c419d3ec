import { Duration, Token } from 'aws-cdk-lib';
import * as sns from 'aws-cdk-lib/aws-sns';
import { RETRY_POLICY, THROTTLE_POLICY } from './fanout-bounds';
import { checkBounds } from '../../private/bounds';
import { describeDuration } from '../../private/describe';
import { Problem, at, unless } from '../../private/problems';

/** SNS does not retry for longer than this, all phases together. */
const TOTAL = Duration.hours(1);

/**
 * What SNS would refuse in the delivery policy of a URL. The CDK checks some of it, after the dead-letter queue exists.
 *
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
 */
export function deliveryPolicyProblems({ healthyRetryPolicy, throttlePolicy, requestPolicy }: sns.DeliveryPolicy, raw: boolean): Problem[] {
  const bounds = [
    ...at('healthyRetryPolicy', checkBounds(RETRY_POLICY, healthyRetryPolicy ?? {})),
    ...at('throttlePolicy', checkBounds(THROTTLE_POLICY, throttlePolicy ?? {})),
  ];
  return [
    ...healthyRetryPolicy && bounds.length === 0 ? at('healthyRetryPolicy', phaseProblems(healthyRetryPolicy)) : bounds,
    ...at('requestPolicy', contentTypeProblems(requestPolicy?.headerContentType, raw)),
  ];
}

/** SNS envelopes a message that is not raw, and sends the envelope with one of these types. */
const ENVELOPE_TYPES = ['application/json', 'text/plain'];

const RAW_TYPES = [
  'text/css', 'text/csv', 'text/html', 'text/plain', 'text/xml', 'application/atom+xml', 'application/json', 'application/octet-stream', 'application/soap+xml',
  'application/x-www-form-urlencoded', 'application/xhtml+xml', 'application/xml',
];

function contentTypeProblems(contentType: string | undefined, raw: boolean): Problem[] {
  const types = raw ? RAW_TYPES : ENVELOPE_TYPES;
  // It can have parameters, such as a charset.
  const isSupported = contentType === undefined || Token.isUnresolved(contentType) || types.includes(contentType.split(';')[0].trim().toLowerCase());
  return unless(isSupported, () => ({
    prop: 'headerContentType',
    got: `'${contentType}'${raw ? '' : ', without rawMessageDelivery'}`,
    allowed: types.join(', '),
    fix: raw ? 'Specify one of these types, or omit it for text/plain.' : 'Specify one of these types, or set rawMessageDelivery, with which SNS supports more.',
  }));
}

function phaseProblems(policy: sns.HealthyRetryPolicy): Problem[] {
  const { minDelayTarget, maxDelayTarget, numRetries, numNoDelayRetries, numMinDelayRetries, numMaxDelayRetries } = RETRY_POLICY;
  const min = policy.minDelayTarget ?? minDelayTarget.default;
  const max = policy.maxDelayTarget ?? maxDelayTarget.default;
  const total = policy.numRetries ?? numRetries.default;
  const immediate = policy.numNoDelayRetries ?? numNoDelayRetries.default;
  const preBackoff = policy.numMinDelayRetries ?? numMinDelayRetries.default;
  const postBackoff = policy.numMaxDelayRetries ?? numMaxDelayRetries.default;
  const phases = immediate + preBackoff + postBackoff;
  // The delays of the backoff phase are between the two.
  const shortest = (total - immediate - postBackoff) * min.toSeconds() + postBackoff * max.toSeconds();
  return [
    ...unless(min.toSeconds() <= max.toSeconds(), () => ({
      prop: 'minDelayTarget',
      got: describeDuration(min),
      allowed: `at most maxDelayTarget, ${describeDuration(max)}${policy.maxDelayTarget ? '' : ' by default'}`,
      fix: 'Raise maxDelayTarget, or lower minDelayTarget.',
    })),
    ...unless(phases <= total, () => ({
      prop: 'numRetries',
      got: `${total}`,
      allowed: `at least ${phases}, the sum of numNoDelayRetries, numMinDelayRetries and numMaxDelayRetries`,
      fix: 'Raise numRetries, which counts the retries of all phases, or lower the others.',
    })),
    ...unless(phases > total || shortest <= TOTAL.toSeconds(), () => ({
      prop: 'numRetries',
      got: `${total} retries that take at least ${shortest} seconds`,
      allowed: `retries that take at most ${TOTAL.toSeconds()} seconds in total`,
      fix: 'Retry less often or with shorter delays; messages that are not delivered go to the dead-letter queue of the subscription.',
    })),
  ];
}
