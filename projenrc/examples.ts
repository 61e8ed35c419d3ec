import { existsSync, readFileSync, readdirSync } from 'fs';
import { join, posix } from 'path';
import { Component, JsonFile, awscdk } from 'projen';

export interface ExamplesOptions {
  /** The public submodules. */
  readonly modules: readonly string[];
  /** The lowest versions of aws-cdk-lib, constructs and the CDK CLI. */
  readonly versions: { readonly library: string; readonly constructs: string; readonly cli: string };
}

/** Makes every folder of `examples` that has a `cdk.json` an app of its own, which can be copied out of the repository. */
export class Examples extends Component {
  constructor(project: awscdk.AwsCdkConstructLibrary, { modules, versions }: ExamplesOptions) {
    super(project);
    const library = project.package.packageName;

    // Inside the repository the library is its sources, so that an example needs no build and no install. Not a symbolic link, which
    // Git for Windows writes as a text file.
    project.gitignore.include('/examples/node_modules/');
    for (const path of ['.', ...modules]) {
      const folder = posix.join('examples/node_modules', library, path);
      new JsonFile(project, `${folder}/package.json`, { marker: false, obj: { main: posix.relative(folder, posix.join('src', path, 'index.ts')) } });
    }

    const names = readdirSync('examples').filter(name => existsSync(join('examples', name, 'cdk.json'))).sort();
    for (const name of names) {
      const sdk = usesSdk(name) ? { '@aws-sdk/client-sqs': '^3' } : {};
      new JsonFile(project, `examples/${name}/package.json`, {
        marker: false,
        obj: {
          name: `${library}-example-${name}`,
          private: true,
          scripts: { synth: 'cdk synth', deploy: 'cdk deploy' },
          dependencies: { ...sdk, 'aws-cdk-lib': `^${versions.library}`, [library]: 'latest', 'constructs': `^${versions.constructs}` },
          devDependencies: { '@types/node': '^20', 'aws-cdk': `^${versions.cli}`, 'tsx': '^4', 'typescript': '^6' },
        },
      });
      new JsonFile(project, `examples/${name}/tsconfig.json`, {
        marker: false,
        obj: {
          compilerOptions: { target: 'ES2022', module: 'NodeNext', strict: true, noEmit: true, skipLibCheck: true, types: ['node'] },
          include: ['*.ts'],
        },
      });
    }
  }
}

/** Whether an example also has what runs in the account, beside its app. */
function usesSdk(name: string): boolean {
  const folder = join('examples', name);
  return readdirSync(folder).some(file => file.endsWith('.ts') && readFileSync(join(folder, file), 'utf8').includes("from '@aws-sdk/client-sqs'"));
}
