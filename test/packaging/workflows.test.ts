import { readFileSync, readdirSync } from 'fs';
import { join } from 'path';
import { github } from 'projen';
import { ROOT } from './installed-app';
import { jobsOf, unapprovedJobs, workflowProblems } from './workflow-rules';
import { ACTIONS, PUBLIB, RELEASE_NODE } from '../../projenrc/supply-chain';

const FOLDER = join(ROOT, '.github', 'workflows');
const FILES = readdirSync(FOLDER);
const read = (file: string) => readFileSync(join(FOLDER, file), 'utf8');

test.each(FILES)('%s keeps the rules', file => {
  expect(workflowProblems(read(file))).toEqual([]);
});

describe('the rules find', () => {
  /** A change of a workflow that keeps them. */
  const spoilt = (file: string, from: string | RegExp, to: string) => {
    const content = read(file).replace(from, to);
    expect(content).not.toBe(read(file));
    return workflowProblems(content);
  };
  const CHECKOUT = `actions/checkout@${ACTIONS['actions/checkout'].commit}`;

  test.each<[what: string, file: string, from: string | RegExp, to: string, problem: string]>([
    ['a tag', 'audit.yml', /actions\/checkout@\w+ # \S+/, 'actions/checkout@v7.0.1', 'actions/checkout@v7.0.1 is not pinned to a commit'],
    ['a short commit', 'audit.yml', CHECKOUT, 'actions/checkout@3d3c42e', 'actions/checkout@3d3c42e is not pinned to a commit'],
    ['an unknown commit', 'audit.yml', CHECKOUT, `actions/checkout@${'0'.repeat(40)}`, `actions/checkout@${'0'.repeat(40)} is not the reviewed commit`],
    ['an unknown action', 'audit.yml', CHECKOUT, `someone/checkout@${'0'.repeat(40)}`, `someone/checkout@${'0'.repeat(40)} is not the reviewed commit`],
    ['a missing version', 'audit.yml', `${CHECKOUT} # v7.0.1`, CHECKOUT, `${CHECKOUT} has no comment "v7.0.1"`],
    ['permissions for all jobs', 'audit.yml', 'permissions: {}', 'permissions: read-all', 'the permissions of the workflow are not empty'],
    ['a job without permissions', 'audit.yml', '    permissions:\n      contents: read\n', '', 'job audit: has no permissions of its own'],
    ['a token left in the checkout', 'audit.yml', 'persist-credentials: false', 'persist-credentials: true', 'job audit: a checkout keeps the token'],
    ['a write permission in a pull request', 'dependency-review.yml', 'contents: read', 'contents: write', 'job dependency-review: has the permission contents: write'],
    ['a secret in a pull request', 'dependency-review.yml', 'comment-summary-in-pr: never', 'token: ${{ secrets.TOKEN }}', 'job dependency-review: reads secrets.TOKEN'],
    ["a stranger's code with secrets", 'dependency-review.yml', 'pull_request: {}', 'pull_request_target: {}', 'job dependency-review: checks out code with the secrets of the repository'],
    ["a stranger's words in a script", 'audit.yml', 'run: npm audit signatures', 'run: echo "${{ github.event.head_commit.message }}"', 'job audit: a script has an expression that a stranger can choose'],
  ])('%s', (_, file, from, to, problem) => {
    expect(spoilt(file, from, to)).toEqual([problem]);
  });
});

test('the actions are those that projen names, at its versions', () => {
  const ours = (reference: unknown): reference is string => typeof reference === 'string' && ACTIONS[reference.split('@')[0]] !== undefined;
  const wanted = Object.values(github.ActionRefs).filter(ours);
  expect(wanted.length).toBeGreaterThan(5);
  const differ = wanted.filter(reference => {
    const [action, version] = reference.split('@');
    return ![ACTIONS[action].commit, ACTIONS[action].version].includes(version);
  });
  // An upgrade of projen: look its commit up and change the table in projenrc/supply-chain.ts.
  expect(differ).toEqual([]);
});

test('no action is listed that no workflow uses', () => {
  const all = FILES.map(read).join('\n');
  expect(Object.keys(ACTIONS).filter(action => !all.includes(`uses: ${action}@`))).toEqual([]);
});

describe('release', () => {
  const release = read('release.yml');
  const jobs = jobsOf(release);

  test('nothing is published without the approval of the environment', () => {
    expect(unapprovedJobs(release)).toEqual([]);
    expect(unapprovedJobs(release.replace(/^ {4}environment: .*\n/gm, ''))).toEqual(Object.keys(jobs).filter(id => id !== 'release'));
  });

  test('publib is pinned', () => {
    const versions = release.match(/publib@[\w.]+/g)!;
    expect([...new Set(versions)]).toEqual([`publib@${PUBLIB}`]);
    expect(versions).toHaveLength(5);
  });

  test.each(['npm', 'pypi', 'nuget'])('%s trusts the workflow, without a token', registry => {
    const job = jobs[`release_${registry}`];
    expect(job.permissions).toMatchObject({ 'id-token': 'write' });
    expect(job.steps).toContainEqual(expect.objectContaining({ env: expect.objectContaining({ [`${registry.toUpperCase()}_TRUSTED_PUBLISHER`]: 'true' }) }));
    expect(JSON.stringify(job)).not.toMatch(/_TOKEN|_PASSWORD|_API_KEY/);
  });

  test('the package on npm says from which commit and workflow it comes', () => {
    expect(jobs.release_npm.steps).toContainEqual(expect.objectContaining({ env: expect.objectContaining({ NPM_CONFIG_PROVENANCE: 'true' }) }));
  });
});

test('builds and releases on a supported Node.js, and tests on the lowest one', () => {
  const versions = (file: string) => [...new Set(read(file).match(/(?<=node-version: ).+/g))];
  expect(versions('release.yml')).toEqual([RELEASE_NODE]);
  expect(versions('build.yml')).toEqual([RELEASE_NODE, '20.x', '22.x']);
});
