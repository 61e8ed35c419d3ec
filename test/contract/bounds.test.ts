import { existsSync, readFileSync, writeFileSync } from 'fs';
import { join } from 'path';
import { Duration, Size } from 'aws-cdk-lib';
import { boundsTables, documentedDefaults, render, tablesOf } from './bounds-document';
import { Bound, BoundsOf } from '../../src/private/bounds';

const DOCUMENT = join(__dirname, '..', '..', 'docs', 'bounds.md');

interface JobProps { readonly delay?: Duration; readonly limit?: number; readonly name?: string; readonly parts?: number }

const JOB = {
  delay: Bound.duration({ min: Duration.seconds(0), max: Duration.minutes(15), default: Duration.seconds(5), fix: 'Wait less, or\nuse EventBridge | Scheduler.' }),
  limit: Bound.number({ min: 1, fix: 'Raise it.' }),
  name: Bound.length({ min: 1, max: 80, fix: 'Shorten it.' }),
  parts: Bound.number({ min: 0, max: 1, step: 0, fix: 'Lower it.' }),
} satisfies BoundsOf<JobProps>;

const SOURCE = `
/**
 * Of a job,
 * before it starts.
 */
export const JOB = {} satisfies BoundsOf<JobProps>;
export const OTHER = {};
`;

describe('the document', () => {
  test('has a table for each set of props, with what is said of it', () => {
    const tables = tablesOf('jobs', 'src/jobs/private/job-bounds.ts', SOURCE, { JOB, helper: () => 1, OTHER: { a: 1 } });
    expect(render(tables).split('\n## ')[1]).toBe([
      'jobs',
      '',
      '### JobProps',
      '',
      'Of a job, before it starts.',
      '',
      '| prop | minimum | maximum | step | default | what to do |',
      '|---|---|---|---|---|---|',
      '| `delay` | 0 seconds | 15 minutes | 1 second | 5 seconds | Wait less, or use EventBridge \\| Scheduler. |',
      '| `limit` | 1 | none | 1 |  | Raise it. |',
      '| `name` | 1 | 80 | 1 |  | Shorten it. |',
      '| `parts` | 0 | 1 | any |  | Lower it. |',
      '',
    ].join('\n'));
  });

  test('has several tables of several submodules, in order', () => {
    const [table] = tablesOf('jobs', 'x-bounds.ts', SOURCE, { JOB });
    const headings = render([table, { ...table, props: 'Others' }, { ...table, room: 'topics' }]).split('\n').filter(line => line.startsWith('##'));
    expect(headings).toEqual(['## jobs', '### JobProps', '### Others', '## topics', '### JobProps']);
  });

  test('is there without any table', () => {
    expect(render([])).toMatch(/^# Bounds\n/);
    expect(render([])).not.toContain('##');
  });

  test('misses nothing: a table of no props and a bound by itself have the name of their constant', () => {
    const tables = tablesOf('jobs', 'x-bounds.ts', SOURCE, { OTHER: { limit: JOB.limit }, JOB_NAME: JOB.name });
    expect(tables.map(({ props, bounds }) => [props, Object.keys(bounds)])).toEqual([['Other', ['limit']], ['Job name', ['job name']]]);
  });
});

/** What a docstring means by a default: `Duration.days(4)`, `5`. */
function valueOf(documented: string): Duration | Size | number {
  const [, type, unit, amount] = /^(Duration|Size)\.(\w+)\((\d+)\)$/.exec(documented) ?? [];
  if (type === undefined) return Number(documented);
  const factories: Record<string, Record<string, unknown>> = { Duration: { ...staticsOf(Duration) }, Size: { ...staticsOf(Size) } };
  return (factories[type][unit] as (amount: number) => Duration | Size)(Number(amount));
}

const staticsOf = (type: object) => Object.fromEntries(Object.getOwnPropertyNames(type).map(name => [name, type[name as keyof typeof type]]));

describe('the docstrings', () => {
  const documented = documentedDefaults(boundsTables());

  test('name defaults that are in the tables', () => {
    expect(documented.length).toBeGreaterThan(10);
  });

  test.each(documented.map(one => [one.prop, one] as const))('%s: the @default is that of the table', (_, { documented: text, bounds }) => {
    expect(bounds.map(bound => bound.known(bound.default))).toContain(bounds[0].known(valueOf(text)));
  });
});

test('docs/bounds.md is current (npm run docs:bounds)', () => {
  const rendered = render(boundsTables());
  if (process.env.BOUNDS_WRITE) writeFileSync(DOCUMENT, rendered);
  expect(existsSync(DOCUMENT) ? readFileSync(DOCUMENT, 'utf8') : 'nothing').toBe(rendered);
});
