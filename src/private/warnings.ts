import { Annotations, Stack, Tokenization } from 'aws-cdk-lib';
import { Construct, IConstruct } from 'constructs';
import { PHYSICAL_NAMES } from './physical-names';

/**
 * Adds a warning that the user can acknowledge.
 *
 * @param id `<Construct>.<what>`; part of the public contract and listed in docs/warnings.md
 */
export function warn(scope: IConstruct, id: string, message: string): void {
  const whole = `cdk-decouple:${id}`;
  if (!isAcknowledged(scope, whole)) Annotations.of(scope).addWarningV2(whole, message);
}

/**
 * Whether a warning was acknowledged on a construct or on a parent of it.
 *
 * Before 2.276.0 the CDK overlooks an acknowledgment on the very construct that warns, and looks at that of the construct when a child warns.
 * An acknowledgment on the app that comes before a warning is overlooked by both, for a child too.
 */
function isAcknowledged(scope: IConstruct, id: string): boolean {
  const child = new Construct(scope, 'cdk-decouple:Acknowledged');
  Annotations.of(child).addWarningV2(id, '');
  scope.node.tryRemoveChild(child.node.id);
  return child.node.metadata.length === 0;
}

/**
 * A policy statement a user has to add by hand, as JSON.
 *
 * What is only known at deployment appears the way `Fn::Sub` writes it: `${AWS::AccountId}`, `${OrdersTopic}`. A resource that was
 * given a physical name appears with that.
 */
export function renderPolicy(scope: IConstruct, statement: unknown): string {
  return JSON.stringify(substitute(resolve(scope, statement)), undefined, 2);
}

/** A text for people; what of it is only known at deployment appears as in `renderPolicy`. Resolved or not. */
export function renderText(scope: IConstruct, text: unknown): string {
  return String(substitute(resolve(scope, text)));
}

function resolve(scope: IConstruct, value: unknown): unknown {
  return Tokenization.resolve(value, { scope: Stack.of(scope), resolver: PHYSICAL_NAMES, preparing: false });
}

/** Intrinsic functions whose names `Fn::Sub` has no way of writing. */
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

/** An argument within `${}`, where no other stands. */
function bare(argument: unknown): string {
  if (Array.isArray(argument)) return argument.map(bare).join(':');
  const text = typeof argument === 'object' ? JSON.stringify(argument) : String(argument);
  return text.replace(/\$\{([^}]*)\}/g, '$1');
}
