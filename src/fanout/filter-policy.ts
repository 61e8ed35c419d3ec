import * as sns from 'aws-cdk-lib/aws-sns';
import { IConstruct } from 'constructs';
import { FilterConditions, filterPolicyProblems } from './private/filter-limits';
import { sortedFilters, sortedPolicy } from './private/filter-order';
import { Problem } from '../private/problems';

/**
 * Which messages of a topic reach a subscriber.
 *
 * At most 5 keys (for the body, leaf keys), and at most 150 combinations of values. A change takes up to 15 minutes to take
 * effect. Filtered messages are not billed as deliveries.
 *
 * @see https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html
 */
export class FilterPolicy {
  /**
   * By message attributes. All of them have to match.
   *
   * @param attributes conditions by attribute name, 1 to 5 of them
   */
  public static onAttributes(attributes: { [attribute: string]: sns.SubscriptionFilter }): FilterPolicy {
    return new FilterPolicy('attributes', attributes);
  }

  /**
   * By the JSON body of the message. A body that is not JSON does not match.
   *
   * @param body conditions by key, which may be nested, with 1 to 5 leaf keys
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
  public _check(): Problem[] {
    return filterPolicyProblems(this.conditions);
  }

  /**
   * Sorted, so that the order in which the conditions were written does not change the template.
   * @internal
   */
  public _subscriptionProps(scope: IConstruct): Pick<sns.SubscriptionOptions, 'filterPolicy' | 'filterPolicyWithMessageBody'> {
    return this.scope === 'attributes'
      ? { filterPolicy: sortedFilters(scope, this.conditions as { [attribute: string]: sns.SubscriptionFilter }) }
      : { filterPolicyWithMessageBody: sortedPolicy(scope, this.conditions as { [key: string]: sns.FilterOrPolicy }) };
  }
}
