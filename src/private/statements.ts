/** A statement of a policy in a template. A statement that an intrinsic function creates has none of these properties. */
export interface Statement {
  readonly Effect?: unknown;
  readonly Action?: unknown;
  readonly NotAction?: unknown;
  readonly Principal?: unknown;
  readonly Resource?: unknown;
  readonly Condition?: Record<string, Record<string, unknown>>;
}

/**
 * The statements of a resolved policy document: a list or, as AWS also accepts, one statement.
 *
 * A document that CloudFormation changes at deployment (`Fn::Transform`) counts as one more statement, which cannot be read.
 */
export function statementsOf(document: unknown): Statement[] {
  if (typeof document !== 'object' || document === null) return [];
  const statements = listOf((document as { readonly Statement?: Statement | Statement[] }).Statement) as Statement[];
  return isUnreadable(document) ? [...statements, document] : statements;
}

/** The statements of a resolved policy document that allow an action, or possibly allow it because they cannot be read. */
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

/** Whether a statement lets in a service that acts for an account, or for any account if none is known. Values only known at deployment count as matches. */
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
  // A statement with NotPrincipal has no principal.
  if (principal === undefined || principal === '*' || isUnreadable(principal)) return true;
  const { AWS, Service } = (typeof principal === 'object' ? principal ?? {} : {}) as { AWS?: unknown; Service?: unknown };
  return listOf(AWS).some(one => one === '*' || isUnreadable(one)) || listOf(Service).some(one => typeof one !== 'string' || one === service);
}

/** The account in the value of a condition, by the condition key. */
const ACCOUNT_IN: Record<string, (value: string) => string | undefined> = {
  'aws:sourceaccount': value => value,
  'aws:sourceowner': value => value,
  // The ARN of a bucket has no account.
  'aws:sourcearn': value => value.split(':')[4] || '*',
};

/** Whether CloudFormation can replace a value by anything. Joins and attributes become an ARN, and a pseudo parameter becomes an account. */
function isUnreadable(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([key, argument]) => key === 'Ref'
    ? !String(argument).startsWith('AWS::')
    : key.startsWith('Fn::') && !['Fn::Join', 'Fn::Sub', 'Fn::GetAtt', 'Fn::ImportValue'].includes(key));
}

/** A value of a policy that can be a list or, as AWS also accepts, one item. */
export function listOf(value: unknown): unknown[] {
  return [value ?? []].flat();
}

/** Whether a text matches a pattern with `*` and `?`. */
export function matches(pattern: string, text: string): boolean {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replace(/\*/g, '.*').replace(/\?/g, '.')}$`, 'i').test(text);
}
