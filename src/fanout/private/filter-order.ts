import * as sns from 'aws-cdk-lib/aws-sns';
import { IConstruct } from 'constructs';
import { sortedDeep, sortedEntries } from '../../private/sorted';

interface Filters {
  [attribute: string]: sns.SubscriptionFilter;
}

interface BodyPolicy {
  [key: string]: sns.FilterOrPolicy;
}

/** Filters by attribute, in the order of their names. */
export function sortedFilters(scope: IConstruct, filters: Filters): Filters {
  return Object.fromEntries(sortedEntries(scope, filters).map(([name, filter]) => [name, sortedFilter(scope, filter)]));
}

/** Filters by key of the body, in the order of the keys at each level. */
export function sortedPolicy(scope: IConstruct, policy: BodyPolicy): BodyPolicy {
  return Object.fromEntries(sortedEntries(scope, policy).map(([key, value]) => {
    const { policyDoc, filterDoc } = value as Partial<sns.Policy & sns.Filter>;
    return [key, policyDoc
      ? sns.FilterOrPolicy.policy(sortedPolicy(scope, policyDoc))
      : sns.FilterOrPolicy.filter(sortedFilter(scope, filterDoc!))];
  }));
}

/** A condition can also be a map: an operator and its operand, or a filter policy of `$or`. */
function sortedFilter(scope: IConstruct, filter: sns.SubscriptionFilter): sns.SubscriptionFilter {
  return new sns.SubscriptionFilter(sortedDeep(scope, filter.conditions));
}
