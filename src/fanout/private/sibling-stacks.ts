import { CfnResource, CfnWaitConditionHandle, Stack, StackProps } from 'aws-cdk-lib';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { describe } from '../../private/describe';
import { outermostStack } from '../../private/environment';
import { Problem, unless } from '../../private/problems';

/** The resources that CloudFormation allows in a stack. */
const STACK_RESOURCES = 500;

/** At most: the subscription, and its dead-letter queue with a policy. */
const SUBSCRIPTION_RESOURCES = 3;

const STACK_NAME_LENGTH = 128;

/** What is wrong with the name that the names of the stacks begin with. */
export function stackNameProblems(name: string | undefined, count: number): Problem[] {
  const maxLength = STACK_NAME_LENGTH - `-${count}`.length;
  return unless(name === undefined || (/^[A-Za-z][A-Za-z0-9-]*$/.test(name) && name.length <= maxLength), () => ({
    prop: 'stackProps.stackName',
    got: describe(name),
    allowed: `1 to ${maxLength} letters, digits and hyphens that begin with a letter, to which a hyphen and a number are added`,
    fix: 'Correct the name, or omit it: a generated name is unique.',
  }));
}

/** Creates the stacks, with the account, Region, tags and termination protection of the topic's stack. */
export function createSiblingStacks(scope: Construct, topic: sns.ITopic, count: number, props: StackProps): Stack[] {
  const owner = outermostStack(Stack.of(topic));
  return Array.from({ length: count }, (_, index) => {
    const stack = new Stack(scope, `Stack${index + 1}`, {
      env: { account: owner.account, region: owner.region },
      terminationProtection: owner.terminationProtection,
      ...props,
      tags: { ...owner.tags.tagValues(), ...props.tags },
      stackName: props.stackName && `${props.stackName}-${index + 1}`,
    });
    // CloudFormation refuses a template without resources, and no queue may belong to this stack. The handle has no cost and no effect.
    new CfnWaitConditionHandle(stack, 'cdk-decouple:Placeholder');
    return stack;
  });
}

/** A problem if the topic's stack is deployed in another way than the stacks that were created. */
export function synthesizerProblems(topic: sns.ITopic, stacks: Stack[], props: StackProps): Problem[] {
  const kindOf = ({ synthesizer }: Stack) => `${synthesizer.constructor.name} with the qualifier ${synthesizer.bootstrapQualifier ?? 'of the app'}`;
  const owner = outermostStack(Stack.of(topic));
  return unless(props.synthesizer !== undefined || kindOf(owner) === kindOf(stacks[0]), () => ({
    prop: 'stackProps.synthesizer',
    got: `nothing, which is ${kindOf(stacks[0])}`,
    allowed: `the synthesizer of the stack '${owner.node.path}', ${kindOf(owner)}`,
    fix: 'Specify a synthesizer: the CDK cannot use that of one stack for another. Or set defaultStackSynthesizer of the app.',
  }));
}

/** A problem if a stack has no room for a queue that was created in it, and for the subscription that it gets. */
export function stackRoomProblems(stack: Stack): Problem[] {
  const resources = stack.node.findAll().filter(node => CfnResource.isCfnResource(node)).length;
  const needed = resources + SUBSCRIPTION_RESOURCES;
  return unless(needed <= STACK_RESOURCES, () => ({
    prop: 'addQueue(id)',
    got: `a queue with which the stack '${stack.node.path}' could have ${needed} resources`,
    allowed: `at most ${STACK_RESOURCES} resources in a stack`,
    fix: 'Create this queue in a second SubscriberStacks. A larger stackCount replaces queues that are deployed.',
  }));
}
