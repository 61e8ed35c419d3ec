import { existsSync, readFileSync } from 'fs';
import { join } from 'path';
import { PUBLISHED, read } from './blocks';
import { DIAGRAMS, diagrams, fingerprint, sourceOf } from '../../scripts/support/diagrams';

const svgOf = (name: string) => readFileSync(join(DIAGRAMS, `${name}.svg`), 'utf8');

/** The diagrams that the manuals show. */
const SHOWN = PUBLISHED.flatMap(path => [...read(path).matchAll(/!\[([^\]]+)\]\(https:\S+\/main\/docs\/diagrams\/([\w-]+)\.svg\)/g)]
  .map(([, alternative, name]) => ({ path, alternative, name })));

test.each(PUBLISHED)('%s has a diagram, and none that only GitHub shows', path => {
  expect(SHOWN.map(diagram => diagram.path)).toContain(path);
  expect(read(path)).not.toContain('```mermaid');
});

test('every diagram is shown, and every one that is shown has a source', () => {
  expect([...new Set(SHOWN.map(({ name }) => name))].sort()).toEqual(diagrams());
});

describe.each(diagrams())('%s', name => {
  const title = /^ *accTitle: (.+)$/m.exec(sourceOf(name))?.[1];

  test('the SVG belongs to its source; otherwise run npm run docs:diagrams', () => {
    expect(existsSync(join(DIAGRAMS, `${name}.svg`))).toBe(true);
    expect(svgOf(name)).toContain(`data-fingerprint="${fingerprint(sourceOf(name))}"`);
  });

  test('is told to people who cannot see it', () => {
    expect(svgOf(name)).toMatch(new RegExp(`<title [^>]*>${title}</title><desc [^>]*>[^<]{80,}</desc>`));
    expect(SHOWN.filter(one => one.name === name).map(({ alternative }) => alternative)).toEqual([title]);
  });

  test('is small, and loads nothing', () => {
    expect(svgOf(name).length).toBeLessThan(40 * 1024);
    expect(svgOf(name)).not.toMatch(/<script|<image|<foreignObject|@import|url\(["']?https?:/);
  });
});
