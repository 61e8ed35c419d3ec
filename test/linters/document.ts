import { CONSTRUCTS, EXAMPLES, Exception, SCRIPTS } from './exceptions';
import { VERSIONS } from '../../scripts/support/linters/versions';

/** docs/linters.md. */
export function linterDocument(): string {
  return [
    '# Linters',
    '',
    '<!-- Generated from test/linters/exceptions.ts by `npm run docs:linters`; the tests fail when it is not current. -->',
    '',
    '`npm run test:linters` runs these over the templates of all examples, the workflows and the scripts:',
    '',
    `- cfn-lint ${VERSIONS['cfn-lint']}, strict: information, warnings and errors, experimental rules, for all Regions`,
    `- checkov ${VERSIONS.checkov}, all rules for AWS CloudFormation`,
    `- cfn-guard ${VERSIONS['cfn-guard']} with the rules of AWS Control Tower, from the npm package \`@cdklabs/cdk-validator-cfnguard\` (Linux and macOS)`,
    `- actionlint ${VERSIONS.actionlint} over the workflows, with shellcheck over the scripts in them (where Go is installed)`,
    `- shellcheck ${VERSIONS.shellcheck} over \`.ci/run\``,
    '',
    'This is all they find. Any other finding fails, and so does a line that is not true anymore. Where a prop is named for a construct, the same linters run over a',
    'stack with that prop (`test/linters/strict-app.ts`) and do not find it. Faults are planted in `test/linters/spoilt`, which each linter has to find. The findings of cdk-nag are in',
    '[compliance.md](compliance.md).',
    '',
    '## Constructs',
    '',
    ...table(CONSTRUCTS),
    '',
    '## Examples',
    '',
    'What the examples create beside the constructs, with the CDK.',
    '',
    ...table(EXAMPLES),
    '',
    '## Scripts',
    '',
    ...table(SCRIPTS),
    '',
  ].join('\n');
}

function table(exceptions: readonly Exception[]): string[] {
  return [
    '| linter | rule | asks for | found in | why it stands | satisfied by |',
    '|---|---|---|---|---|---|',
    ...exceptions.map(({ tool, rule, asks, in: places, reason, satisfiedBy }) =>
      `| ${[tool, rule, asks, places.join(', '), reason, satisfiedBy ?? ''].map(cell => cell.replace(/\|/g, '\\|')).join(' | ')} |`),
  ];
}
