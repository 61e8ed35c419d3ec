import { Token } from 'aws-cdk-lib';
import { Problems } from './problems';

/** An imported resource tells the ARN it was given, whatever it is an ARN of. */
export function checkArn(problems: Problems, prop: string, arn: string, service: string): void {
  const named = arn.split(':')[2];
  if (named === undefined || Token.isUnresolved(named)) return;
  problems.require(named === service, () => ({
    prop, got: `an ARN of ${named}`, allowed: `an ARN of ${service}`, fix: 'Import the resource with its own ARN.',
  }));
}
