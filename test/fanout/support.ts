import { App, Stack, StackProps } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { IConstruct } from 'constructs';

export { errorOf as problem } from '../support/template';

export const ACCOUNT = '111111111111';
export const OTHER_ACCOUNT = '222222222222';
export const REGION = 'eu-west-1';
export const ENV = { account: ACCOUNT, region: REGION };

export function newStack(props: StackProps = {}, app: App = new App()): Stack {
  return new Stack(app, 'Stack', props);
}

/** Resources of one type, by logical id. */
export function resources(stack: Stack, type: string): Record<string, any> {
  return Template.fromStack(stack).findResources(type);
}

/** The only resource of a type. */
export function only(stack: Stack, type: string): any {
  const all = Object.values(resources(stack, type));
  expect(all).toHaveLength(1);
  return all[0];
}

/** The resource a construct became. */
export function resourceOf(construct: IConstruct): any {
  const stack = Stack.of(construct);
  const resource: any = construct.node.defaultChild ?? construct;
  return Template.fromStack(stack).toJSON().Resources[stack.resolve(resource.logicalId)];
}

/** Statements of every policy of a type in the stack that name a service, or all of them. */
export function statements(stack: Stack, type: string, service?: string): any[] {
  return Object.values(resources(stack, type))
    .flatMap((policy: any) => (policy.Properties.PolicyDocument ?? policy.Properties.KeyPolicy).Statement)
    .filter((statement: any) => service === undefined || statement.Principal?.Service === service);
}

/** The warnings of ours in an app: construct path, id, text. */
export function warnings(root: IConstruct): { path: string; id: string; text: string }[] {
  return root.node.findAll().flatMap(construct => construct.node.metadata
    .filter(entry => entry.type === 'aws:cdk:warning' && `${entry.data}`.includes('cdk-decouple:'))
    .map(entry => {
      const [, text, id] = /^([^]*) \[ack: cdk-decouple:([^\]]*)\]$/.exec(entry.data as string)!;
      return { path: construct.node.path, id, text };
    }));
}

/** The statement that a warning carries. */
export function statementIn(text: string): any {
  return JSON.parse(text.slice(text.indexOf('{\n')));
}

/** One line of a message of ours. */
export function line(prop: string, got: string, allowed: string, fix: string): string {
  return `  - ${prop}: got ${got}; allowed: ${allowed}. ${fix}`;
}

/** What lives under a construct, by path; a caught error must leave it as it was. */
export function tree(root: IConstruct): string[] {
  return root.node.findAll().map(construct => construct.node.path);
}
