import { CfnResource, DefaultTokenResolver, IPostProcessor, IResolvable, IResolveContext, Reference, StringConcat, Tokenization } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';

/** A statement of a policy, as it is in the template. */
export interface Statement {
  readonly Effect: string;
  readonly Action?: unknown;
  readonly Principal?: unknown;
  readonly Condition?: Record<string, Record<string, unknown>>;
}

/** Resources of some types in the whole app, whatever stack they are in. */
export function resourcesOf(scope: IConstruct, ...types: string[]): CfnResource[] {
  return scope.node.root.node.findAll().filter((one): one is CfnResource => CfnResource.isCfnResource(one) && types.includes(one.cfnResourceType));
}

/** Whether a value refers to a resource; in another stack as well, where the template has an import or a name in place of the reference. */
export function refersTo(scope: IConstruct, value: unknown, target: IConstruct): boolean {
  const resolver = new RememberingResolver();
  Tokenization.resolve(value, { scope, resolver });
  return resolver.targets.has(target);
}

class RememberingResolver extends DefaultTokenResolver {
  public readonly targets = new Set<IConstruct>();

  constructor() {
    super(new StringConcat());
  }

  public resolveToken(token: IResolvable, context: IResolveContext, postProcessor: IPostProcessor): unknown {
    if (Reference.isReference(token)) this.targets.add(token.target);
    return super.resolveToken(token, context, postProcessor);
  }
}

/** The statements of a resolved policy that allow an action. */
export function allowing(policy: unknown, action: string): Statement[] {
  const statements = [(policy as { Statement?: Statement | Statement[] } | undefined)?.Statement ?? []].flat();
  return statements.filter(({ Effect, Action }) => Effect === 'Allow' && listOf(Action).some(pattern => typeof pattern !== 'string' || matches(pattern, action)));
}

/** The service principals of statements, each once. */
export function servicesIn(statements: Statement[]): string[] {
  const services = statements.flatMap(({ Principal }) => listOf((Principal as { Service?: unknown } | undefined)?.Service));
  return [...new Set(services.filter(service => typeof service === 'string'))];
}

/** Whether a statement lets a service in that acts for an account; for any account where none is known. What is only known at deployment may. */
export function letsIn(statement: Statement, service: string, account?: string): boolean {
  const { Principal } = statement;
  const { AWS, Service } = (typeof Principal === 'object' ? Principal ?? {} : {}) as { AWS?: unknown; Service?: unknown };
  // NotPrincipal has no principal.
  const named = Principal === undefined || Principal === '*' || listOf(AWS).includes('*') || listOf(Service).some(one => typeof one !== 'string' || one === service);
  if (!named || account === undefined) return named;
  const conditions = Object.entries(statement.Condition ?? {}).filter(([operator]) => !operator.includes('Not'));
  return conditions.every(([, keys]) => Object.entries(keys).every(([key, values]) => {
    const accountOf = ACCOUNT_IN[key.toLowerCase()];
    return accountOf === undefined || listOf(values).some(value => typeof value !== 'string' || matches(accountOf(value) ?? '', account));
  }));
}

/** The account that the value of a condition tells, by key. */
const ACCOUNT_IN: Record<string, (value: string) => string | undefined> = {
  'aws:sourceaccount': value => value,
  'aws:sourceowner': value => value,
  // Without one in the ARN of a bucket.
  'aws:sourcearn': value => value.split(':')[4] || '*',
};

function listOf(value: unknown): unknown[] {
  return [value ?? []].flat();
}

function matches(pattern: string, text: string): boolean {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replace(/\*/g, '.*').replace(/\?/g, '.')}$`, 'i').test(text);
}
