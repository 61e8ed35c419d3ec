import { Pair, Scalar, isMap, isScalar, parseDocument, visit } from 'yaml';
import { ACTIONS, RELEASE_ENVIRONMENT } from '../../projenrc/supply-chain';

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Record<string, unknown>;
}

interface Job {
  readonly permissions?: Record<string, string>;
  readonly environment?: string;
  readonly steps?: readonly Step[];
}

interface Workflow {
  readonly on: Record<string, unknown>;
  readonly permissions?: unknown;
  readonly jobs: Record<string, Job>;
}

/** Anyone can start these, and they run with the secrets of the repository. */
const PRIVILEGED = ['pull_request_target', 'workflow_run', 'issue_comment'];
/** Anyone can start these. */
const FROM_STRANGERS = ['pull_request', ...PRIVILEGED];

/** What a stranger can choose, and a shell would execute if it stood in a script: a title, a branch, an input. */
const CHOSEN_BY_STRANGERS = /\$\{\{[^}]*(github\.event\.|github\.head_ref|inputs\.)/;
/** The token of the run, which its permissions limit, is no secret of the repository. */
const SECRET = /secrets\.(?!GITHUB_TOKEN\b)\w+/g;

/** What a workflow file does that none may, a line each. */
export function workflowProblems(content: string): string[] {
  const workflow: Workflow = parseDocument(content).toJS();
  const triggers = Object.keys(workflow.on);
  const startedBy = (events: readonly string[]) => triggers.some(trigger => events.includes(trigger));
  return [
    ...unpinnedActions(content),
    ...(JSON.stringify(workflow.permissions) === '{}' ? [] : ['the permissions of the workflow are not empty']),
    ...Object.entries(workflow.jobs).flatMap(([id, job]) => [
      ...jobProblems(job),
      ...(startedBy(FROM_STRANGERS) ? problemsWithStrangers(job) : []),
      ...(startedBy(PRIVILEGED) && checkouts(job).length > 0 ? ['checks out code with the secrets of the repository'] : []),
    ].map(problem => `job ${id}: ${problem}`)),
  ];
}

/** From the text, because the version is a comment. */
function unpinnedActions(content: string): string[] {
  const problems: string[] = [];
  visit(parseDocument(content), {
    Pair(_, { key, value }: Pair) {
      if (!isScalar(key) || key.value !== 'uses' || !isScalar(value)) return;
      const { value: reference, comment } = value as Scalar<string>;
      const [action, commit] = reference.split('@');
      const pinned = ACTIONS[action];
      if (!/^[0-9a-f]{40}$/.test(commit)) problems.push(`${reference} is not pinned to a commit`);
      else if (commit !== pinned?.commit) problems.push(`${reference} is not the reviewed commit`);
      else if (comment !== ` ${pinned.version}`) problems.push(`${reference} has no comment "${pinned.version}"`);
    },
  });
  return problems;
}

function jobProblems(job: Job): string[] {
  const scripts = (job.steps ?? []).filter(step => CHOSEN_BY_STRANGERS.test(step.run ?? ''));
  const keepsToken = checkouts(job).filter(step => step.with?.['persist-credentials'] !== false);
  return [
    ...(job.permissions === undefined ? ['has no permissions of its own'] : []),
    ...(scripts.length > 0 ? ['a script has an expression that a stranger can choose'] : []),
    ...(keepsToken.length > 0 ? ['a checkout keeps the token'] : []),
  ];
}

function problemsWithStrangers(job: Job): string[] {
  const write = Object.entries(job.permissions ?? {}).filter(([, level]) => level === 'write');
  return [
    ...write.map(([scope]) => `has the permission ${scope}: write`),
    ...secretsOf(job).map(secret => `reads ${secret}`),
  ];
}

/** Jobs of the release workflow that could publish something without the approval of the environment. */
export function unapprovedJobs(content: string): string[] {
  const { jobs }: Workflow = parseDocument(content).toJS();
  const publishes = (job: Job) => secretsOf(job).length > 0 || Object.values(job.permissions ?? {}).includes('write');
  return Object.keys(jobs).filter(id => publishes(jobs[id]) && jobs[id].environment !== RELEASE_ENVIRONMENT);
}

export function jobsOf(content: string): Record<string, Job> {
  const document = parseDocument(content);
  return isMap(document.get('jobs')) ? document.toJS().jobs : {};
}

function checkouts(job: Job): Step[] {
  return (job.steps ?? []).filter(step => step.uses?.startsWith('actions/checkout@'));
}

function secretsOf(job: Job): string[] {
  return JSON.stringify(job).match(SECRET) ?? [];
}
