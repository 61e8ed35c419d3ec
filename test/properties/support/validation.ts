import { existsSync } from 'fs';
import { dirname, join } from 'path';

/* eslint-disable @typescript-eslint/no-require-imports */

const BUNDLED = 'node_modules/@aws/cloudformation-validate';

let library: any;
let engine: any;
const known = new Map<string, string[]>();

/**
 * What the CloudFormation validation that the CDK bundles finds in a template at error level.
 *
 * The engine of the newest CDK in both projects: it knows more rules, and excludes none of the errors.
 */
export function errorsIn(template: unknown): string[] {
  const text = JSON.stringify(template);
  // A stack that nothing was put into is not deployed.
  if (!(template as any).Resources) return [];
  // The stack of a key alone is the same in many draws.
  if (!known.has(text)) known.set(text, validate(text));
  return known.get(text)!;
}

function validate(text: string): string[] {
  library ??= load();
  // One for a whole test file, since it takes a second to start.
  engine ??= new library.RegoEngine({});
  const { diagnostics } = engine.validateStandard(new library.TemplateContent(text), { severityLevel: 'ERROR' });
  return diagnostics.map((one: any) => `${one.severity} ${one.ruleId} ${one.resourceId} ${one.propertyPath}: ${one.message}`);
}

export function closeEngine(): void {
  engine?.free();
  engine = undefined;
  known.clear();
}

function load(): any {
  const folder = join(dirname(require.resolve('aws-cdk-lib-latest/package.json')), BUNDLED);
  if (!existsSync(folder)) {
    throw new Error(`aws-cdk-lib does not bundle ${BUNDLED} any more: look for where CloudFormationValidatePlugin has its rules from now.`);
  }
  return require(folder);
}
