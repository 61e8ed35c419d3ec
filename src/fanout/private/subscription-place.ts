import { Stack, Token } from 'aws-cdk-lib';
import * as sns from 'aws-cdk-lib/aws-sns';
import { IConstruct } from 'constructs';
import { Place } from '../../private/environment';

/**
 * Where a subscription is, whatever stack makes it: in the account of the stack, and in the Region of the topic.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sns-subscription.html
 */
export function placeOf(scope: IConstruct, topic: sns.ITopic): Place {
  const { account, region } = Stack.of(scope);
  return { account, region: Token.isUnresolved(topic.env.region) ? region : topic.env.region };
}
