/** A statement of a policy, as it is in the template. One that an intrinsic function makes has none of these. */
export interface Statement {
  readonly Effect?: unknown;
  readonly Action?: unknown;
  readonly NotAction?: unknown;
  readonly Principal?: unknown;
  readonly Resource?: unknown;
  readonly Condition?: Record<string, Record<string, unknown>>;
}

/**
 * The statements of a resolved policy document: a list of them or, as AWS takes as well, one.
 *
 * A document of which CloudFormation makes something at deployment (`Fn::Transform`) counts as one more, which cannot be read.
 */
export function statementsOf(document: unknown): Statement[] {
  if (typeof document !== 'object' || document === null) return [];
  const statements = listOf((document as { readonly Statement?: Statement | Statement[] }).Statement) as Statement[];
  return isUnreadable(document) ? [...statements, document] : statements;
}

/** The statements of a resolved policy document that allow an action, and those that may because they cannot be read. */
export function allowing(document: unknown, action: string): Statement[] {
  return statementsOf(document).filter(statement => isUnreadable(statement) || (mayAllow(statement) && mayNameAction(statement, action)));
}

function mayAllow({ Effect }: Statement): boolean {
  return typeof Effect === 'string' ? Effect === 'Allow' : isUnreadable(Effect);
}

function mayNameAction({ Action, NotAction }: Statement, action: string): boolean {
  const names = (patterns: unknown, unknown: boolean) => listOf(patterns).some(pattern => typeof pattern === 'string' ? matches(pattern, action) : unknown);
  return NotAction === undefined ? names(Action, true) : !names(NotAction, false);
}

/** The service principals of statements, each once. */
export function servicesIn(statements: Statement[]): string[] {
  const services = statements.flatMap(({ Principal }) => listOf((Principal as { Service?: unknown } | null | undefined)?.Service));
  return [...new Set(services.filter(service => typeof service === 'string'))];
}

/** Whether a statement lets a service in that acts for an account; for any account where none is known. What is only known at deployment may. */
export function letsIn(statement: Statement, service: string, account?: string): boolean {
  if (isUnreadable(statement)) return true;
  if (!mayName(statement.Principal, service)) return false;
  if (account === undefined) return true;
  const conditions = Object.entries(statement.Condition ?? {}).filter(([operator]) => !operator.includes('Not'));
  return conditions.every(([, keys]) => Object.entries(keys).every(([key, values]) => {
    const accountOf = ACCOUNT_IN[key.toLowerCase()];
    return accountOf === undefined || listOf(values).some(value => typeof value !== 'string' || matches(accountOf(value) ?? '', account));
  }));
}

function mayName(principal: unknown, service: string): boolean {
  // NotPrincipal has no principal.
  if (principal === undefined || principal === '*' || isUnreadable(principal)) return true;
  const { AWS, Service } = (typeof principal === 'object' ? principal ?? {} : {}) as { AWS?: unknown; Service?: unknown };
  return listOf(AWS).some(one => one === '*' || isUnreadable(one)) || listOf(Service).some(one => typeof one !== 'string' || one === service);
}

/** The account that the value of a condition tells, by key. */
const ACCOUNT_IN: Record<string, (value: string) => string | undefined> = {
  'aws:sourceaccount': value => value,
  'aws:sourceowner': value => value,
  // Without one in the ARN of a bucket.
  'aws:sourcearn': value => value.split(':')[4] || '*',
};

/** Whether CloudFormation may make anything of a value: what joins texts or tells an attribute makes an ARN, and a pseudo parameter an account. */
function isUnreadable(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([key, argument]) => key === 'Ref'
    ? !String(argument).startsWith('AWS::')
    : key.startsWith('Fn::') && !['Fn::Join', 'Fn::Sub', 'Fn::GetAtt', 'Fn::ImportValue'].includes(key));
}

function listOf(value: unknown): unknown[] {
  return [value ?? []].flat();
}

function matches(pattern: string, text: string): boolean {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replace(/\*/g, '.*').replace(/\?/g, '.')}$`, 'i').test(text);
}
