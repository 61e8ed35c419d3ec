import { Tokenization } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { ReferenceResolver } from '../../private/reference-resolver';

const MARK = 'cdk-decouple-target';

/** A value as a string, in which `isMarked` finds what refers to a queue or topic, given as its L1. Other references are left out. */
export function markedText(scope: IConstruct, value: unknown, resource: IConstruct): string {
  const resolver = new ReferenceResolver(({ target }) => target === resource ? MARK : '');
  const text = joined(Tokenization.resolve(value, { scope, resolver }));
  return typeof text === 'string' ? text : JSON.stringify(text) ?? '';
}

/** The string of a join, without the values that are only known at deployment; any other value as it is. */
function joined(value: unknown): unknown {
  const parts = ((value ?? {}) as { readonly 'Fn::Join'?: [string, unknown[]] })['Fn::Join'];
  return parts ? parts[1].map(joined).map(part => typeof part === 'string' ? part : '').join(parts[0]) : value;
}

/** Whether a string that `markedText` returned, or a part of it, refers to the resource. */
export function isMarked(text: string): boolean {
  return text.includes(MARK);
}
