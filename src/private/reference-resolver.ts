import { DefaultTokenResolver, IPostProcessor, IResolvable, IResolveContext, Reference } from 'aws-cdk-lib';

/** Resolves tokens as a template does, except for references that are replaced. */
export class ReferenceResolver extends DefaultTokenResolver {
  /**
   * @param replace returns the value of a reference; undefined for its value in the template
   */
  constructor(private readonly replace: (reference: Reference, context: IResolveContext) => unknown) {
    super({ join: (left, right) => ({ 'Fn::Join': ['', [left, right]] }) });
  }

  public resolveToken(token: IResolvable, context: IResolveContext, postProcessor: IPostProcessor): unknown {
    return (Reference.isReference(token) ? this.replace(token, context) : undefined) ?? super.resolveToken(token, context, postProcessor);
  }
}
