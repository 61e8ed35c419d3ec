import { Annotations, Stack, Tokenization } from 'aws-cdk-lib';
import { Construct, IConstruct } from 'constructs';
import { withoutPasswords } from './describe';
import { PHYSICAL_NAMES } from './physical-names';

/**
 * Adds a warning that the user can acknowledge.
 *
 * @param id `<Construct>.<what>`; part of the public contract and listed in docs/warnings.md
 */
export function warn(scope: IConstruct, id: string, message: string): void {
  const whole = `cdk-decouple:${id}`;
  if (!isAcknowledged(scope, whole)) Annotations.of(scope).addWarningV2(whole, withoutPasswords(message));
}

/**
 * Whether a warning was acknowledged on a construct or one of its parents.
 *
 * Before 2.276.0, the CDK ignores an acknowledgment on the construct that warns itself, but applies it to the warnings of its children. Both versions
 * ignore an acknowledgment on the app that comes before the warning, for children too.
 */
function isAcknowledged(scope: IConstruct, id: string): boolean {
  const child = new Construct(scope, 'cdk-decouple:Acknowledged');
  Annotations.of(child).addWarningV2(id, '');
  scope.node.tryRemoveChild(child.node.id);
  return child.node.metadata.length === 0;
}

/**
 * A policy statement that the user must add, as JSON.
 *
 * Values only known at deployment are written as in `Fn::Sub`: `${AWS::AccountId}`, `${OrdersTopic}`. A resource with a physical name is written with its name.
 */
export function renderPolicy(scope: IConstruct, statement: unknown): string {
  return JSON.stringify(substitute(resolve(scope, statement)), undefined, 2);
}

/** A string for messages, resolved or not. Values only known at deployment are written as in `renderPolicy`. */
export function renderText(scope: IConstruct, text: unknown): string {
  return String(substitute(resolve(scope, text)));
}

function resolve(scope: IConstruct, value: unknown): unknown {
  return Tokenization.resolve(value, { scope: Stack.of(scope), resolver: PHYSICAL_NAMES, preparing: false });
}

/** The prefix of intrinsic functions, most of which `Fn::Sub` cannot contain. */
const PREFIX = 'Fn::';

function substitute(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(substitute);
  if (typeof value !== 'object' || value === null) return value;
  const [[key, argument], ...rest] = [...Object.entries(value), ['', undefined]];
  if (rest.length === 1 && (key === 'Ref' || key.startsWith(PREFIX))) return intrinsic(key, substitute(argument));
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, substitute(v)]));
}

function intrinsic(name: string, argument: unknown): string {
  if (name === 'Ref') return `\${${argument}}`;
  if (name === 'Fn::GetAtt') return `\${${[argument].flat().join('.')}}`;
  if (name === 'Fn::ImportValue') return `\${import:${bare(argument)}}`;
  if (name === 'Fn::Sub' && typeof argument === 'string') return argument;
  if (name === 'Fn::Join') {
    const [separator, parts] = argument as [string, unknown];
    return Array.isArray(parts) ? parts.join(separator) : `\${join:${separator}:${bare(parts)}}`;
  }
  const called = name.slice(PREFIX.length);
  return `\${${called[0].toLowerCase()}${called.slice(1)}:${bare(argument)}}`;
}

/** An argument inside `${}`, which cannot contain another `${}`. */
function bare(argument: unknown): string {
  if (Array.isArray(argument)) return argument.map(bare).join(':');
  const text = typeof argument === 'object' ? JSON.stringify(argument) : String(argument);
  return text.replace(/\$\{([^}]*)\}/g, '$1');
}
