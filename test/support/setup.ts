// The built-in CloudFormation validation costs seconds for each test file, because each loads its own engine. It is off here, and
// test/compliance/validation.test.ts runs it on purpose. From 2.276.0 on the variable does it; 2.262.0 has no switch yet.
process.env.CDK_VALIDATION = 'false';

/* eslint-disable @typescript-eslint/no-require-imports */
const { Annotations, CloudFormationValidatePlugin } = require('aws-cdk-lib');
const { LISTED_WARNINGS } = require('./warning-list');
const singleton = CloudFormationValidatePlugin?._singletonInstance;
if (singleton) {
  CloudFormationValidatePlugin._singletonInstance = () =>
    process.env.CDK_VALIDATION === 'false' ? { name: 'off', validate: () => ({ success: true, violations: [] }) } : singleton.call(CloudFormationValidatePlugin);
}

// No test reads where each resource was created or the tree of an app, which cost a tenth of the time: a stack trace for each resource goes
// through the source maps. The CDK calls the hook for each new app.
Object.assign(globalThis, {
  [Symbol.for('@aws-cdk/core.App#initHook')]: (app: any) => {
    app.node.setContext('aws:cdk:disable-creation-stack-traces', true);
    app._treeMetadata = false;
  },
});
// The CDK measures itself, for a report that nobody reads.
require('perf_hooks').performance.measure = () => undefined;

// Whatever a test makes: a warning of this library is one that users can look up, and read. `Thing` is the construct that tests of helpers make up.
const { addWarningV2 } = Annotations.prototype;
Annotations.prototype.addWarningV2 = function (id: string, ...rest: unknown[]) {
  if (/^cdk-decouple:(?!Thing\.)/.test(id) && !LISTED_WARNINGS.includes(id)) throw new Error(`'${id}' is not in the table of docs/warnings.md`);
  if (/^cdk-decouple:/.test(id) && /Token\[/.test(`${rest[0]}`)) throw new Error(`'${id}' contains the internal name of a token: ${rest[0]}`);
  return addWarningV2.call(this, id, ...rest);
};
