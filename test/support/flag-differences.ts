import { Json } from './written';

/**
 * What the recommended feature flags change in a value of a template without changing what is deployed. A test that compares a part of
 * a template counts these as equal at the newest version; at the floor they are differences. `test/contract/feature-flags.test.ts` asserts
 * that whole templates differ in nothing else than what is named there.
 */

/** Whether the apps of this run have the recommended flags; see `recommended-flags.ts`. */
export const WITH_FLAGS = process.env.CDK_CONTEXT_JSON !== undefined;

/** Which flags a figure was counted under. */
export const FLAG_SET = WITH_FLAGS ? 'with flags' : 'without flags';

/** The partition in the ARNs of a message as it is written without flags, so that one expectation holds for both. */
export function withPartitionRef(text: string): string {
  return WITH_FLAGS ? text.replace(/\barn:aws[a-z-]*:/g, 'arn:${AWS::Partition}:') : text;
}

/** `@aws-cdk/core:defaultCrossStackReferences`: how a template refers to what another stack puts out. */
export function referenceToOutput(name: unknown): object {
  return WITH_FLAGS ? { 'Fn::GetStackOutput': expect.objectContaining({ OutputName: name }) } : { 'Fn::ImportValue': name };
}

/** The partitions that the ARNs of a template write out. */
export function writtenPartitions(template: unknown): string[] {
  return [...new Set([...JSON.stringify(template).matchAll(/\barn:(aws[a-z-]*):/g)].map(([, partition]) => partition))];
}

/**
 * Whether a resource, as `Type LogicalId`, is there because of `@aws-cdk/aws-lambda:useCdkManagedLogGroup` alone. A log group without the
 * flag is made by a custom resource of Lambda, or by nobody.
 */
export function isAddedByFlags(resource: string): boolean {
  return WITH_FLAGS && /^AWS::Logs::LogGroup TidyLogGroup/.test(resource);
}

const ACTION = /^[a-z0-9-]+:[A-Za-z*]+$/;

/** `@aws-cdk/aws-iam:minimizePolicies` sorts the actions of a statement. */
export function areSameActions(a: unknown, b: unknown): boolean | undefined {
  const isList = (value: unknown): value is string[] => Array.isArray(value) && value.length > 1 && value.every(one => typeof one === 'string' && ACTION.test(one));
  return isList(a) && isList(b) ? `${[...a].sort()}` === `${[...b].sort()}` : undefined;
}

/** `@aws-cdk/core:enablePartitionLiterals` writes the partition of a known Region out. Of two literals each stands for itself. */
export function areSameArn(a: unknown, b: unknown): boolean | undefined {
  const [one, other] = [textOf(a), textOf(b)];
  if (one === undefined || other === undefined || one.includes(PARTITION) === other.includes(PARTITION)) return undefined;
  const withoutPartition = (text: string) => text.replace(/\barn:(aws[a-z-]*|<partition>):/g, 'arn:<partition>:');
  return withoutPartition(one) === withoutPartition(other);
}

const PARTITION = '<partition>';

/** A text or an `Fn::Join` without a delimiter as one text, references within as JSON; undefined for anything else. */
function textOf(value: Json): string | undefined {
  if (typeof value === 'string') return value.replace(/\$\{AWS::Partition\}/g, PARTITION);
  const [delimiter, parts] = value?.['Fn::Join'] ?? [];
  if (delimiter !== '' || !Array.isArray(parts)) return undefined;
  return parts.map((part: Json) => typeof part === 'string' ? part : part?.Ref === 'AWS::Partition' ? PARTITION : JSON.stringify(part)).join('');
}
