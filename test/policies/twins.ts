import { OTHER_ACCOUNT, ADMINISTRATOR, Policies, Request, World } from './world';
import { ANONYMOUS, actionsOf, conditionHolds } from '../support/simulator';

type Json = any;

let made = 0;

/** How many mutated twins were denied in this process. */
export function twins(): number {
  return made;
}

/** A statement in one of the policies of a request. */
interface Place {
  readonly policy: 'resource' | number;
  readonly index: number;
}

export interface TwinOptions {
  /** A resource whose policy is not ours, so that it need not refuse what does not come over TLS. */
  readonly notOurs?: boolean;
  /** A key policy that cannot name the source, only its account. */
  readonly anySource?: boolean;
  /** A resource that policies name by a prefix of its name, such as the tasks of a cluster: another name is one that starts differently. */
  readonly byPrefix?: boolean;
}

/**
 * Expects that a request is allowed, and that it is allowed for nothing but the reasons it should be.
 *
 * Each statement that the decision depends on is changed in one point at a time: its action, its principal, its resource, and the value of
 * each condition. Each time the request must be denied. Of each condition it is shown that it is this one that keeps others out: requests
 * with another value, and with none, are denied, and would be allowed if the condition were not there.
 */
export async function expectAllowedWithTwins(world: World, request: Request, options: TwinOptions = {}): Promise<void> {
  const policies = world.policiesFor(request);
  const what = `${request.principal} ${request.action} ${request.resource}`;
  const expectDecision = async (why: string, asked: Request, by: Policies, expected: 'Allowed' | 'denied' | 'ExplicitlyDenied') => {
    const decision = await world.decide(asked, by);
    const same = expected === 'denied' ? decision !== 'Allowed' : decision === expected;
    if (!same) throw new Error(`${what}: ${decision} instead of ${expected}, ${why}\n${JSON.stringify({ context: asked.context, ...by }, undefined, 1)}`);
    made += expected === 'Allowed' ? 0 : 1;
  };
  await expectDecision('as it is', request, policies, 'Allowed');

  const needed: Place[] = [];
  for (const place of placesIn(policies)) {
    if (await world.decide(request, changed(policies, place, () => undefined)) !== 'Allowed') needed.push(place);
  }
  if (needed.length === 0) throw new Error(`${what} is allowed by several statements, each of which would do alone`);

  for (const place of needed) {
    const statement = statementAt(policies, place);
    for (const [point, mutated] of await mutationsOf(statement, request)) {
      await expectDecision(`with another ${point}: ${JSON.stringify(mutated)}`, request, changed(policies, place, () => mutated), 'denied');
    }
    for (const { operator, key, expected } of conditionsOf(statement)) {
      // Another statement that is needed may have the same condition, such as that of the role and that of a key in another account.
      const others = needed.filter(one => one !== place).reduce((by, one) => changed(by, one, two => withoutKey(two, key)), policies);
      const without = changed(others, place, () => withoutCondition(statement, operator, key));
      if (options.anySource && key === 'aws:SourceArn') continue;
      for (const value of outside(operator, expected, request, key)) {
        const attack = { ...request, context: { ...request.context, [key]: value } };
        await expectDecision(`with ${key} ${value}`, attack, others, 'denied');
        await expectDecision(`with ${key} ${value} and without its condition: what else keeps it out?`, attack, without, 'Allowed');
      }
    }
  }

  for (const [key, value] of Object.entries(request.context ?? {})) {
    if (value === undefined) continue;
    for (const altered of [inOtherAccount(value), inOtherService(value), undefined].filter(one => one !== value)) {
      if (options.anySource && key === 'aws:SourceArn' && altered !== undefined) continue;
      await expectDecision(`with ${key} ${altered}`, { ...request, context: { ...request.context, [key]: altered } }, policies, 'denied');
    }
  }
  for (const [why, attack] of attacksOn(request, policies, options)) {
    await expectDecision(why, attack, { ...policies, identityPolicies: attack.identityPolicies ?? policies.identityPolicies }, 'denied');
  }
  if (!options.notOurs && /:(sqs|sns|s3):/.test(request.resource)) {
    await expectDecision('without TLS', { ...request, context: { ...request.context, 'aws:SecureTransport': 'false' } }, policies, 'ExplicitlyDenied');
  }
}

