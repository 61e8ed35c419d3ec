// Every app of the project has the feature flags of a new one, as `cdk init` writes them for the version under test: each `new App()`
// reads this variable, and so does the app that a stack without one makes for itself. It is set before the first is made.
/* eslint-disable @typescript-eslint/no-require-imports */
const flags = require('aws-cdk-lib/recommended-feature-flags.json');

process.env.CDK_CONTEXT_JSON = JSON.stringify({
  ...flags,
  // Writes the warnings of each synthesis to the console as well, and nothing into a template.
  '@aws-cdk/core:annotationsInValidationReport': false,
});
