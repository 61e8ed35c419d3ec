import { Token } from 'aws-cdk-lib';
import { Problem, Problems, unless } from './problems';

/** A problem where an ARN is of another service: an imported resource returns the ARN it was given, whatever it names. */
export function arnProblems(arn: string, service: string): Problem[] {
  const named = arn.split(':')[2];
  return unless(named === undefined || Token.isUnresolved(named) || named === service, () => ({
    prop: '', got: `an ARN of ${named}`, allowed: `an ARN of ${service}`, fix: 'Import the resource with its own ARN.',
  }));
}

/** An imported resource tells the ARN it was given, whatever it is an ARN of. */
export function checkArn(problems: Problems, prop: string, arn: string, service: string): void {
  const named = arn.split(':')[2];
  if (named === undefined || Token.isUnresolved(named)) return;
  problems.require(named === service, () => ({
    prop, got: `an ARN of ${named}`, allowed: `an ARN of ${service}`, fix: 'Import the resource with its own ARN.',
  }));
}
