import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { IConstruct } from 'constructs';
import { ReportedError, readError } from '../support/problems';
import { errorOf } from '../support/template';

export { newStack, resourceOf } from '../support/template';

export const ACCOUNT = '111111111111';
export const OTHER_ACCOUNT = '222222222222';
export const REGION = 'eu-west-1';
export const ENV = { account: ACCOUNT, region: REGION };

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

/** The error that an action throws, with the construct that it is about. */
export function refusal(action: () => unknown): ReportedError {
  return readError(errorOf(action));
}

/** The errors of ours when an app is written; none where it can be, and a failure where CDK refuses it by itself. */
export function refusedAtSynth(scope: IConstruct): ReportedError[] {
  try {
    (scope.node.root as App).synth({ force: true });
    return [];
  } catch (error) {
    // CDK puts the path of the construct in brackets before each message.
    return (error as Error).message.split(/^.*?(?=cdk-decouple \S+ at ')/m).slice(1).map(text => readError(text.trimEnd()));
  }
}

/** What lives under a construct, by path; a caught error must leave it as it was. */
export function tree(root: IConstruct): string[] {
  return root.node.findAll().map(construct => construct.node.path);
}
