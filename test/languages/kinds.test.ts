import { readFileSync } from 'fs';
import { join } from 'path';

/** The app of each language, in which a function for each kind of worker has the same work. */
const APPS = { TypeScript: 'typescript/app.ts', Python: 'python/app.py', Java: 'java/Shop.java', Go: 'go/main.go' };

/** The classes of the workers, by the ends of the names of the functions: `mailsOnFargate`, `mails_on_fargate`. */
const KINDS = { ec2: 'Ec2Workers', fargate: 'FargateWorkers', lambda: 'FunctionWorker' };

type Kind = keyof typeof KINDS;

/** Not a call, which has the indentation of the app and ends with the statement. */
const DEFINITION = /mails_?on_?(\w+?)\b.*[{:]$/i;

const pairs = (Object.keys(KINDS) as Kind[]).slice(1).map((kind, index): [Kind, Kind] => [(Object.keys(KINDS) as Kind[])[index], kind]);

function indentation(line: string): number {
  return line.search(/\S/);
}

/** The lines in the function of each kind. */
function bodies(code: string): Record<string, string[]> {
  const lines = code.split('\n');
  const bodyFrom = (start: number) => {
    const rest = lines.slice(start + 1);
    return rest.slice(0, rest.findIndex(line => indentation(line) <= indentation(lines[start])));
  };
  return Object.fromEntries(lines.flatMap((line, index) => {
    const kind = DEFINITION.exec(line)?.[1].toLowerCase();
    return kind ? [[kind, bodyFrom(index).map(each => each.trim())]] : [];
  }));
}

/** The lines that differ, as `diff` prints them. */
function difference(one: string[], other: string[]): string[] {
  return Array.from({ length: Math.max(one.length, other.length) }, (_, index) => index)
    .filter(index => one[index] !== other[index])
    .flatMap(index => [`- ${one[index] ?? ''}`, `+ ${other[index] ?? ''}`]);
}

const read = (file: string) => readFileSync(join(__dirname, file), 'utf8');

describe.each(Object.entries(APPS))('%s', (_, file) => {
  const found = bodies(read(file));

  test('there is a function for each kind, and it does something', () => {
    expect(Object.keys(found)).toEqual(Object.keys(KINDS));
    expect(Object.values(found).map(({ length }) => length)).toEqual(Object.keys(KINDS).map(() => 4));
  });

  test.each(pairs)('from %s to %s one line changes', (from, to) => {
    const changed = difference(found[from], found[to]);
    expect(changed).toEqual([expect.stringContaining(KINDS[from]), expect.stringContaining(KINDS[to])]);
  });

  test('from instances to tasks nothing but the name of the class changes', () => {
    expect(found.ec2.map(line => line.replaceAll(KINDS.ec2, KINDS.fargate))).toEqual(found.fargate);
  });

  test.each(pairs)('the manual shows the line from %s to %s', (from, to) => {
    expect(read('README.md')).toContain(`\`\`\`diff\n${difference(found[from], found[to]).join('\n')}\n\`\`\``);
  });

  test('a second line that changes would be seen', () => {
    const { fargate, lambda } = found;
    expect(difference(fargate, [...lambda, 'more(mailers)'])).toHaveLength(4);
    expect(difference(fargate, lambda.map((line, index) => index === 0 ? `${line} // later` : line))).toHaveLength(4);
  });
});
