import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'fs';
import { join } from 'path';
import type { Stack } from 'aws-cdk-lib';
import { Finding, review } from './baseline-review';
import { HOLDS_DATA } from './effects';
import { EXAMPLES, buildExample } from '../support/examples';
import { FLAG_SET } from '../support/flag-differences';
import { synth } from '../support/template';
import { WrittenTemplate } from '../support/written';

/**
 * The reviewed template of each example, as somebody may have deployed it: without feature flags at the floor, and with those of a new app at
 * the newest version.
 *
 * A change of the library shows here before it shows in a stack. `npm run test:baselines` writes the files; nothing else does.
 */
const FOLDER = join(__dirname, 'baselines', FLAG_SET.replace(' ', '-'));
const ACCEPT = 'npm run test:baselines';

const fileOf = (name: string) => join(FOLDER, `${name}.json`);
/** The templates of all stacks of an example: the first has its name, and another that of its stack too. */
const templatesOf = (name: string) => {
  const stacks = buildExample(name).node.children.filter((child): child is Stack => 'templateFile' in child);
  return stacks.map((stack, index): [string, WrittenTemplate] => [index === 0 ? name : `${name}-${stack.stackName}`, synth(stack)]);
};
const written = (template: unknown) => `${JSON.stringify(template, undefined, 1)}\n`;
const baselineOf = (name: string) => existsSync(fileOf(name)) ? JSON.parse(readFileSync(fileOf(name), 'utf8')) : undefined;

const templates: Record<string, WrittenTemplate> = Object.fromEntries(EXAMPLES.flatMap(templatesOf));
const NAMES = Object.keys(templates);

if (process.env.BASELINES_WRITE) {
  mkdirSync(FOLDER, { recursive: true });
  readdirSync(FOLDER).filter(file => !NAMES.includes(file.replace(/\.json$/, ''))).forEach(file => rmSync(join(FOLDER, file)));
  for (const name of NAMES) {
    const accepted = review(baselineOf(name) ?? { Resources: {} }, templates[name]).filter(({ harmful }) => harmful);
    if (accepted.length > 0) console.info(texts(`${name}: accepted with a loss for whoever deployed it; say in the pull request why that is right.`, accepted));
    writeFileSync(fileOf(name), written(templates[name]));
  }
}

test('there is a baseline for each example, and for nothing else', () => {
  const files = existsSync(FOLDER) ? readdirSync(FOLDER).sort() : [];
  const expected = NAMES.map(name => `${name}.json`).sort();
  if (files.join() !== expected.join()) throw new Error(`${FOLDER} has ${files.join(', ') || 'nothing'} instead of ${expected.join(', ')}: run ${ACCEPT}`);
});

test('the baselines name no account, Region, machine or time', () => {
  // The two sides of the order bus name each other, by accounts of the AWS documentation.
  const documented = /\b(111122223333|444455556666)\b/g;
  for (const name of NAMES) {
    const text = JSON.stringify(baselineOf(name) ?? {});
    expect(name.startsWith('order-bus') ? text.replace(documented, '') : text).not.toMatch(/\b\d{12}\b|\/home\/|\/root\/|\/tmp\/|[A-Z]:\\\\|[0-9a-f]{64}|20\d\d-\d\d-\d\dT/);
  }
});

describe.each(NAMES)('%s, deployed from its baseline', name => {
  const findings = () => {
    const baseline = baselineOf(name);
    if (!baseline) throw new Error(`examples/${name} has no baseline: run ${ACCEPT}`);
    return review(baseline, templates[name]);
  };

  test('keeps every resource, parameter, output and export', () => {
    const harmful = findings().filter(finding => finding.harmful);
    if (harmful.length > 0) throw new Error(texts(`A stack deployed from the baseline of ${name} would lose this. Correct the change. If it is intended, ${ACCEPT}, and say why in the pull request.`, harmful));
  });

  test('is the template that was reviewed', () => {
    const harmless = findings().filter(finding => !finding.harmful);
    if (harmless.length > 0) throw new Error(texts(`The template of ${name} is not its baseline. Nothing of this loses data: review it, then ${ACCEPT}.`, harmless));
  });

  test('is the same in every byte', () => {
    expect(written(templates[name])).toBe(readFileSync(fileOf(name), 'utf8'));
  });
});

