import { versionOf } from './engine';
import { GAPS, Gap, LEFT_OUT } from './gaps';

/** docs/engines.md. */
export function render(): string {
  const row = ({ engine, check, instead }: Pick<Gap, 'engine' | 'check' | 'instead'>) => `| ${[engine, check, instead].map(cell => cell.replace(/\|/g, '\\|')).join(' | ')} |`;
  const head = ['| engine | check | what the engine does instead |', '|---|---|---|'];
  return [
    '# Engines in place of AWS',
    '',
    '<!-- Generated from test/deploy/gaps.ts by `npm run docs:engines`; the tests fail when it is not current. -->',
    '',
    '`npm run test:deploy` deploys the examples with the CDK CLI to two engines that others wrote, and uses what has been deployed with the AWS SDK:',
    `[LocalStack](https://pypi.org/project/localstack-core/) ${versionOf('LocalStack')} and [moto](https://pypi.org/project/moto/) ${versionOf('moto')}. They are not AWS.`,
    '',
    '## Skipped checks',
    '',
    'Each run tries these checks, and skips them by name as long as they fail in the known way. A check that passes fails the run, so that this list stays true.',
    '',
    ...head,
    ...Object.values(GAPS).map(row),
    '',
    '## Not tried',
    '',
    ...head,
    ...LEFT_OUT.map(row),
    '',
  ].join('\n');
}
