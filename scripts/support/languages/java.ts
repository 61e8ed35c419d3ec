import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'fs';
import { delimiter, join } from 'path';
import { CACHE } from '../cache';
import { run } from '../process';
import { compileExamples } from './examples';
import { Folders, Language, ROOT, Step, failed, needed, succeeded } from './language';

const HOW_TO_GET_IT = 'A JDK of version 11 or newer and Maven are needed. On Debian and Ubuntu: apt-get install default-jdk-headless maven.';

const RELEASE = '11';

/** https://central.sonatype.org/publish/requirements/ */
const CENTRAL_FIELDS = ['name', 'description', 'url', 'licenses', 'developers', 'scm'];

export class Java implements Language {
  public readonly name = 'Java';
  public readonly target = 'java';
  public readonly hasApp = true;

  public steps({ packages, tablet, work, output }: Folders): Step[] {
    const library = join(packages, this.target);
    const examples = join(work, 'examples');
    const classpath = () => [join(work, 'app', 'target', 'classes'), readFileSync(join(work, 'app', 'target', 'classpath'), 'utf8').trim()].join(delimiter);
    return [
      ['JDK and Maven', async () => {
        const compiler = await needed(run('javac', ['-version']), HOW_TO_GET_IT);
        return compiler.code === 0 ? needed(run('mvn', ['-version']), HOW_TO_GET_IT) : compiler;
      }],
      ['fields that Maven Central requires', () => {
        const pom = readFileSync(join(library, 'pom.xml'), 'utf8');
        const missing = CENTRAL_FIELDS.filter(field => !pom.includes(`<${field}>`));
        return missing.length === 0 ? succeeded() : failed(`pom.xml lacks ${missing.join(', ')}`);
      }],
      ['compile the package and the app, -Xlint:all', () => {
        this.pinVersions(join(library, 'pom.xml'));
        this.project(work, library);
        return run('mvn', ['--batch-mode', '--quiet', `-Dmaven.repo.local=${join(CACHE, 'm2')}`, '-Dmaven.javadoc.skip', '-Dmaven.source.skip', 'package'], { cwd: work });
      }],
      ['synthesize the app', () => run('java', ['-classpath', classpath(), 'Shop'], { cwd: work, env: { CDK_OUTDIR: output } })],
      ['compile the translated examples', () => compileExamples(tablet, {
        language: 'java',
        folder: examples,
        nameOf: index => `Example${index}.java`,
        contentOf: (example, index) => this.inAStack(example, `Example${index}`),
        compile: names => run('javac', ['--release', RELEASE, '-proc:none', '-Xlint:all', '-Xmaxerrs', '1000', '-Xmaxwarns', '1000',
          '-classpath', classpath(), '-d', join(examples, 'classes'), ...names], { cwd: examples }),
      })],
    ];
  }

  /** Rosetta leaves out the imports of `List` and `Map`, and gives no value to what an example only declares. */
  private inAStack(example: string, name: string): string {
    const lines = example.split('\n');
    const isImport = (line: string) => line.startsWith('import ');
    const body = lines.filter(line => !isImport(line)).map(line => line.replace(/^([A-Z][\w.<>]*) (\w+);$/, '$1 $2 = null;'));
    return [
      'import java.util.List;', 'import java.util.Map;', ...lines.filter(isImport),
      `class ${name} extends software.amazon.awscdk.Stack {`, 'void example() {', ...body, '}', '}', '',
    ].join('\n');
  }

  /** To the lowest version of each range: for a range Maven reads the list of all versions, and takes the newest. */
  private pinVersions(pom: string): void {
    writeFileSync(pom, readFileSync(pom, 'utf8').replace(/<version>\[([^,\]<]+),[^<]*<\/version>/g, '<version>$1</version>'));
  }

  /** The package and the app as two modules of one build, so that the package is not installed into a repository. */
  private project(work: string, library: string): void {
    const pom = readFileSync(join(library, 'pom.xml'), 'utf8');
    // The first of each is that of the package itself.
    const [groupId, artifactId, version] = ['groupId', 'artifactId', 'version'].map(field => new RegExp(`<${field}>([^<]+)<`).exec(pom)![1]);
    cpSync(library, join(work, 'library'), { recursive: true });
    const sources = join(work, 'app', 'src', 'main', 'java');
    mkdirSync(sources, { recursive: true });
    cpSync(join(ROOT, 'test', 'languages', 'java'), sources, { recursive: true });
    const project = (content: string) => `<project xmlns="http://maven.apache.org/POM/4.0.0">\n<modelVersion>4.0.0</modelVersion>\n${content}\n</project>\n`;
    writeFileSync(join(work, 'pom.xml'), project(`
      <groupId>shop</groupId><artifactId>all</artifactId><version>1</version><packaging>pom</packaging>
      <modules><module>library</module><module>app</module></modules>`));
    writeFileSync(join(work, 'app', 'pom.xml'), project(`
      <groupId>shop</groupId><artifactId>app</artifactId><version>1</version>
      <properties><project.build.sourceEncoding>UTF-8</project.build.sourceEncoding></properties>
      <dependencies>
        <dependency><groupId>${groupId}</groupId><artifactId>${artifactId}</artifactId><version>${version}</version></dependency>
      </dependencies>
      <build><plugins>
        <plugin>
          <groupId>org.apache.maven.plugins</groupId><artifactId>maven-compiler-plugin</artifactId><version>3.14.0</version>
          <configuration>
            <release>${RELEASE}</release>
            <showWarnings>true</showWarnings>
            <compilerArgs><arg>-Xlint:all</arg><arg>-Werror</arg></compilerArgs>
          </configuration>
        </plugin>
        <plugin>
          <groupId>org.apache.maven.plugins</groupId><artifactId>maven-dependency-plugin</artifactId><version>3.8.1</version>
          <executions><execution>
            <phase>package</phase><goals><goal>build-classpath</goal></goals>
            <configuration><outputFile>\${project.build.directory}/classpath</outputFile></configuration>
          </execution></executions>
        </plugin>
      </plugins></build>`));
  }
}
