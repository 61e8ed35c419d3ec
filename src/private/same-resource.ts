import { IConstruct } from 'constructs';

/** What a construct and every construct around it have in common: the L1. An import has none and stands for itself. */
export function resourceOf(construct: IConstruct): IConstruct {
  return construct.node.defaultChild ?? construct;
}

/** Whether two constructs are one resource, such as a work queue and the L2 within it. */
export function isSameResource(one: IConstruct | undefined, other: IConstruct | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return resourceOf(one) === resourceOf(other);
}

/** The construct that created the L1: the L2 within a work queue. A plain L2 and an import are their own. */
export function innermost<T extends IConstruct>(construct: T): T {
  return construct.node.defaultChild ? construct.node.defaultChild.node.scope as T : construct;
}
