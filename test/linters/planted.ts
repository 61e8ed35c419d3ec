import type { Tool } from '../../scripts/support/linters/finding';

/** Faults in the files of spoilt/, by which each linter shows that it looks. */
export const PLANTED: readonly { readonly tool: Tool; readonly rule: string; readonly fault: string }[] = [
  { tool: 'cfn-lint', rule: 'E3034', fault: 'a delay of 99,999 seconds' },
  { tool: 'checkov', rule: 'CKV_AWS_27', fault: 'a queue that is not encrypted' },
  { tool: 'checkov', rule: 'CKV_AWS_53', fault: 'a bucket that may be public' },
  { tool: 'cfn-guard', rule: 'CT.SQS.PR.2', fault: 'a queue that is not encrypted' },
  { tool: 'cfn-guard', rule: 'CT.S3.PR.1', fault: 'a bucket that may be public' },
  { tool: 'actionlint', rule: 'runner-label', fault: 'a runner that does not exist' },
  { tool: 'actionlint', rule: 'SC2086', fault: 'a variable without quotes' },
  { tool: 'shellcheck', rule: 'SC2086', fault: 'a variable without quotes' },
];
