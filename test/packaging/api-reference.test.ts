import { join } from 'path';
import { Docs, Type, isEnumType, loadAssemblyFromPath } from '@jsii/spec';
import { apiReference } from '../../scripts/support/api-reference';

const ROOT = join(__dirname, '..', '..');

const reference = apiReference(ROOT);
const types = Object.values(loadAssemblyFromPath(ROOT).types!);
const pages = Object.keys(reference).filter(path => path !== 'API.md');
const pageOf = (type: Type) => `docs/api/${type.namespace}.md`;

const withoutCode = (path: string) => reference[path].replace(/^( *)```[^]*?^\1```$/gm, '');
const headings = (path: string) => [...withoutCode(path).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading);
const inOneLine = (text: string) => text.replace(/\s+/g, ' ').trim();

/** What an API element has to say, in any of the places where docstrings stand. */
function texts({ summary, remarks, default: ofProp, returns, see, example, custom }: Docs = {}): string[] {
  return [summary, remarks, ofProp?.replace(/^- /, ''), returns, see, example, custom?.throws].flatMap(text => text === undefined ? [] : [inOneLine(text)]);
}

/** The part of the index that has the members of the CDK, in its words. */
const inherited = reference['API.md'].split('\n## ')[1];

/** Of the type and its members, but for those that the CDK documents. */
function docstrings(type: Type): string[] {
  if (isEnumType(type)) return [type, ...type.members].flatMap(({ docs }) => texts(docs));
  const members = [...type.methods ?? [], ...type.properties ?? []].filter(member => !member.protected
    && !(member.overrides?.startsWith('aws-cdk-lib.') && inherited.includes(`| \`${member.name}\` | ${member.docs!.summary} |`)));
  const parameters = members.flatMap(member => 'parameters' in member ? member.parameters ?? [] : []);
  return [type, ...members, ...parameters].flatMap(({ docs }) => texts(docs));
}

test('there is a page for each submodule, and an index', () => {
  expect(Object.keys(reference)).toContain('API.md');
  expect(pages.sort()).toEqual([...new Set(types.map(pageOf))].sort());
});

test.each(types.map(type => type.fqn))('%s is on the page of its submodule, once, and in the index', fqn => {
  const type = types.find(each => each.fqn === fqn)!;
  expect(pages.flatMap(path => headings(path).filter(heading => heading === type.name).map(() => path))).toEqual([pageOf(type)]);
  expect(reference['API.md'].split(`\n- [\`${type.name}\`](${pageOf(type)}#${type.name.toLowerCase()}): ${inOneLine(type.docs!.summary!)}\n`)).toHaveLength(2);
});

test.each(Object.keys(reference))('no two headings of %s have the same anchor', path => {
  const anchors = headings(path).map(heading => heading.toLowerCase());
  expect(anchors).toEqual([...new Set(anchors)]);
});

test.each(pages)('%s says all that the docstrings say', path => {
  // A default is code in part, and a list in a table stands in one line.
  const plain = (text: string) => inOneLine(text).replace(/[`\\]/g, '');
  const page = plain(reference[path]);
  const wanted = types.filter(type => pageOf(type) === path).flatMap(docstrings).map(plain);
  expect(wanted.length).toBeGreaterThan(10);
  expect(wanted.filter(text => !page.includes(text))).toEqual([]);
  // jsii cuts there, in the middle of a sentence.
  expect(withoutCode(path)).not.toMatch(/;\n\n/);
});

test('what comes from the CDK is in the index only, but for what a class changes', () => {
  for (const member of ['isConstruct', 'applyRemovalPolicy(policy)', 'metricNumberOfMessagesSent', 'queueUrl']) {
    expect(reference['API.md'].match(new RegExp(`^\\| \`(static )?${member.replace(/\W/g, '\\$&')}`, 'gm'))).toHaveLength(1);
    expect(pages.filter(path => new RegExp(`^(\\| \`|- \\*\\*\`)${member.replace(/\W/g, '\\$&')}`, 'm').test(reference[path]))).toEqual([]);
  }
  expect(reference['docs/api/queues.md']).toContain('- **`addToResourcePolicy`**(');
});

test('a prop without a default is marked as required', () => {
  const rows = pages.flatMap(path => reference[path].match(/^\| `\w+` \| .+ \| .* \| .+ \|$/gm) ?? []);
  const props = types.flatMap(type => !isEnumType(type) && 'datatype' in type && type.datatype ? type.properties ?? [] : []);
  expect(rows.filter(row => row.includes(' | **required** | '))).toHaveLength(props.filter(prop => !prop.optional).length);
  expect(rows.filter(row => row.includes(' |  | '))).toEqual([]);
});

test('it is the same in each run', () => {
  expect(apiReference(ROOT)).toEqual(reference);
});
