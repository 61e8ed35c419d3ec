import { CfnResource, ITokenResolver, Stack, Tokenization } from 'aws-cdk-lib';

/** Internals of a CDK resource. */
interface Internals {
  /** The overrides of escape hatches. */
  readonly rawOverrides?: object;
  /** The part of the template for the resource, with properties and overrides. */
  _toCloudFormation(): object;
}

/**
 * A property as in the template: an escape hatch (`addPropertyOverride`) does not change the L1.
 *
 * @param value the property of the L1, which is used without overrides: rendering a whole resource takes time
 * @returns with overrides the resolved value; undefined for a property that was deleted
 */
export function writtenProperty(resource: CfnResource, name: string, value: unknown): unknown {
  return isOverridden(resource) ? writtenProperties(resource)[name] : value;
}

/**
 * All properties as in the template, resolved.
 *
 * @param resolver for references that are not resolved as in the template
 */
export function writtenProperties(resource: CfnResource, resolver?: ITokenResolver): Record<string, unknown> {
  const [scope, written] = [Stack.of(resource), withReferences(resource)];
  const { Resources } = resolver ? Tokenization.resolve(written, { scope, resolver, preparing: false }) : scope.resolve(written);
  return (Object.values(Resources ?? {}) as { Properties?: Record<string, unknown> }[])[0]?.Properties ?? {};
}

/** Whether a resolved value is an intrinsic function, so that it is only known at deployment. */
export function isIntrinsic(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).some(key => key === 'Ref' || key.startsWith('Fn::'));
}

/** The part of the template for a resource, before its references are resolved. */
export function withReferences(resource: CfnResource): object {
  return (resource as unknown as Internals)._toCloudFormation();
}

/** The value that escape hatches give a property, with its tokens; undefined if they do not change it. */
export function overriddenProperty(resource: CfnResource, name: string): unknown {
  const { Properties } = ((resource as unknown as Internals).rawOverrides ?? {}) as { readonly Properties?: Record<string, unknown> };
  return Properties?.[name];
}

/** Whether an escape hatch overrides properties; true for a release of CDK with other internals. */
export function isOverridden(resource: CfnResource): boolean {
  const { rawOverrides } = resource as unknown as Internals;
  return rawOverrides === undefined || Object.keys(rawOverrides).length > 0;
}
