import { Stack, Token } from 'aws-cdk-lib';
import * as sns from 'aws-cdk-lib/aws-sns';
import { IConstruct } from 'constructs';
import { knownApart } from '../../private/environment';

/** An account and a Region, each of which may only be known at deployment. */
export interface Place {
  readonly account: string;
  readonly region: string;
}

/**
 * Where a subscription is, whatever stack makes it: in the account of the stack, and in the Region of the topic.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sns-subscription.html
 */
export function placeOf(scope: IConstruct, topic: sns.ITopic): Place {
  const { account, region } = Stack.of(scope);
  return { account, region: Token.isUnresolved(topic.env.region) ? region : topic.env.region };
}

/** What of two places is known to differ. */
export function apartFrom(place: Place, other: Place): ('account' | 'region')[] {
  return (['account', 'region'] as const).filter(what => knownApart(place[what], other[what]));
}
