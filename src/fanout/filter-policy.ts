import * as sns from 'aws-cdk-lib/aws-sns';
import { FilterConditions } from './private/filter-limits';

/**
 * Which messages of a topic reach a subscriber.
 *
 * A filter policy can have up to 5 keys (leaf keys in the body) and up to 150 combinations of values. A change can take up to 15 minutes to take
 * effect. Messages that do not match are not billed as deliveries.
 *
 * @see https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html
 */
export class FilterPolicy {
  /**
   * Filters by message attributes. All of them must match.
   *
   * @param attributes conditions by attribute name, 1 to 5 of them
   */
  public static onAttributes(attributes: { [attribute: string]: sns.SubscriptionFilter }): FilterPolicy {
    return new FilterPolicy('attributes', attributes);
  }

  /**
   * Filters by the JSON body of the message. A body that is not JSON does not match.
   *
   * @param body conditions by key, with 1 to 5 leaf keys; keys can be nested
   */
  public static onBody(body: { [key: string]: sns.FilterOrPolicy }): FilterPolicy {
    return new FilterPolicy('body', body);
  }

  private constructor(
    private readonly scope: 'attributes' | 'body',
    private readonly conditions: FilterConditions,
  ) {}

  /** What the conditions apply to, as in `AWS::SNS::Subscription`: `MessageAttributes` or `MessageBody`. */
  public get filterPolicyScope(): string {
    return this.scope === 'attributes' ? 'MessageAttributes' : 'MessageBody';
  }

  /** @internal */
  public _subscriptionProps(): Pick<sns.SubscriptionOptions, 'filterPolicy' | 'filterPolicyWithMessageBody'> {
    return this.scope === 'attributes'
      ? { filterPolicy: this.conditions as { [attribute: string]: sns.SubscriptionFilter } }
      : { filterPolicyWithMessageBody: this.conditions as { [key: string]: sns.FilterOrPolicy } };
  }
}
