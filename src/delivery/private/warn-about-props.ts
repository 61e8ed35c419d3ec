import { Duration } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { misleadingTimestamps } from './prefixes';
import { warn } from '../../private/warnings';
import { StreamDeliveryProps } from '../stream-delivery';

const MAX_TRANSFORM = Duration.minutes(5);

/** What is allowed, and most likely not meant. */
export function warnAboutProps(scope: Construct, props: StreamDeliveryProps): void {
  const kept = props.backup?._options;
  const prefixes = [props.prefix, props.errorOutputPrefix, kept?.prefix, kept?.errorOutputPrefix];
  const misleading = prefixes.flatMap(prefix => prefix === undefined ? [] : misleadingTimestamps(prefix));
  if (misleading.length > 0) {
    warn(scope, 'StreamDelivery.timestampPattern', `Expressions in the prefixes may not mean what they look like: ${misleading.join('; ')}.`);
  }

  const timeout = (props.transform?.handler as Partial<lambda.Function> | undefined)?.timeout;
  if (timeout && !timeout.isUnresolved() && timeout.toMilliseconds() > MAX_TRANSFORM.toMilliseconds()) {
    warn(scope, 'StreamDelivery.transformTimeout',
      `The transform function may run for ${timeout.toHumanString()}, and Firehose waits for ${MAX_TRANSFORM.toHumanString()}: what takes longer counts as failed. Set its timeout to at most ${MAX_TRANSFORM.toHumanString()}.`);
  }
}
