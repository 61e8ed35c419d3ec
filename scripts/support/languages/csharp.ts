import { readFileSync, readdirSync } from 'fs';
import { join } from 'path';
import { run } from '../process';
import { countExamples } from './examples';
import { Done, Folders, Language, Step, failed, succeeded } from './language';

/** The reserved words; a contextual one may be a name. */
const KEYWORDS = new Set(`abstract as base bool break byte case catch char checked class const continue decimal default delegate do double else enum event
  explicit extern false finally fixed float for foreach goto if implicit in int interface internal is lock long namespace new null object operator out
  override params private protected public readonly ref return sbyte sealed short sizeof stackalloc static string struct switch this throw true try typeof
  uint ulong unchecked unsafe ushort using virtual void volatile while`.split(/\s+/));

const TYPE = /^public (?:abstract |sealed |static )*(?:class|interface|enum) (@?\w+)/;
const MEMBER = /^(?:public|protected) (?!class|interface|enum|delegate)(?:(?:virtual|override|abstract|static|new|readonly) )*[\w.<>[\],? ]+? (@?\w+)(\(|$| \{| =)/;
/** Fewer were a sign that nothing was read. */
const MIN_TYPES = 50;

/** There is no app in C#: the package is compiled where .NET is, and its names are looked at elsewhere. */
export class CSharp implements Language {
  public readonly name = 'C#';
  public readonly target = 'dotnet';
  public readonly hasApp = false;

  public steps({ packages, tablet, work }: Folders): Step[] {
    const library = join(packages, this.target, 'CdkDecouple');
    return [
      ['names', () => this.names(library)],
      ['compile the package', async () => {
        const version = await run('dotnet', ['--version']);
        if (version.code !== 0) return { ...succeeded(), note: 'C#: .NET is not installed, so that the package is not compiled; its names were looked at.' };
        return run('dotnet', ['build', '--nologo', '--output', work, join(library, 'CdkDecouple.csproj')], { env: { DOTNET_CLI_TELEMETRY_OPTOUT: '1' } });
      }],
      ['translated examples', () => countExamples(tablet, 'csharp')],
    ];
  }

  private names(library: string): Done {
    const files = readdirSync(library, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.cs'));
    const types = files.map(file => declarations(readFileSync(join(library, file), 'utf8'))).filter(type => type.name);
    if (types.length < MIN_TYPES) return failed(`${types.length} types were found; there are more than ${MIN_TYPES}`);
    const namespaces = new Set(types.map(type => type.namespace));
    const problems = types.flatMap(({ namespace, name, members, parameters }) => [
      ...namespaces.has(`${namespace}.${name}`) ? [`${namespace}.${name} is a type and a namespace`] : [],
      ...members.filter(member => member.name === name).map(() => `${namespace}.${name} has a member of its own name`),
      ...members.filter(({ name: member, isMethod }) => isMethod && members.some(other => other.name === member && !other.isMethod))
        .map(member => `${namespace}.${name}.${member.name} is a property and a method`),
      ...[name, ...members.map(member => member.name), ...parameters].filter(word => KEYWORDS.has(word)).map(word => `${namespace}.${name}: ${word} is a reserved word`),
    ]);
    const same = types.map(type => `${type.namespace}.${type.name}`.toLowerCase()).filter((type, i, all) => all.indexOf(type) !== i);
    problems.push(...same.map(type => `${type} is declared twice, if case does not count`));
    return problems.length === 0 ? succeeded() : failed([...new Set(problems)].join('\n'));
  }
}

/** The type of a generated file, which declares one in its namespace, and what is public in it. */
function declarations(source: string) {
  const lines = source.split('\n').map(line => line.trim());
  const namespace = /^namespace (\S+)/m.exec(source)?.[1] ?? '';
  const name = lines.map(line => TYPE.exec(line)?.[1]).find(found => found) ?? '';
  const members = [];
  const parameters = [];
  for (const line of lines) {
    const member = TYPE.test(line) ? null : MEMBER.exec(line);
    if (!member) continue;
    members.push({ name: member[1], isMethod: member[2] === '(' });
    if (member[2] === '(') parameters.push(...[...line.matchAll(/[\w>\])?]+ (@?\w+)(?= = |, |\))/g)].map(found => found[1]));
  }
  return { namespace, name, members, parameters };
}
