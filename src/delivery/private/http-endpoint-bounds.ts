import { Duration } from 'aws-cdk-lib';
import { bufferingInterval, bufferingSize } from './delivery-bounds';
import { Bound, BoundsOf } from '../../private/bounds';
import { Buffering } from '../buffering';
import { HttpEndpointDestinationProps } from '../destinations/http-endpoint-destination';

/**
 * @see https://docs.aws.amazon.com/firehose/latest/APIReference/API_HttpEndpointConfiguration.html
 * @see https://docs.aws.amazon.com/firehose/latest/APIReference/API_HttpEndpointRetryOptions.html
 */
export const HTTP_ENDPOINT = {
  url: Bound.length({ min: 1, max: 1000, fix: 'Specify a shorter URL.' }),
  name: Bound.length({ min: 1, max: 256, fix: 'Specify a name of this length, or omit it.' }),
  retryDuration: Bound.duration({
    min: Duration.seconds(0), max: Duration.seconds(7200), default: Duration.minutes(5), fix: 'Specify a time in this range, or omit it for 5 minutes.',
  }),
} satisfies BoundsOf<HttpEndpointDestinationProps>;

/** @see https://docs.aws.amazon.com/firehose/latest/dev/buffering-hints.html */
export const HTTP_ENDPOINT_BUFFERING = {
  interval: bufferingInterval(0, 60, 'Specify a time in this range, or omit it for 1 minute.'),
  size: bufferingSize(1, 64, 5, 'Specify a size in this range, or omit it for 5 MiB.'),
} satisfies BoundsOf<Buffering>;

/** The common attributes of a request, and the name and value of each. */
interface CommonAttributes {
  readonly attributes: string[];
  readonly name: string;
  readonly value: string;
}

/**
 * The attributes that go with each request, and the name and value of each.
 *
 * @see https://docs.aws.amazon.com/firehose/latest/APIReference/API_HttpEndpointRequestConfiguration.html
 * @see https://docs.aws.amazon.com/firehose/latest/APIReference/API_HttpEndpointCommonAttribute.html
 */
export const COMMON_ATTRIBUTES = {
  attributes: Bound.count({ min: 0, max: 50, fix: 'Specify fewer attributes: what differs by record belongs in the record.' }),
  name: Bound.length({ min: 1, max: 256, fix: 'Specify a name of this length for the attribute.' }),
  value: Bound.length({ min: 0, max: 1024, fix: 'Shorten the value.' }),
} satisfies BoundsOf<CommonAttributes>;
