import { Stack } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import { IConstruct } from 'constructs';
import { Problem } from '../../private/problems';
import { refersElsewhere } from '../../private/references';
import { ServiceSource } from '../service-source';

/** What is wrong with a source whose account the policy of a key in another stack cannot name; undefined when nothing is. */
export function sourceAccountProblem(
  source: ServiceSource, target: IConstruct, what: 'queue' | 'topic', key: kms.IKey | undefined,
): Omit<Problem, 'prop'> | undefined {
  if (key === undefined || !refersElsewhere(source._bind(target).sourceAccount, Stack.of(key))) return undefined;
  return {
    got: 'a sourceAccount only known at deployment, and a customer key of another stack',
    allowed: `a sourceAccount of 12 digits, or a key in the stack of the ${what}`,
    fix: 'The policy of the key names the account, so the two stacks would depend on each other; write the account out.',
  };
}
