import { Annotations, Stack } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';

/**
 * Adds a warning that the user can acknowledge.
 *
 * @param id `<Construct>.<what>`; part of the public contract and listed in docs/warnings.md
 */
export function warn(scope: IConstruct, id: string, message: string): void {
  Annotations.of(scope).addWarningV2(`cdk-decouple:${id}`, message);
}

/**
 * A policy statement a user has to add by hand, as JSON.
 *
 * What is only known at deployment appears the way `Fn::Sub` writes it: `${AWS::AccountId}`, `${OrdersTopic}`.
 */
export function renderPolicy(scope: IConstruct, statement: unknown): string {
  return JSON.stringify(substitute(Stack.of(scope).resolve(statement)), undefined, 2);
}

function substitute(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(substitute);
  if (typeof value !== 'object' || value === null) return value;
  const [[key, argument], ...rest] = Object.entries(value);
  if (rest.length === 0) {
    if (key === 'Ref') return `\${${argument}}`;
    if (key === 'Fn::GetAtt') return `\${${[argument].flat().join('.')}}`;
    if (key === 'Fn::Join') {
      const [separator, parts] = argument as [string, unknown[]];
      return parts.map(substitute).join(separator);
    }
  }
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, substitute(v)]));
}
