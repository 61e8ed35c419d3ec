/** From the environment of these tests (`environment.ts`). */
declare const cloudFormationErrors: (template: string) => string[];

/** What the CloudFormation validation that the CDK bundles finds in a template at error level. */
export function errorsIn(template: { readonly Resources?: unknown }): string[] {
  // A stack that nothing was put into is not deployed.
  return template.Resources ? cloudFormationErrors(JSON.stringify(template)) : [];
}
