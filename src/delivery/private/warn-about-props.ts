import { Duration, Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { misleadingTimestamps } from './prefixes';
import { knownApart } from '../../private/environment';
import { renderText, warn } from '../../private/warnings';
import { RecordTransform } from '../record-transform';

const MAX_TRANSFORM = Duration.minutes(5);

/** Props of a destination. */
export interface Questionable {
  readonly prefixes: (string | undefined)[];
  readonly transform: RecordTransform | undefined;
}

/** What is allowed, and most likely not meant. */
export function warnAboutProps(scope: Construct, { prefixes, transform }: Questionable): void {
  const misleading = prefixes.flatMap(prefix => misleadingTimestamps(prefix ?? ''));
  if (misleading.length > 0) {
    warn(scope, 'FirehoseStream.timestampPattern', `Expressions in the prefixes may not mean what they look like: ${misleading.join('; ')}.`);
  }

  if (transform) warnOfTransformElsewhere(scope, transform);
  const timeout = (transform?.handler as Partial<lambda.Function> | undefined)?.timeout;
  if (timeout && !timeout.isUnresolved() && timeout.toMilliseconds() > MAX_TRANSFORM.toMilliseconds()) {
    warn(scope, 'FirehoseStream.transformTimeout',
      `The transform function may run for ${timeout.toHumanString()}, and Firehose waits for ${MAX_TRANSFORM.toHumanString()}: what takes longer counts as failed. Set its timeout to at most ${MAX_TRANSFORM.toHumanString()}.`);
  }
}

function warnOfTransformElsewhere(scope: Construct, transform: RecordTransform) {
  const own = Stack.of(scope);
  const { account, region } = transform.handler.env;
  if (!knownApart(account, own.account) && !knownApart(region, own.region)) return;
  warn(scope, 'FirehoseStream.transformElsewhere',
    `The transform function is in account ${renderText(scope, account)} and Region ${renderText(scope, region)}. AWS does not document that Firehose can invoke it there: `
    + 'test it before you rely on it, or use a function in the account and Region of the delivery. In another account, the policy of the function has to allow the role as well.');
}
