import { assertComplete, assertQueuePolicies, assertQueues, assertRoles, assertSubscriptions, assertTopics } from './as-deployed';
import { Assembly, cdkOrFail } from './assembly';
import { Engine } from './engine';
import { DeployedStack } from './stack';
import { after, before, it } from '../flow/runner';
import { WrittenTemplate } from '../support/written';

/**
 * Deploys an example by the CDK CLI before the checks that follow, and compares what is there with its template.
 *
 * @param change what is changed in the template before, because the engine cannot create it
 * @returns the stack, from then on
 */
export function itIsDeployed(engine: Engine, example: string, change: (template: WrittenTemplate) => void = () => {}): () => DeployedStack {
  const assembly = new Assembly(example).edit(change);
  const hasTopics = Object.values(assembly.template.Resources).some(({ Type }) => Type === 'AWS::SNS::Topic');
  let deployed: DeployedStack;
  const stack = () => deployed;

  before(async () => {
    await cdkOrFail(engine, 'deploy', assembly);
    deployed = await DeployedStack.of(engine, assembly);
  });
  after(() => assembly.delete());

  it('has every resource of the template', () => assertComplete(stack()));
  it('has the queues of the template', () => assertQueues(engine, stack()));
  it('has the queue policies of the template', () => assertQueuePolicies(engine, stack()));
  if (hasTopics) {
    it('has the topic of the template, and its policy', () => assertTopics(engine, stack()));
    it('has the subscriptions of the template', () => assertSubscriptions(engine, stack()));
  }
  it('has the roles of the template, and their policies', () => assertRoles(engine, stack()));
  return stack;
}