/** Properties that cannot be changed in place. */
const REPLACING: Record<string, string> = {
  'AWS::SQS::Queue': 'QueueName',
  'AWS::SNS::Topic': 'TopicName',
  'AWS::Kinesis::Stream': 'Name',
  'AWS::S3::Bucket': 'BucketName',
  'AWS::KinesisFirehose::DeliveryStream': 'DeliveryStreamName',
  'AWS::Logs::LogGroup': 'LogGroupName',
};

let spoilt = 0;

describe.each(NAMES)('a spoilt template of %s is seen', name => {
  const template = templates[name];
  const held = Object.entries(template.Resources).filter(([, { Type }]) => HOLDS_DATA.has(Type));
  const seen = (resources: WrittenTemplate['Resources'], others: object = {}) => {
    spoilt += 1;
    return review(template, { ...template, ...others, Resources: resources });
  };
  const harm = (text: string) => expect.objectContaining({ harmful: true, text: expect.stringContaining(text) });

  test.each(held)('%s removed, or under another logical id', (id, resource) => {
    const { [id]: _, ...others } = template.Resources;
    const fate = resource.DeletionPolicy === 'Retain' ? 'would be left behind' : 'would be deleted';
    expect(seen(others)).toContainEqual(harm(`${resource.Type} ${id}: ${fate}`));
    const findings = seen({ ...others, Another: resource });
    expect(findings).toContainEqual(harm(`${id}: ${fate}`));
    expect(findings).toContainEqual(harm('; Another is the same under another logical id'));
  });

  test.each(held.filter(([, { Type }]) => REPLACING[Type]))('%s replaced', (id, resource) => {
    const prop = REPLACING[resource.Type];
    const renamed = { ...resource, Properties: { ...resource.Properties, [prop]: 'another' } };
    expect(seen({ ...template.Resources, [id]: renamed })).toContainEqual(harm(`${resource.Type} ${id}: would be replaced`));
    expect(seen({ ...template.Resources, [id]: renamed })).toContainEqual(harm(`${prop} changes from`));
  });

  test('what is no longer kept', () => {
    for (const [id, resource] of held.filter(([, { DeletionPolicy }]) => DeletionPolicy === 'Retain')) {
      expect(seen({ ...template.Resources, [id]: { ...resource, DeletionPolicy: 'Delete' } })).toContainEqual(harm(`${id}: would no longer be kept: DeletionPolicy changes from "Retain" to "Delete"`));
    }
  });

  test('anything else, as what it is', () => {
    const [id, resource] = held[0];
    const harmless = (text: string) => [{ harmful: false, text: expect.stringContaining(text) }];
    const updated = { ...resource, Properties: { ...resource.Properties, Tags: [{ Key: 'a', Value: 'b' }] } };
    expect(seen({ ...template.Resources, [id]: updated })).toEqual(harmless(`${id}: would be updated in place: Tags changes from nothing`));
    expect(seen({ ...template.Resources, Another: { Type: 'AWS::SNS::Topic', Properties: {} } })).toEqual(harmless('AWS::SNS::Topic Another: would be new'));
    expect(seen(template.Resources, { Description: 'another' })).toEqual(harmless('Description: changes from'));
    expect(seen(template.Resources)).toEqual([]);
  });
});

test('a lost parameter, output or export is seen', () => {
  const before = { Resources: {}, Parameters: { A: { Type: 'String' } }, Outputs: { B: { Value: 1, Export: { Name: 'b' } }, C: { Value: 1 } } };
  expect(review(before, { Resources: {} }).map(({ text }) => text.split(':')[0])).toEqual(['Parameters.A', 'Outputs.B', 'Outputs.C']);
  expect(review(before, { ...before, Outputs: { ...before.Outputs, B: { Value: 1, Export: { Name: 'other' } } } })).toEqual([expect.objectContaining({ harmful: true })]);
});

afterAll(() => {
  const resources = NAMES.reduce((sum, name) => sum + Object.keys(templates[name].Resources).length, 0);
  console.info(`baselines ${FLAG_SET}: ${NAMES.length} examples, ${resources} resources compared, ${spoilt} spoilt templates seen`);
});

function texts(heading: string, findings: Finding[]): string {
  return [heading, ...findings.map(({ text }) => `  - ${text}`)].join('\n');
}
