import { existsSync, readdirSync } from 'fs';
import { join } from 'path';
import { Component, JsonFile, TextFile, awscdk } from 'projen';

/** Folders of `src` that are not part of the public surface. */
const PRIVATE = new Set(['private']);

/**
 * Publishes every folder of `src` that has an `index.ts` as `cdk-decouple/<folder>`.
 *
 * A new submodule cannot be forgotten: the `exports` map, the root index and the directory stubs below are all
 * made from the folder list.
 */
export class SubpathExports extends Component {
  /** The public submodules. */
  public readonly modules: readonly string[];

  constructor(project: awscdk.AwsCdkConstructLibrary) {
    super(project);
    const modules = readdirSync('src', { withFileTypes: true })
      .filter(entry => entry.isDirectory() && !PRIVATE.has(entry.name) && existsSync(join('src', entry.name, 'index.ts')))
      .map(entry => entry.name)
      .sort();
    this.modules = modules;

    const exportsMap: Record<string, unknown> = {
      '.': { types: './lib/index.d.ts', default: './lib/index.js' },
    };
    for (const name of modules) {
      exportsMap[`./${name}`] = { types: `./lib/${name}/index.d.ts`, default: `./lib/${name}/index.js` };
    }
    // jsii reads the first two of every dependency; npm tools read the third.
    exportsMap['./.jsii'] = './.jsii';
    exportsMap['./.warnings.jsii.js'] = './.warnings.jsii.js';
    exportsMap['./package.json'] = './package.json';
    project.package.addField('exports', exportsMap);

    // The classic `node` module resolution does not read `exports`; `typesVersions` is what it does read for types.
    project.package.addField('typesVersions', {
      '*': Object.fromEntries(modules.map(name => [name, [`lib/${name}/index.d.ts`]])),
    });

    const root = new TextFile(project, 'src/index.ts', { marker: true });
    root.addLine(`// ${root.marker}`);
    modules.forEach(name => root.addLine(`export * as ${name} from './${name}';`));

    for (const name of modules) {
      const readme = join('src', name, 'README.md');
      if (!existsSync(readme)) throw new Error(`${readme} is missing: every submodule has a README beside its index.ts`);
      const config = join('src', name, '.jsiirc.json');
      new JsonFile(project, config, { marker: false, obj: jsiiTargets(name) });
    }
  }
}

/** Names of a submodule in the languages that would otherwise derive an unidiomatic one. */
function jsiiTargets(name: string) {
  const pascal = name.charAt(0).toUpperCase() + name.slice(1);
  return {
    targets: {
      java: { package: `io.github.cdkdecouple.${name}` },
      dotnet: { namespace: `CdkDecouple.${pascal}` },
      python: { module: `cdk_decouple.${name}` },
      go: { packageName: name },
    },
  };
}
