import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'fs';
import { createRequire } from 'module';
import { tmpdir } from 'os';
import { join, resolve } from 'path';
import { cached } from './support/cache';
import { DIAGRAMS, MERMAID, RENDERER, diagrams, fingerprint, sourceOf } from './support/diagrams';
import { run } from './support/process';

const USAGE = 'npm run docs:diagrams [-- --png=FOLDER], where FOLDER receives a picture of each to look at';

/** What is used of puppeteer-core, which is not installed with the development dependencies. */
interface Browser {
  newPage(): Promise<Page>;
  close(): Promise<void>;
}

interface Page {
  addScriptTag(script: { path: string }): Promise<unknown>;
  evaluate<A extends unknown[], R>(code: (...args: A) => R, ...args: A): Promise<Awaited<R>>;
  setContent(html: string): Promise<void>;
  $(selector: string): Promise<{ screenshot(options: { path: string }): Promise<unknown> } | null>;
}

async function main(): Promise<number> {
  const [option, ...others] = process.argv.slice(2);
  if (others.length > 0 || (option && !option.startsWith('--png='))) {
    console.error(USAGE);
    return 1;
  }
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    console.error(`Diagrams are rendered on Linux with x64, because the fonts of another system give other sizes; this is ${process.platform} with ${process.arch}.`);
    return 1;
  }
  const packages = Object.entries(RENDERER).map(([name, version]) => `${name}@${version}`);
  const folder = await cached('diagrams', packages, async unfinished => {
    mkdirSync(unfinished, { recursive: true });
    writeFileSync(join(unfinished, 'package.json'), '{}');
    const installed = await run('npm', ['install', '--prefix', unfinished, '--ignore-scripts', '--no-audit', '--no-fund', ...packages]);
    if (installed.code !== 0) throw new Error(installed.output);
  });

  const temp = mkdtempSync(join(tmpdir(), 'cdk-decouple-diagrams-'));
  // Also when it is interrupted.
  process.on('exit', () => rmSync(temp, { recursive: true, force: true }));
  const browser = await launch(folder, temp);
  try {
    for (const name of diagrams()) {
      const svg = await render(browser, folder, sourceOf(name));
      writeFileSync(join(DIAGRAMS, `${name}.svg`), svg);
      if (option) await picture(browser, svg, join(resolve(option.slice('--png='.length)), `${name}.png`));
      console.log(`docs/diagrams/${name}.svg  ${(svg.length / 1024).toFixed(1)} KiB`);
    }
  } finally {
    await browser.close();
  }
  return 0;
}

/** Chromium, with the fonts of its package and no other. */
async function launch(folder: string, temp: string): Promise<Browser> {
  // Read by the package when it is loaded: where it unpacks Chromium to.
  process.env.TMPDIR = temp;
  process.env.FONTCONFIG_FILE = join(temp, 'fonts.xml');
  writeFileSync(process.env.FONTCONFIG_FILE, `<fontconfig><dir>${join(temp, 'fonts')}</dir><cachedir>${join(temp, 'fonts-cache')}</cachedir></fontconfig>`);
  const load = createRequire(join(folder, 'package.json'));
  const chromium = load('@sparticuz/chromium');
  return load('puppeteer-core').launch({ executablePath: await chromium.executablePath(), args: chromium.args, headless: 'shell' });
}

/** The diagram as an SVG with a white background, so that it can be read on a dark page too. */
async function render(browser: Browser, folder: string, source: string): Promise<string> {
  const page = await browser.newPage();
  await page.setContent('<body></body>');
  await page.addScriptTag({ path: join(folder, 'node_modules', 'mermaid', 'dist', 'mermaid.min.js') });
  const svg = await page.evaluate(async (text, options) => {
    const { mermaid } = globalThis as any;
    mermaid.initialize(options);
    return (await mermaid.render('diagram', text)).svg as string;
  }, source, MERMAID);
  const [, opening] = /^(<svg [^>]*)>/.exec(svg)!;
  return `${opening} data-fingerprint="${fingerprint(source)}"><rect width="100%" height="100%" fill="#fff"/>${svg.slice(opening.length + 1)}\n`;
}

async function picture(browser: Browser, svg: string, path: string): Promise<void> {
  const page = await browser.newPage();
  await page.setContent(`<img src="data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}">`);
  await (await page.$('img'))!.screenshot({ path });
}

void main().then(code => { process.exitCode = code; });
