import { createHash } from 'crypto';
import { readFileSync, readdirSync } from 'fs';
import { join } from 'path';

const ROOT = join(__dirname, '..', '..');

/** The sources of the diagrams, and what is rendered of them. */
export const DIAGRAMS = join(ROOT, 'docs', 'diagrams');

/** What draws. The fonts come with this build of Chromium, and the width of their letters gives the size of every box. */
export const RENDERER = {
  'mermaid': '11.17.2',
  'puppeteer-core': '24.43.1',
  '@sparticuz/chromium': '147.0.0',
};

/** Options of `mermaid.initialize`. */
export const MERMAID = {
  startOnLoad: false,
  securityLevel: 'strict',
  deterministicIds: true,
  // HTML in an SVG is shown by browsers only.
  htmlLabels: false,
  // A page without the first has one of the others: their letters are narrower, and fit.
  fontFamily: '"Open Sans", Helvetica, Arial, sans-serif',
  theme: 'neutral',
  themeVariables: { fontSize: '14px' },
  flowchart: { useMaxWidth: false, wrappingWidth: 320 },
};

/** The names of the diagrams, such as `fan-out`. */
export function diagrams(): string[] {
  return readdirSync(DIAGRAMS).filter(file => file.endsWith('.mmd')).map(file => file.slice(0, -'.mmd'.length)).sort();
}

export function sourceOf(name: string): string {
  return readFileSync(join(DIAGRAMS, `${name}.mmd`), 'utf8');
}

/** Stands in the SVG: it is another one if the source, the renderer or an option changes. */
export function fingerprint(source: string): string {
  return createHash('sha256').update(JSON.stringify([source, RENDERER, MERMAID])).digest('hex').slice(0, 16);
}
