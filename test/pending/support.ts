import { App, Stack } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { propertiesOf, synthApp } from '../support/template';

export const ACCOUNT = '111111111111';

/**
 * A test that is expected to fail, and why it does.
 *
 * Jest fails a test of this kind that passes. The second test runs the same body and compares its error, so that a typo does not pass for
 * the reason. The change that mends the behavior makes both fail; it replaces `pending(name, reason, body)` by `test(name, body)`.
 */
export function pending(name: string, because: RegExp, body: () => unknown): void {
  test.failing(name, async () => {
    await body();
  });
  test(`${name}: not yet`, async () => {
    await expect((async () => { await body(); })()).rejects.toThrow(because);
  });
}

/** Flags of the CDK that the statements of its own destinations depend on. */
const FLAGS = {
  '@aws-cdk/s3-notifications:addS3TrustKeyPolicyForSnsSubscriptions': true,
  '@aws-cdk/aws-sns-subscriptions:restrictSqsDescryption': true,
};

/** A stack of an app with the flags of a new one, as far as they matter here. */
export function newStack(): Stack {
  return new Stack(new App({ context: FLAGS }), 'Stack', { env: { account: ACCOUNT, region: 'eu-west-1' } });
}

/** A construct of ours where the CDK takes one of its own; the change to come makes it one. */
export function as<T>(construct: IConstruct): T {
  return construct as unknown as T;
}

/** The statements that let a service in, in the policies of a type. */
export function statementsFor(stack: Stack, type: 'AWS::SQS::QueuePolicy' | 'AWS::SNS::TopicPolicy' | 'AWS::KMS::Key', service: string): any[] {
  const resources: any[] = Object.values(synthApp(stack)[stack.stackName].Resources);
  return resources.filter(({ Type }) => Type === type)
    .flatMap(({ Properties }) => (Properties.PolicyDocument ?? Properties.KeyPolicy).Statement)
    .filter(({ Principal }) => Principal?.Service === service);
}

/** Expects that each statement is limited to a source and to the account of it. */
export function expectBothConditions(statements: any[]): void {
  if (statements.length === 0) throw new Error('no statement lets the service in');
  for (const { Action, Condition } of statements) {
    const keys = Object.values<object>(Condition ?? {}).flatMap(Object.keys);
    for (const key of ['aws:SourceArn', 'aws:SourceAccount']) {
      if (!keys.includes(key)) throw new Error(`${JSON.stringify(Action)} without ${key}`);
    }
  }
}

/** Expects that a text of a template is the ARN of a resource, and not missing. */
export function expectReference(stack: Stack, got: unknown, arn: string): void {
  if (got === undefined) throw new Error('there is no reference');
  expect(got).toEqual(stack.resolve(arn));
}

export { propertiesOf };
