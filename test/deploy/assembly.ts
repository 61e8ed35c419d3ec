import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Engine, REGION } from './engine';
import { Finished, tool } from '../../scripts/support/process';
import { Json, WrittenTemplate } from '../support/written';

/** Where `npm run test:deploy` has synthesized the examples. */
const TEMPLATES = process.env.CDK_DECOUPLE_TEMPLATES ?? join(__dirname, '..', '..', 'cdk.out');

/** A copy of the cloud assembly of an example, with its stack, or that of its stacks which needs no other. A test may change it. */
export class Assembly {
  public readonly folder = join(mkdtempSync(join(tmpdir(), 'cdk-decouple-deploy-')), 'cdk.out');

  constructor(example: string) {
    cpSync(join(TEMPLATES, example), this.folder, { recursive: true });
    const manifest = this.manifest;
    for (const id of this.dependentStacks(manifest)) delete manifest.artifacts[id];
    this.write(manifest);
  }

  public get stackName(): string {
    const { properties, displayName } = this.artifactIn(this.manifest);
    return properties.stackName ?? displayName;
  }

  public get template(): WrittenTemplate {
    return JSON.parse(readFileSync(this.templateFile, 'utf8'));
  }

  /** Gives the stack another name, so that it is deployed beside the first. */
  public rename(stackName: string): this {
    const manifest = this.manifest;
    this.artifactIn(manifest).properties.stackName = stackName;
    this.write(manifest);
    return this;
  }

  /** Changes the template. */
  public edit(change: (template: WrittenTemplate) => void): this {
    const template = this.template;
    change(template);
    writeFileSync(this.templateFile, JSON.stringify(template));
    return this;
  }

  /** The logical id that is this name and a hash. */
  public idOf(name: string): string {
    const found = Object.keys(this.template.Resources).filter(id => new RegExp(`^${name}[0-9A-F]{8}$`).test(id));
    if (found.length !== 1) throw new Error(`${found.length} resources are named ${name}, instead of one`);
    return found[0];
  }

  public delete(): void {
    rmSync(join(this.folder, '..'), { recursive: true, force: true });
  }

  private get manifest(): Json {
    return JSON.parse(readFileSync(join(this.folder, 'manifest.json'), 'utf8'));
  }

  private write(manifest: Json): void {
    writeFileSync(join(this.folder, 'manifest.json'), JSON.stringify(manifest));
  }

  /** The stacks that need another one. */
  private dependentStacks(manifest: Json): string[] {
    const ids = stacksIn(manifest);
    return ids.filter(id => manifest.artifacts[id].dependencies?.some((other: string) => ids.includes(other)));
  }

  private get templateFile(): string {
    return join(this.folder, this.artifactIn(this.manifest).properties.templateFile);
  }

  private artifactIn(manifest: Json): Json {
    const ids = stacksIn(manifest);
    if (ids.length !== 1) throw new Error(`the assembly has ${ids.length} stacks, instead of one`);
    return manifest.artifacts[ids[0]];
  }
}

/** The ids of the stacks of an assembly. */
function stacksIn(manifest: Json): string[] {
  return Object.keys(manifest.artifacts).filter(id => manifest.artifacts[id].type === 'aws:cloudformation:stack');
}

const FLAGS = {
  deploy: ['--all', '--require-approval', 'never', '--method', 'direct', '--progress', 'events'],
  // Ends with 1 if there is a difference.
  diff: ['--fail'],
  destroy: ['--all', '--force'],
};

/** Runs the CDK CLI as a user does, with the engine in place of AWS. */
export async function cdk(engine: Engine, command: keyof typeof FLAGS, { folder }: Assembly): Promise<Finished> {
  // The CLI keeps the ids of accounts in the home directory.
  const home = mkdtempSync(join(tmpdir(), 'cdk-decouple-home-'));
  try {
    return await tool('cdk', [command, '--app', folder, ...FLAGS[command], '--no-notices'], {
      cwd: home,
      env: {
        HOME: home,
        CDK_HOME: home,
        AWS_ENDPOINT_URL: engine.endpoint,
        AWS_ACCESS_KEY_ID: 'test',
        AWS_SECRET_ACCESS_KEY: 'test',
        AWS_REGION: REGION,
        AWS_DEFAULT_REGION: REGION,
        AWS_PROFILE: undefined,
        AWS_SESSION_TOKEN: undefined,
        AWS_EC2_METADATA_DISABLED: 'true',
        CDK_DISABLE_CLI_TELEMETRY: 'true',
        NODE_NO_WARNINGS: '1',
        FORCE_COLOR: '0',
      },
    });
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** Runs the CDK CLI, or fails with what it said. */
export async function cdkOrFail(engine: Engine, command: keyof typeof FLAGS, assembly: Assembly): Promise<void> {
  const { code, output } = await cdk(engine, command, assembly);
  if (code !== 0) throw new Error(`cdk ${command} ended with ${code}:\n${output}`);
}
