// The built-in CloudFormation validation costs seconds for each test file, because each loads its own engine. It is off here, and
// test/compliance/validation.test.ts runs it on purpose. From 2.276.0 on the variable does it; 2.262.0 has no switch yet.
process.env.CDK_VALIDATION = 'false';

/* eslint-disable @typescript-eslint/no-require-imports */
const { CloudFormationValidatePlugin } = require('aws-cdk-lib');
const singleton = CloudFormationValidatePlugin?._singletonInstance;
if (singleton) {
  CloudFormationValidatePlugin._singletonInstance = () =>
    process.env.CDK_VALIDATION === 'false' ? { name: 'off', validate: () => ({ success: true, violations: [] }) } : singleton.call(CloudFormationValidatePlugin);
}
