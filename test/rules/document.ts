import { KINDS, Kind } from './kinds';
import { NamedTest, readable } from './named-tests';
import { Rule } from './rule';
import { RULES } from './rules';

/** docs/rules.md. */
export function rulesDocument(): string {
  const rules = RULES.flatMap(({ topics }) => topics.flatMap(topic => topic.rules));
  const held = rules.filter(rule => !('notHeld' in rule)).length;
  return [
    '# Rules of the services',
    '',
    '<!-- Generated from test/rules by `npm run docs:rules`; the tests fail when it is not current. -->',
    '',
    'What Amazon SQS and Amazon SNS accept, refuse or require, in our words, with the page of the AWS documentation; what the library does about it; and the tests that',
    `hold it. Tests hold ${held} of these ${rules.length} rules. The others stand here as well, with the reason. A test that is renamed or deleted fails the build until this document follows.`,
    '',
    'What the library does:',
    '',
    '- **refused at the call**: the constructor or method throws',
    '- **refused at synthesis**: the error comes when the template is written, because an aspect, an escape hatch or a later line of code can change it until then',
    '- **warned**: a warning of [warnings.md](warnings.md)',
    '- **wired**: it is in the template, without a prop or by default',
    '- **left to the service**: the template does nothing; the test shows what an emulator of the service does',
    '',
    'In the titles of tests, `…` stands for the rows of a table. Nothing was deployed to an AWS account; [proof.md](proof.md) says what that leaves open.',
    '',
    `After the rules come the kinds of publishers and subscribers: ${KINDS.map(({ heading }) => `[${heading}](#${heading.toLowerCase().replace(/ /g, '-')})`).join(', ')}.`,
    '*Delivered* means that a message arrived in the emulator of SNS and SQS in `test/flow`. The emulator enforces no policy: a simulator evaluates the policies of',
    'each subscription and of each role first, and what it denies is not connected.',
    '',
    ...RULES.flatMap(({ service, topics }) => topics.flatMap(({ heading, rules: those }) => [
      `## ${service}: ${heading}`,
      '',
      '| rule | what the library does | held by | source |',
      '|---|---|---|---|',
      ...those.map(ruleRow),
      '',
    ])),
    ...KINDS.flatMap(({ heading, introduction, kinds }) => [
      `## ${heading}`,
      '',
      introduction,
      '',
      '| kind | call | what is wired | held by | what the emulator did |',
      '|---|---|---|---|---|',
      ...kinds.map(kindRow),
      '',
    ]),
  ].join('\n');
}

function ruleRow(rule: Rule): string {
  const { name, url } = rule.source;
  const [answer, tests] = 'notHeld' in rule ? ['not held', rule.notHeld] : [rule.answers.join(', '), listed(rule.tests)];
  return row([rule.rule, answer, tests, `[${name}](${url})`]);
}

function kindRow({ kind, calls, or, wired, tests, emulator }: Kind): string {
  const did = 'delivered' in emulator ? `delivered: ${listed([emulator.delivered])}` : `not emulated: ${emulator.notEmulated}`;
  return row([kind, [...calls.map(call => `\`${call}\``), ...or === undefined ? [] : [`or \`${or}\``]].join('<br>'), wired, listed(tests), did]);
}

function row(cells: string[]): string {
  return `| ${cells.map(cell => cell.replace(/\|/g, '\\|').replace(/\n/g, ' ')).join(' | ')} |`;
}

/** Each file once, with its titles. */
function listed(tests: readonly NamedTest[]): string {
  const files = [...new Set(tests.map(({ file }) => file))];
  return files.map(file => {
    const titles = [...new Set(tests.filter(test => test.file === file).map(readable))];
    return `[${file.replace(/\.(test|flow)\.ts$/, '')}](../test/${file}): ${titles.map(escaped).join('; ')}`;
  }).join('<br>');
}

/** Titles are plain words, in which Markdown would see a tag, emphasis or a link. */
function escaped(title: string): string {
  return title.replace(/[<>*_[\]`]/g, '\\$&');
}
