import { readFileSync, writeFileSync } from 'fs';
import { join } from 'path';
import { ACKNOWLEDGED, CONSTRUCT_FINDINGS, EXAMPLE_FINDINGS, Explanation, FARGATE_FINDINGS, FUNCTION_FINDINGS, SWEEPER_FINDINGS } from './explanations';
import { Finding, PACKS, findingsOf } from './findings';
import { DEFAULTS, build } from '../support/constructs';
import { EXAMPLES, buildExample } from '../support/examples';
import { WITH_FLAGS } from '../support/flag-differences';

const DOCUMENT = join(__dirname, '..', '..', 'docs', 'compliance.md');
const ours = Object.entries(DEFAULTS).map(([name, make]) => [name, findingsOf(build(make).app)] as const);
const examples = EXAMPLES.map(name => [name, findingsOf(buildExample(name))] as const);
const explanationOf = (finding: Finding, also: Record<string, Explanation> = {}): Explanation | undefined =>
  ({ ...CONSTRUCT_FINDINGS, ...also, ...OF_THEIR_OWN.find(({ isOf }) => isOf(finding))?.findings })[finding.rule];

const allMatch = (pattern: RegExp) => ({ resources }: Finding) => resources.every(path => pattern.test(path));

/** What satisfies a rule for another construct does not for these, which have their own reasons: the sweeper of temporary reply queues, Fargate workers, and the function of a worker. */
const OF_THEIR_OWN: { readonly isOf: (finding: Finding) => boolean; readonly findings: Record<string, Explanation> }[] = [
  { isOf: allMatch(/\/Sweeper\//), findings: SWEEPER_FINDINGS },
  // The log group of a function in the same example is satisfied by the same prop.
  { isOf: allMatch(/^(Subject\/Workers|LabelPrinting\/Printers|ImageWorkers\/(Moderators|SearchIndex))\/(Task|ProtectionPolicy|LogGroup)\b/), findings: FARGATE_FINDINGS },
  { isOf: allMatch(/^(Subject\/Resizer|ImageWorkers\/SearchIndex)\//), findings: FUNCTION_FINDINGS },
];

test.each(ours)('every finding on %s is explained', (_, findings) => {
  expect(findings.filter(finding => !explanationOf(finding))).toEqual([]);
});

test.each(examples)('every finding on the example %s is explained', (_, findings) => {
  expect(findings.filter(finding => !explanationOf(finding, EXAMPLE_FINDINGS))).toEqual([]);
});

test('no explanation outlives its finding', () => {
  const all = [...ours, ...examples].flatMap(([, findings]) => findings);
  const found = new Set(all.map(({ rule }) => rule));
  for (const { isOf, findings } of OF_THEIR_OWN) {
    const own = new Set(all.filter(isOf).map(({ rule }) => rule));
    expect(Object.keys(findings).filter(rule => !own.has(rule))).toEqual([]);
  }
  expect(Object.keys({ ...CONSTRUCT_FINDINGS, ...EXAMPLE_FINDINGS }).filter(rule => !found.has(rule))).toEqual([]);
});

const proofs = [CONSTRUCT_FINDINGS, FARGATE_FINDINGS, FUNCTION_FINDINGS]
  .flatMap(findings => Object.entries(findings))
  .filter(([, { satisfiedBy }]) => satisfiedBy);

test.each(proofs)('%s is satisfied by the prop named', (rule, { proof }) => {
  expect(proof).toBeDefined();
  expect(findingsOf(build(proof!).app).map(finding => finding.rule)).not.toContain(rule);
});

test.each([...Object.entries(CONSTRUCT_FINDINGS), ...Object.entries(SWEEPER_FINDINGS), ...Object.entries(FARGATE_FINDINGS), ...Object.entries(FUNCTION_FINDINGS)])('%s is either satisfied by a prop or cannot be', (_, { satisfiedBy, cannot }) => {
  expect([satisfiedBy, cannot].filter(Boolean)).toHaveLength(1);
});

test('docs/compliance.md is current (npm run docs:compliance)', () => {
  const rendered = render();
  if (process.env.COMPLIANCE_WRITE) writeFileSync(DOCUMENT, rendered);
  expect(readFileSync(DOCUMENT, 'utf8')).toBe(rendered);
});

function render(): string {
  const table = (sections: (readonly [string, Finding[]])[], also?: Record<string, Explanation>) => sections.flatMap(([name, findings]) => [
    '',
    `### ${name}`,
    '',
    ...findings.length === 0 ? ['No finding.'] : ['| rule | packs | resources | |', '|---|---|---|---|', ...findings.map(finding => row(finding, explanationOf(finding, also)))],
  ]);
  return [
    '# Compliance',
    '',
    '<!-- Generated from the findings by `npm run docs:compliance`; the tests fail when it is not current. -->',
    '',
    `The six packs of cdk-nag 3 (${Object.keys(PACKS).join(', ')}) run over every construct with its defaults and over every example. This is all`,
    'they find. A prop that is named satisfies the rule, which the tests prove on a second build with it.',
    '',
    '## Constructs with their defaults',
    ...table(ours),
    '',
    '## Examples',
    ...table(examples, EXAMPLE_FINDINGS),
    '',
    '## Acknowledged by the library',
    '',
    'Findings that no user can satisfy are acknowledged where they arise, so they do not show in your app.',
    '',
    '| rule | why |',
    '|---|---|',
    ...Object.entries(ACKNOWLEDGED).map(([rule, why]) => `| ${rule} | ${why} |`),
    '',
  ].join('\n');
}

/** The document is that of an app without flags; the log group of a function that one adds is named in test/contract/feature-flags.test.ts. */
function row({ rule, packs, resources }: Finding, explanation?: Explanation): string {
  const what = explanation?.satisfiedBy ? `satisfied by ${explanation.satisfiedBy}` : `cannot be: ${explanation?.cannot}`;
  return `| ${rule.replace(/\|/g, '\\|')} | ${packs.join(', ')} | ${resources.filter(path => !(WITH_FLAGS && path.endsWith('/Tidy/LogGroup'))).map(path => `\`${path.split('/').slice(1).join('/')}\``).join(', ')} | ${what} |`;
}
