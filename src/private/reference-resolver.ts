import { DefaultTokenResolver, IPostProcessor, IResolvable, IResolveContext, Reference } from 'aws-cdk-lib';

/** Resolves tokens as a template does, but for references that become something else. */
export class ReferenceResolver extends DefaultTokenResolver {
  /**
   * @param replace what a reference becomes; undefined for what it is in the template
   */
  constructor(private readonly replace: (reference: Reference, context: IResolveContext) => unknown) {
    super({ join: (left, right) => ({ 'Fn::Join': ['', [left, right]] }) });
  }

  public resolveToken(token: IResolvable, context: IResolveContext, postProcessor: IPostProcessor): unknown {
    return (Reference.isReference(token) ? this.replace(token, context) : undefined) ?? super.resolveToken(token, context, postProcessor);
  }
}
