import { existsSync, readFileSync, readdirSync, writeFileSync } from 'fs';
import { join } from 'path';
import * as subs from 'aws-cdk-lib/aws-sns-subscriptions';
import { rulesDocument } from './document';
import { KINDS } from './kinds';
import { NamedTest, problemOf } from './named-tests';
import { RULES } from './rules';
import { ServiceSource } from '../../src/access';

const ROOT = join(__dirname, '..', '..');
const DOCUMENT = join(ROOT, 'docs', 'rules.md');

const rules = RULES.flatMap(({ topics }) => topics.flatMap(topic => topic.rules));
const kinds = KINDS.flatMap(section => section.kinds);

/** Why the tests that are named cannot hold anything. */
const problems = (tests: readonly NamedTest[]) => tests.map(problemOf).filter(problem => problem !== undefined);

test('docs/rules.md is current (npm run docs:rules)', () => {
  const rendered = rulesDocument();
  if (process.env.RULES_WRITE) writeFileSync(DOCUMENT, rendered);
  expect(existsSync(DOCUMENT) ? readFileSync(DOCUMENT, 'utf8') : 'nothing').toBe(rendered);
});

test('every test that is named for a rule is there, and runs', () => {
  expect(rules.flatMap(rule => 'notHeld' in rule ? [] : problems(rule.tests))).toEqual([]);
});

test('every test that is named for a kind is there, and runs', () => {
  expect(kinds.flatMap(({ tests, emulator }) => problems(['delivered' in emulator ? emulator.delivered : [], tests].flat()))).toEqual([]);
});

test('what the emulator delivered is a test of test/flow', () => {
  const delivered = kinds.flatMap(({ emulator }) => 'delivered' in emulator ? [emulator.delivered.file] : []);
  expect(delivered.filter(file => !/^flow\/.*\.flow\.ts$/.test(file))).toEqual([]);
});

test.each([
  ['a rule', RULES.flatMap(({ service, topics }) => topics.flatMap(topic => topic.rules.map(({ rule }) => `${service}: ${rule}`)))],
  ['a kind', KINDS.flatMap(({ heading, kinds: those }) => those.map(({ kind }) => `${heading}: ${kind}`))],
])('%s is said once', (_, sentences) => {
  expect(sentences.filter((one, index) => sentences.indexOf(one) !== index)).toEqual([]);
});

describe('every kind has a row', () => {
  const calls = kinds.flatMap(({ calls: lines, or }) => [...lines, or ?? '']);
  const ofSources = Object.getOwnPropertyNames(ServiceSource).filter(name => !name.startsWith('_') && typeof (ServiceSource as never)[name] === 'function');
  const ofTheCdk = Object.keys(subs).filter(name => name.endsWith('Subscription'));
  const ours = readdirSync(join(ROOT, 'src', 'fanout', 'subscribers'))
    .flatMap(file => [...readFileSync(join(ROOT, 'src', 'fanout', 'subscribers', file), 'utf8').matchAll(/^export class (\w+)/gm)].map(([, name]) => name));

  const ofWorkers = readdirSync(join(ROOT, 'src', 'workers'), { withFileTypes: true }).filter(file => file.isFile())
    .flatMap(({ name }) => [...readFileSync(join(ROOT, 'src', 'workers', name), 'utf8').matchAll(/^export class (\w+Workers?) /gm)].map(([, worker]) => worker));

  test.each([
    ['source of a service', 'ServiceSource.', ofSources], ['subscription of the CDK', 'new subs.', ofTheCdk], ['subscription of this library', 'new fanout.', ours],
    ['kind of worker', 'new workers.', ofWorkers],
  ])('%s', (_, prefix, names) => {
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter(name => !calls.some(call => call.includes(`${prefix}${name}(`)))).toEqual([]);
  });
});