/** Where the statements are that allow something. */
function placesIn({ resourcePolicy, identityPolicies }: Policies): Place[] {
  const places = (policy: Place['policy'], document: Json) =>
    [document?.Statement ?? []].flat().flatMap((statement: Json, index: number) => statement.Effect === 'Allow' ? [{ policy, index }] : []);
  return [...places('resource', resourcePolicy), ...identityPolicies.flatMap((document, index) => places(index, document))];
}

function documentAt({ resourcePolicy, identityPolicies }: Policies, { policy }: Place): Json {
  return policy === 'resource' ? resourcePolicy : identityPolicies[policy];
}

function statementAt(policies: Policies, place: Place): Json {
  return [documentAt(policies, place).Statement].flat()[place.index];
}

/** The policies with one statement changed, or taken out. */
function changed(policies: Policies, place: Place, change: (statement: Json) => Json): Policies {
  const document = documentAt(policies, place);
  const statements = [document.Statement].flat()
    .flatMap((statement: Json, index: number) => index === place.index ? change(statement) ?? [] : [statement]);
  const result = statements.length > 0 ? { ...document, Statement: statements } : undefined;
  if (place.policy === 'resource') return { ...policies, resourcePolicy: result };
  return { ...policies, identityPolicies: policies.identityPolicies.flatMap((one, index) => index === place.policy ? result ?? [] : [one]) };
}

/** Requests that no statement for the one request may let in. */
function attacksOn(request: Request, { resourcePolicy, account }: Policies, { byPrefix }: TwinOptions): [string, Request][] {
  const ofAdministrator = { principal: `arn:aws:iam::${OTHER_ACCOUNT}:role/Administrator`, identityPolicies: [ADMINISTRATOR] };
  const stranger = `arn:aws:iam::${account}:role/WithoutGrant`;
  const attacks: [string, Request][] = [
    ['from nobody', { ...request, principal: ANONYMOUS, identityPolicies: [], context: withoutFacts(request) }],
    ['from an administrator of another account', { ...request, ...ofAdministrator, context: withoutFacts(request, 'aws:Source') }],
    ['from an administrator of another account that claims the source', { ...request, ...ofAdministrator, context: withoutFacts(request) }],
    ['from a role without a grant', { ...request, principal: stranger, identityPolicies: [], context: withoutFacts(request, 'aws:Source') }],
    ...['sns.amazonaws.com', 'lambda.amazonaws.com'].filter(service => service !== request.principal)
      .map((service): [string, Request] => [`from ${service}`, { ...request, principal: service, identityPolicies: [], context: withoutFacts(request) }]),
  ];
  // The policy of a key is for that key, so that its resource is a star.
  const byKeyPolicyAlone = request.resource.includes(':kms:') && !request.principal.startsWith('arn:');
  if (request.resource !== '*' && !byKeyPolicyAlone && !(resourcePolicy && request.action === 'sts:AssumeRole')) {
    const resource = byPrefix ? request.resource.replace(/(:task\/|:)([^:]*)$/, '$1other-$2') : sibling(request.resource);
    attacks.push(['to another resource', { ...request, resource }]);
  }
  return attacks;
}

/** Without what AWS says of a principal, which nobody can claim, and other keys. */
function withoutFacts({ context }: Request, ...others: string[]): Request['context'] {
  return Object.fromEntries(Object.entries(context ?? {}).filter(([key]) => !['aws:Principal', ...others].some(prefix => key.startsWith(prefix))));
}

/** The statement with one point changed so that it should not match the request any more. */
async function mutationsOf(statement: Json, request: Request): Promise<[string, Json][]> {
  const mutations: [string, Json][] = [];
  const [service] = request.action.split(':');
  const others = (await actionsOf(service)).filter(action => action !== request.action);
  const actions: string[] = [statement.Action].flat();
  const kept = actions.filter(action => action !== request.action && !action.endsWith('*'));
  mutations.push(['action', { ...statement, Action: kept.length > 0 ? kept : others[0] }]);
  const foreign = others.find(action => !actions.includes(action));
  if (kept.length > 0 && foreign) mutations.push(['action', { ...statement, Action: [...kept, foreign] }]);

  for (const principal of otherPrincipals(statement.Principal)) mutations.push(['principal', { ...statement, Principal: principal }]);

  if (statement.Resource !== undefined) {
    const resources: string[] = [statement.Resource].flat();
    const narrow = (resource: string) => resource === '*' ? sibling(request.resource) : sibling(resource);
    if (request.resource !== '*') mutations.push(['resource', { ...statement, Resource: resources.map(narrow) }]);
  }
  for (const { operator, key, expected } of conditionsOf(statement)) {
    const changedKeys = { ...statement.Condition[operator], [key]: expected.map(other) };
    mutations.push([key, { ...statement, Condition: { ...statement.Condition, [operator]: changedKeys } }]);
  }
  return mutations;
}

