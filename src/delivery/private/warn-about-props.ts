import { Duration, Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { misleadingTimestamps } from './prefixes';
import { knownApart } from '../../private/environment';
import { renderText, warn } from '../../private/warnings';
import { StreamDeliveryProps } from '../stream-delivery';

const MAX_TRANSFORM = Duration.minutes(5);

/** What is allowed, and most likely not meant. */
export function warnAboutProps(scope: Construct, props: StreamDeliveryProps): void {
  const kept = props.backup?._options;
  const prefixes = [props.prefix, props.errorOutputPrefix, kept?.prefix, kept?.errorOutputPrefix];
  const misleading = prefixes.flatMap(prefix => misleadingTimestamps(prefix ?? ''));
  if (misleading.length > 0) {
    warn(scope, 'StreamDelivery.timestampPattern', `Expressions in the prefixes may not mean what they look like: ${misleading.join('; ')}.`);
  }

  warnOfTransformElsewhere(scope, props);
  const timeout = (props.transform?.handler as Partial<lambda.Function> | undefined)?.timeout;
  if (timeout && !timeout.isUnresolved() && timeout.toMilliseconds() > MAX_TRANSFORM.toMilliseconds()) {
    warn(scope, 'StreamDelivery.transformTimeout',
      `The transform function may run for ${timeout.toHumanString()}, and Firehose waits for ${MAX_TRANSFORM.toHumanString()}: what takes longer counts as failed. Set its timeout to at most ${MAX_TRANSFORM.toHumanString()}.`);
  }
}

function warnOfTransformElsewhere(scope: Construct, { transform }: StreamDeliveryProps) {
  if (!transform) return;
  const own = Stack.of(scope);
  const { account, region } = transform.handler.env;
  if (!knownApart(account, own.account) && !knownApart(region, own.region)) return;
  warn(scope, 'StreamDelivery.transformElsewhere',
    `The transform function is in account ${renderText(scope, account)} and Region ${renderText(scope, region)}. AWS does not document that Firehose can invoke it there: `
    + 'test it before you rely on it, or use a function in the account and Region of the delivery. In another account, the policy of the function has to allow the role as well.');
}
