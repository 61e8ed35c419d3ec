import { Aspects, CfnResource, Stack, Tokenization } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { pathOf } from './describe';
import { Problem, refuse } from './problems';
import { ReferenceResolver } from './reference-resolver';
import { withReferences } from './written';

/** Two stacks, of which `to` depends on `from`. */
export interface Dependency {
  readonly from: Stack;
  readonly to: Stack;
}

/**
 * Refuses references with which two stacks would depend on each other.
 *
 * In an aspect: the CDK looks for cycles of stacks before it validates, and its error names neither our construct nor the way out.
 *
 * @param problem the problem, for what refers from the one stack to the other; undefined if the other one does not depend on it
 */
export function refuseCycle(scope: IConstruct, construct: string, { from, to }: Dependency, problem: (user: string) => Problem | undefined): void {
  if (from === to) return;
  Aspects.of(scope).add({
    visit: node => {
      if (node !== scope) return;
      const user = userOf(from, to);
      const found = user && problem(user);
      if (found) refuse(scope, construct, [found]);
    },
  });
}

/** What refers from one stack to another, in the words of an error message. */
function userOf(stack: Stack, other: Stack): string | undefined {
  const resources = stack.node.findAll().filter(CfnResource.isCfnResource).filter(resource => Stack.of(resource) === stack);
  // The CDK refers across accounts and Regions by a name.
  const user = stack.environment === other.environment ? resources.find(resource => refersTo(resource, other)) : undefined;
  if (user) return pathOf(user);
  return stack.dependencies.includes(other) ? 'its dependencies' : undefined;
}

/** Whether a resource refers to another stack. */
export function refersTo(resource: CfnResource, stack: Stack): boolean {
  let found = false;
  const resolver = new ReferenceResolver(({ target }) => {
    found ||= Stack.of(target) === stack;
    // The value in the template: the L1 checks the types of its properties when it is resolved.
    return undefined;
  });
  Tokenization.resolve(withReferences(resource), { scope: Stack.of(resource), resolver, preparing: false });
  return found;
}
