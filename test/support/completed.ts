import { App, Stack } from 'aws-cdk-lib';
import { statementsOf } from './resources';
import { synthApp } from './template';
import { WrittenStatement } from './written';

export const ACCOUNT = '111111111111';

/** Flags of the CDK that the statements of its own destinations depend on. */
const FLAGS = {
  '@aws-cdk/s3-notifications:addS3TrustKeyPolicyForSnsSubscriptions': true,
  '@aws-cdk/aws-sns-subscriptions:restrictSqsDescryption': true,
};

/** A stack of an app with the flags of a new one, as far as they matter here. */
export function newStack(): Stack {
  return new Stack(new App({ context: FLAGS }), 'Stack', { env: { account: ACCOUNT, region: 'eu-west-1' } });
}

/** The statements that let a service in, in the policies of a type. */
export function statementsFor(stack: Stack, type: 'AWS::SQS::QueuePolicy' | 'AWS::SNS::TopicPolicy' | 'AWS::KMS::Key', service: string): WrittenStatement[] {
  return statementsOf(synthApp(stack)[stack.stackName], type).filter(({ Principal }) => Principal?.Service === service);
}

/** Expects that each statement is limited to a source and to the account of it. */
export function expectBothConditions(statements: readonly WrittenStatement[]): void {
  if (statements.length === 0) throw new Error('no statement lets the service in');
  for (const { Action, Condition } of statements) {
    const keys = Object.values<object>(Condition ?? {}).flatMap(Object.keys);
    for (const key of ['aws:SourceArn', 'aws:SourceAccount']) {
      if (!keys.includes(key)) throw new Error(`${JSON.stringify(Action)} without ${key}`);
    }
  }
}
