import { Stack } from 'aws-cdk-lib';
import { World } from './world';
import { warningsOf } from '../support/template';
import { WrittenStatement } from '../support/written';

/** The statements that the warnings of a stack ask the owners of imported resources to add, as they would write them. */
export function statementsInWarnings(world: World, stack: Stack): WrittenStatement[] {
  return warningsOf(stack).flatMap(({ text }) => {
    const [, json] = /\n([[{][^]*\n[\]}])/.exec(text) ?? [];
    return json === undefined ? [] : JSON.parse(world.resolve(stack, { 'Fn::Sub': json }));
  });
}

/** The trust that every key of the CDK has in its account. */
export function keyPolicy(account: string, statements: readonly WrittenStatement[]): object {
  const trust = { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: 'kms:*', Resource: '*' };
  return { Version: '2012-10-17', Statement: [trust, ...statements] };
}
