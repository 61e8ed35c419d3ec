import * as sns from 'aws-cdk-lib/aws-sns';
import { IConstruct } from 'constructs';
import { FilterScope, filterPolicyProblems } from './private/filter-limits';
import { sortedFilters, sortedPolicy } from './private/filter-order';
import { describe } from '../private/describe';
import { Problems } from '../private/problems';

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
   * By message attributes. Every attribute named has to match.
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
    private readonly scope: FilterScope,
    private readonly conditions: { [key: string]: sns.SubscriptionFilter | sns.FilterOrPolicy },
  ) {}

  /** What the conditions are on, in the words of SNS: `MessageAttributes` or `MessageBody`. */
  public get filterPolicyScope(): string {
    return this.scope === 'attributes' ? 'MessageAttributes' : 'MessageBody';
  }

  /** @internal */
  public _check(problems: Problems): void {
    const given = this.conditions;
    if (typeof given !== 'object' || given === null || Array.isArray(given)) {
      problems.add({
        prop: 'filterPolicy',
        got: describe(given),
        allowed: 'conditions by key',
        fix: 'Give an object such as { kind: SubscriptionFilter.stringFilter({ allowlist: [...] }) }.',
      });
      return;
    }
    filterPolicyProblems(this.scope, given).forEach(problem => problems.add(problem));
  }

  /**
   * In an order that does not depend on that of the maps.
   * @internal
   */
  public _subscriptionProps(scope: IConstruct): Pick<sns.SubscriptionOptions, 'filterPolicy' | 'filterPolicyWithMessageBody'> {
    return this.scope === 'attributes'
      ? { filterPolicy: sortedFilters(scope, this.conditions as { [attribute: string]: sns.SubscriptionFilter }) }
      : { filterPolicyWithMessageBody: sortedPolicy(scope, this.conditions as { [key: string]: sns.FilterOrPolicy }) };
  }
}
