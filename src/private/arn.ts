import { Token } from 'aws-cdk-lib';
import { Problem, unless } from './problems';

/** A problem for an ARN of another service: an import accepts any ARN. */
export function arnProblems(arn: string, service: string): Problem[] {
  const named = arn.split(':')[2];
  if (named === undefined || Token.isUnresolved(named)) return [];
  return unless(named === service, () => ({ prop: '', got: `an ARN of ${named}`, allowed: `an ARN of ${service}`, fix: 'Import the resource with its own ARN.' }));
}
