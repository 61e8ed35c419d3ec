import { App, CfnElement, Stack, StackProps } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { IConstruct } from 'constructs';
import { WrittenResource, WrittenTemplate } from './written';

/** An app with one stack, whose environment is only known at deployment unless it is given. */
export function newStack(props: StackProps = {}, app: App = new App()): Stack {
  return new Stack(app, 'Stack', props);
}

/** The template of a stack, as it is written. */
export function synth(stack: Stack): WrittenTemplate {
  return Template.fromStack(stack).toJSON() as WrittenTemplate;
}

/** Synthesizes the whole app, so that references between its stacks are settled; throws for a cycle. */
export function synthApp(scope: IConstruct): Record<string, WrittenTemplate> {
  const assembly = (scope.node.root as App).synth({ force: true });
  return Object.fromEntries(assembly.stacks.map(stack => [stack.stackName, stack.template]));
}

/** What a construct is in the template: the properties of its only resource. */
export function propertiesOf(construct: IConstruct): WrittenResource['Properties'] {
  return resourceOf(construct).Properties;
}

export function resourceOf(construct: IConstruct): WrittenResource {
  const stack = Stack.of(construct);
  return synth(stack).Resources[stack.resolve((construct.node.defaultChild as CfnElement).logicalId)];
}

/** The message of the error that is thrown; fails when none is, and for an error that is not ours. */
export function errorOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    expect((error as Error).constructor).toBe(Error);
    expect((error as Error).message).toMatch(/^cdk-decouple /);
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
}

/** Path and text of every warning of a stack. */
export function warningsOf(stack: Stack): { path: string; text: string }[] {
  return Annotations.fromStack(stack).findWarning('*', Match.anyValue())
    .map(({ id, entry }) => ({ path: id, text: String(entry.data) }));
}
