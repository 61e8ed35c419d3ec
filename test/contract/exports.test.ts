import { readFileSync } from 'fs';
import { join } from 'path';

/**
 * The public names of each submodule, from the compiled assembly.
 *
 * The list beside this test is reviewed: a name that leaves it breaks users, one that enters it is kept for ever.
 * `npx jest --selectProjects packaging --updateSnapshot test/contract` writes it; `--ci` never does.
 */
const assembly = JSON.parse(readFileSync(join(__dirname, '..', '..', '.jsii'), 'utf8'));

interface Type {
  readonly fqn: string;
  readonly name: string;
  readonly namespace?: string;
  readonly kind: string;
  readonly datatype?: boolean;
  readonly abstract?: boolean;
  readonly members?: { name: string }[];
}

const types = Object.values<Type>(assembly.types ?? {});
const submodules = Object.keys(assembly.submodules ?? {}).map(fqn => fqn.replace(`${assembly.name}.`, '')).sort();

test('the submodules', () => {
  expect(submodules).toMatchSnapshot();
});

test('nothing is public outside a submodule', () => {
  expect(types.filter(type => !type.namespace).map(type => type.fqn)).toEqual([]);
});

test.each(submodules)('the public names of %s', submodule => {
  const names = types.filter(type => type.namespace === submodule).map(type => `${kind(type)} ${type.name}`).sort();
  expect(names).not.toEqual([]);
  expect(names).toMatchSnapshot();
});

function kind(type: Type): string {
  if (type.kind === 'enum') return `enum (${type.members!.map(member => member.name).join(', ')})`;
  if (type.kind === 'interface') return type.datatype ? 'struct' : 'interface';
  return type.abstract ? 'abstract class' : 'class';
}
