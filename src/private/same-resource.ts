import { IConstruct } from 'constructs';

/** The L1 that a construct and the constructs around it share. An import has no L1 and is its own resource. */
export function resourceOf(construct: IConstruct): IConstruct {
  return construct.node.defaultChild ?? construct;
}

/** Whether two constructs are the same resource, such as a work queue and the L2 inside it. */
export function isSameResource(one: IConstruct | undefined, other: IConstruct | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return resourceOf(one) === resourceOf(other);
}

/** The construct that created the L1, such as the L2 inside a work queue. A plain L2 and an import are returned as they are. */
export function innermost<T extends IConstruct>(construct: T): T {
  return construct.node.defaultChild ? construct.node.defaultChild.node.scope as T : construct;
}
