import { createHash } from 'crypto';
import { existsSync } from 'fs';
import { dirname, join } from 'path';
import Environment from '../../support/environment';

/* eslint-disable @typescript-eslint/no-require-imports */

const BUNDLED = 'node_modules/@aws/cloudformation-validate';

let library: any;
let engine: any;
/** By the hash of the template: the stack of a key alone is the same in many draws. */
const known = new Map<string, string[]>();

function errorsIn(template: string): string[] {
  const hash = createHash('sha256').update(template).digest('base64');
  if (!known.has(hash)) known.set(hash, validate(template));
  return known.get(hash)!;
}

function validate(template: string): string[] {
  library ??= load();
  engine ??= new library.RegoEngine({});
  const { diagnostics } = engine.validateStandard(new library.TemplateContent(template), { severityLevel: 'ERROR' });
  return diagnostics.map((one: any) => `${one.severity} ${one.ruleId} ${one.resourceId} ${one.propertyPath}: ${one.message}`);
}

function load(): any {
  const folder = join(dirname(require.resolve('aws-cdk-lib-latest/package.json')), BUNDLED);
  if (!existsSync(folder)) {
    throw new Error(`aws-cdk-lib does not bundle ${BUNDLED} any more: look for where CloudFormationValidatePlugin has its rules from now.`);
  }
  return require(folder);
}

/**
 * Gives the tests the CloudFormation validation that the CDK bundles, which takes three seconds to start: once in each process, since
 * jest loads this file once, and what a test file loads again for each.
 *
 * The engine of the newest CDK in both projects: it knows more rules, and excludes none of the errors.
 */
export default class PropertiesEnvironment extends Environment {
  public async setup(): Promise<void> {
    await super.setup();
    Object.assign(this.global, { cloudFormationErrors: errorsIn });
  }
}
