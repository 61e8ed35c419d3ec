import { CfnResource, DefaultTokenResolver, IPostProcessor, IResolvable, IResolveContext, Reference, StringConcat, Tokenization } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';

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
