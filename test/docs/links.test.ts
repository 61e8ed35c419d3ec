import { existsSync } from 'fs';
import { dirname, join } from 'path';
import { DOCUMENTS, PUBLISHED, REFERENCE, read } from './blocks';

const ROOT = join(__dirname, '..', '..');
const REPOSITORY = JSON.parse(read('package.json')).repository.url.replace(/\.git$/, '');

/** The address of a file as it is: a page of the repository around an image would not be shown as one. */
const IMAGES = `${REPOSITORY.replace('github.com', 'raw.githubusercontent.com')}/main/`;

/** The targets of the links of a document, outside of its code blocks. */
function linksOf(path: string): string[] {
  const text = read(path).replace(/^( *)```[^]*?^\1```$/gm, '').replace(/`[^`\n]*`/g, '');
  return [...text.matchAll(/\]\(([^)\s]+)\)|^\[[^\]]+\]: (\S+)$/gm)].map(([, inline, reference]) => inline ?? reference);
}

/** The anchors of the headings of a document, as GitHub makes them. */
const anchorsOf = (path: string) => [...read(path).matchAll(/^#+ (.+)$/gm)]
  .map(([, heading]) => heading.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, '').replace(/ /g, '-'));

/** Why a link leads nowhere, if it does. */
function broken(from: string, link: string): string | undefined {
  const inRepository = (base: string) => link.startsWith(base) ? link.slice(base.length).replace(/^(blob|tree)\/main\//, '') : undefined;
  const ours = inRepository(`${REPOSITORY}/`) ?? inRepository(IMAGES);
  if (/^https?:/.test(link) && ours === undefined) return undefined;
  const [file, anchor] = (ours ?? link).split('#');
  const path = file === '' ? from : ours === undefined ? join(dirname(from), file) : file;
  if (!existsSync(join(ROOT, path))) return `${from}: ${link} names no file`;
  return anchor === undefined || !path.endsWith('.md') || anchorsOf(path).includes(anchor) ? undefined : `${from}: ${link} names no heading`;
}

test.each([...DOCUMENTS, ...REFERENCE])('the links of %s lead to files and headings of this repository that exist', path => {
  expect(linksOf(path).map(link => broken(path, link)).filter(problem => problem !== undefined)).toEqual([]);
});

test('what is published has absolute links only: npm, PyPI and Construct Hub show it without the repository', () => {
  const relative = PUBLISHED.flatMap(path => linksOf(path).filter(link => !/^(https:|#)/.test(link)).map(link => `${path}: ${link}`));
  expect(relative).toEqual([]);
  expect(PUBLISHED.flatMap(linksOf).filter(link => link.startsWith(REPOSITORY)).length).toBeGreaterThan(20);
});

test('the README names the peer versions of the package, and its license', () => {
  const { license, peerDependencies } = JSON.parse(read('package.json'));
  const readme = read('README.md');
  for (const [name, range] of Object.entries<string>(peerDependencies)) expect(readme).toContain(`\`${name}\` ${range.replace('^', '')} or newer`);
  expect(readme).toContain(`![Peer: aws-cdk-lib ${peerDependencies['aws-cdk-lib'].replace('^', '')} or newer]`);
  expect(readme).toContain(`![License: ${license}]`);
  expect(readme).toContain(`aws--cdk--lib-%E2%89%A5_${peerDependencies['aws-cdk-lib'].replace('^', '')}-`);
});
