import { CfnResource, ITokenResolver, Stack, Tokenization } from 'aws-cdk-lib';

/** What of a resource CDK keeps to itself. */
interface Internals {
  /** What escape hatches put over the properties. */
  readonly rawOverrides?: object;
  /** What the resource adds to the template, where properties and overrides come together. */
  _toCloudFormation(): object;
}

/**
 * A property as the template will have it: an escape hatch (`addPropertyOverride`) leaves the L1 as it was.
 *
 * @param value that of the L1, which is taken where nothing was put over it: to render a whole resource costs time
 * @returns with overrides the resolved value; undefined for a property that was deleted
 */
export function writtenProperty(resource: CfnResource, name: string, value: unknown): unknown {
  return isOverridden(resource) ? writtenProperties(resource)[name] : value;
}

/**
 * All properties as the template will have them, resolved.
 *
 * @param resolver of references, where they are not to be resolved as in the template
 */
export function writtenProperties(resource: CfnResource, resolver?: ITokenResolver): Record<string, unknown> {
  const [scope, written] = [Stack.of(resource), (resource as unknown as Internals)._toCloudFormation()];
  const { Resources } = resolver ? Tokenization.resolve(written, { scope, resolver, preparing: false }) : scope.resolve(written);
  return (Object.values(Resources ?? {}) as { Properties?: Record<string, unknown> }[])[0]?.Properties ?? {};
}

/** Whether an escape hatch put something over the properties; yes for a release of CDK that keeps it elsewhere. */
export function isOverridden(resource: CfnResource): boolean {
  const { rawOverrides } = resource as unknown as Internals;
  return rawOverrides === undefined || Object.keys(rawOverrides).length > 0;
}
