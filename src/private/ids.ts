import { Token } from 'aws-cdk-lib';
import { describe } from './describe';
import { Problem, unless } from './problems';

/**
 * A problem if a method cannot use an id for what it creates.
 *
 * @param where in which ids are unique, in the words of an error message
 * @param isTaken whether the id is in use; only called for an id that can be
 */
export function idProblems(prop: string, id: string, where: string, isTaken: () => boolean): Problem[] {
  const got = unusable(id) ?? (isTaken() ? `'${id}', which exists already` : undefined);
  return unless(got === undefined, () => ({ prop, got: got!, allowed: `an id that is unique in ${where}`, fix: 'Choose another id.' }));
}

/** Why no construct can have an id, whatever else there is. A token cannot be looked up. */
function unusable(id: string): string | undefined {
  if (id === '' || Token.isUnresolved(id)) return describe(id);
  // The constructs library looks children up in a plain object, so it finds these in every one.
  return id in {} ? `'${id}', which every object of JavaScript has, so that the CDK accepts no construct with this id` : undefined;
}
