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
  readonly base?: string;
  readonly interfaces?: string[];
  readonly methods?: Member[];
  readonly properties?: Member[];
}

interface Member {
  readonly name: string;
  readonly static?: boolean;
  readonly protected?: boolean;
  readonly parameters?: object[];
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

describe('in Go, where a class is the interface of its members', () => {
  const classes = types.filter(type => type.kind === 'class');

  test.each(classes.map(type => type.fqn))('%s has members, so that not every value is one', fqn => {
    expect(instanceMembers(fqn)).not.toEqual([]);
  });

  // Constructs are passed as well, but nobody writes one in place of a choice.
  const accepted = JSON.stringify(types.map(type => type.datatype ? type.properties : type.methods?.map(method => method.parameters)));
  const choices = classes.filter(type => !type.base && accepted.includes(`"${type.fqn}"`));

  test('there are choices', () => {
    expect(choices.length).toBeGreaterThan(15);
  });

  test.each(choices.map(type => type.fqn))('no other class passes for a %s', fqn => {
    const members = instanceMembers(fqn);
    const passing = classes.filter(other => !isA(other.fqn, fqn) && members.every(member => instanceMembers(other.fqn).includes(member)));
    expect(passing.map(other => other.fqn)).toEqual([]);
  });
});

/** Whether a class is another, or extends it. */
function isA(fqn: string, other: string): boolean {
  const base: string | undefined = assembly.types[fqn]?.base;
  return fqn === other || base !== undefined && isA(base, other);
}

/** The names of what an instance has; a class of another library counts as one name for all of it. */
function instanceMembers(fqn: string): string[] {
  const type: Type | undefined = assembly.types[fqn];
  if (!type) return [fqn];
  const own = [...type.methods ?? [], ...type.properties ?? []].filter(member => !member.static && !member.protected).map(member => member.name);
  return [...own, ...type.base ? instanceMembers(type.base) : []];
}

function kind(type: Type): string {
  if (type.kind === 'enum') return `enum (${type.members!.map(member => member.name).join(', ')})`;
  if (type.kind === 'interface') return type.datatype ? 'struct' : 'interface';
  return type.abstract ? 'abstract class' : 'class';
}