function otherPrincipals(principal: Json): Json[] {
  if (principal === undefined) return [];
  if (principal === '*' || principal.AWS === '*') return [{ AWS: `arn:aws:iam::${OTHER_ACCOUNT}:root` }];
  if (principal.Service) return [{ Service: 'appsync.amazonaws.com' }, { AWS: `arn:aws:iam::${OTHER_ACCOUNT}:root` }];
  const arns: string[] = [principal.AWS].flat();
  const elsewhere = arns.map(arn => inOtherAccount(arn));
  const renamed = arns.map(arn => arn.includes(':role/') ? `${arn}-Other` : inOtherAccount(arn));
  return [{ AWS: elsewhere }, { AWS: renamed }, { Service: 'appsync.amazonaws.com' }];
}

interface Condition {
  readonly operator: string;
  readonly key: string;
  readonly expected: string[];
}

function conditionsOf(statement: Json): Condition[] {
  return Object.entries<Json>(statement.Condition ?? {}).flatMap(([operator, keys]) =>
    Object.entries<Json>(keys).map(([key, expected]) => ({ operator, key, expected: [expected].flat() })));
}

function withoutCondition(statement: Json, operator: string, key: string): Json {
  const { [key]: _, ...rest } = statement.Condition[operator];
  const { [operator]: _all, ...others } = statement.Condition;
  const Condition = Object.keys(rest).length > 0 ? { ...others, [operator]: rest } : others;
  const { Condition: _before, ...unconditional } = statement;
  return Object.keys(Condition).length > 0 ? { ...unconditional, Condition } : unconditional;
}

function withoutKey(statement: Json, key: string): Json {
  return conditionsOf(statement).filter(one => one.key === key).reduce((result, { operator }) => withoutCondition(result, operator, key), statement);
}

/** Values that an attacker could have there, and none. All that the condition should keep out; it has to keep out at least one. */
function outside(operator: string, expected: string[], request: Request, key: string): (string | undefined)[] {
  const actual = request.context?.[key];
  if (actual === undefined) throw new Error(`the request for ${request.action} does not say ${key}`);
  const candidates = [...new Set([other(actual), inOtherAccount(actual), inOtherService(actual), sibling(actual)])];
  const exact = !expected.some(value => /[*?]/.test(value));
  const values = candidates.filter(value => !expected.includes(value) && (exact || !conditionHolds(operator, expected, value)));
  if (values.length === 0) throw new Error(`the condition ${key} lets everything in: ${expected.join(', ')}`);
  return [...values, undefined];
}

/** Another value of the same form. */
function other(value: string): string {
  if (value === 'true') return 'false';
  if (value === 'false') return 'true';
  if (/^\d{12}$/.test(value)) return OTHER_ACCOUNT;
  // A name without an account in it, such as that of a bucket or of a service, is what tells it.
  return inOtherAccount(value) === value ? sibling(value) : inOtherAccount(value);
}

export function inOtherAccount(arnOrAccount: string): string {
  return arnOrAccount.replace(/\d{12}/g, OTHER_ACCOUNT);
}

function inOtherService(arn: string): string {
  return arn.startsWith('arn:') ? arn.replace(/^(arn:[^:]*):[^:]*:/, '$1:codebuild:') : `other-${arn}`;
}

/** The ARN of another resource of the same kind, account and Region. */
export function sibling(arn: string): string {
  if (!arn.startsWith('arn:')) return `other-${arn}`;
  const key = /^(arn:[^:]*:kms:.*:key\/)/.exec(arn);
  if (key) return `${key[1]}ffffffff-0000-4000-8000-000000000000`;
  const [bucket, object] = arn.includes(':s3:::') ? arn.split(/\/(.*)/) : [arn];
  if (object !== undefined) return `${bucket}-other/${object}`;
  return arn.endsWith('.fifo') ? arn.replace(/\.fifo$/, '-Other.fifo') : arn.endsWith('*') ? arn.replace(/\*$/, 'other/*') : `${arn}-Other`;
}
