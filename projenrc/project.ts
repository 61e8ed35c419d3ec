import { JsonFile, JsonPatch, awscdk, github, javascript, typescript } from 'projen';
import { Examples } from './examples';
import { configureJest } from './jest';
import { addLint } from './lint';
import { RosettaFixture } from './rosetta-fixture';
import { SubpathExports } from './subpath-exports';
import { PUBLIB, RELEASE_ENVIRONMENT, RELEASE_NODE, UPGRADE_COOLDOWN, addSupplyChain } from './supply-chain';
import { addTasks } from './tasks';

/**
 * The lowest aws-cdk-lib this library runs on.
 *
 * 2.262.0 is the first release that validates every template against the CloudFormation rules; our own
 * checks begin where those end (decisions/0002-cdk-floor.md).
 */
const CDK_FLOOR = '2.262.0';

/** The lowest constructs, as aws-cdk-lib has it. */
const CONSTRUCTS_FLOOR = '10.5.1';

/** The newest aws-cdk-lib the tests run against, installed beside the floor under another name. */
const CDK_LATEST = '2.276.0';

/** The CLI. The dist-tag `latest` of this package points at a mis-published old build, so it is pinned. */
const CDK_CLI = '2.1148.1';

/** Makes the releases. Version 13 asks for Node 22; this library is built on 20 as well. */
const BUMP_PACKAGE = 'commit-and-tag-version@^12.7.3';

export class CdkDecoupleProject extends awscdk.AwsCdkConstructLibrary {
  constructor() {
    super({
      name: 'cdk-decouple',
      description:
        'AWS CDK constructs for decoupled applications: queues with dead-letter queues, SNS fan-out, FIFO fan-out, '
        + 'workers that scale on queue depth, and Kinesis to Firehose to S3.',
      author: 'cdk-decouple maintainers',
      authorAddress: 'maintainers@cdk-decouple.dev',
      authorOrganization: true,
      repositoryUrl: 'https://github.com/cdk-decouple/cdk-decouple.git',
      license: 'Apache-2.0',
      copyrightOwner: 'cdk-decouple maintainers',
      copyrightPeriod: '2026',
      stability: 'stable',
      keywords: [
        'aws', 'aws-cdk', 'cdk', 'sqs', 'sns', 'queue', 'dead-letter-queue', 'redrive', 'fan-out', 'fifo', 'autoscaling',
        'kinesis', 'firehose', 's3', 'messaging', 'decoupling',
      ],
      defaultReleaseBranch: 'main',
      packageManager: javascript.NodePackageManager.NPM,
      minNodeVersion: '20.0.0',
      workflowNodeVersion: RELEASE_NODE,
      runner: typescript.TypeScriptRunner.tsx(),
      projenrcTs: true,
      projenrcTsOptions: { runner: typescript.TypeScriptRunner.tsx() },

      cdkVersion: CDK_FLOOR,
      constructsVersion: CONSTRUCTS_FLOOR,
      jsiiVersion: '~6.0.16',
      typescriptVersion: '~6.0',
      // Trusted publishing: the registry accepts this repository's release workflow in its environment, and there is no token to steal.
      npmTrustedPublishing: true,
      npmProvenance: true,
      publishToPypi: { distName: 'cdk-decouple', module: 'cdk_decouple', trustedPublishing: true },
      publishToMaven: { javaPackage: 'io.github.cdkdecouple', mavenGroupId: 'io.github.cdk-decouple', mavenArtifactId: 'cdk-decouple' },
      publishToNuget: { dotNetNamespace: 'CdkDecouple', packageId: 'CdkDecouple', trustedPublishing: true },
      publishToGo: { moduleName: 'github.com/cdk-decouple/cdk-decouple-go', packageName: 'cdkdecouple' },
      // The task exists either way; `true` would make every compile download the last release.
      compat: false,
      // Replaced by a task of our own (decisions/0027-api-reference.md).
      docgen: false,
      bumpPackage: BUMP_PACKAGE,
      // projen's name for the version of publib.
      jsiiReleaseVersion: PUBLIB,
      releaseEnvironment: RELEASE_ENVIRONMENT,

      devDeps: [
        `aws-cdk@${CDK_CLI}`,
        `aws-cdk-lib-latest@npm:aws-cdk-lib@${CDK_LATEST}`,
        'cdk-nag@3.0.2',
        // cfn-guard and the rules of AWS Control Tower, for `npm run test:linters`.
        '@cdklabs/cdk-validator-cfnguard@0.0.62',
        // What the proofs run on: a policy simulator, emulators, random input, a template diff. CONTRIBUTING.md names their licences.
        '@cloud-copilot/iam-simulate@0.1.173',
        'fauxqs@1.9.2',
        'kinesis-local@0.6.2',
        // Clients that people use on queues, for test/flow. Version 15 of sqs-consumer asks for Node 22.
        'sqs-consumer@14.2.8',
        '@aws-lambda-powertools/batch@2.35.0',
        '@aws-sdk/client-cloudformation@^3',
        '@aws-sdk/client-iam@^3',
        '@aws-sdk/client-kinesis@^3',
        '@aws-sdk/client-s3@^3',
        '@aws-sdk/client-sns@^3',
        '@aws-sdk/client-sqs@^3',
        '@aws-sdk/client-sts@^3',
        '@smithy/node-http-handler@^4',
        'fast-check@4.10.2',
        'jest-environment-node@^30',
        '@aws-cdk/cloudformation-diff@2.187.5',
        '@jsii/spec@^1.140.0',
        'jsii-pacmak@^1.140.0',
        'jsii-rosetta@~6.0.17',
        'tsx@^4',
        'yaml@^2.9.1',
        '@types/node@^20',
      ],
      // Reviewed: esbuild puts its binary in place (tsx), @parcel/watcher does nothing where a prebuilt binary exists.
      allowScripts: ['esbuild', '@parcel/watcher'],
      sampleCode: false,
      lambdaAutoDiscover: false,
      edgeLambdaAutoDiscover: false,
      singletonLambdaAutoDiscover: false,
      lambdaExtensionAutoDiscover: false,
      integrationTestAutoDiscover: false,
      experimentalIntegRunner: false,
      jestOptions: { jestVersion: '^30', junitReporting: false, updateSnapshot: javascript.UpdateSnapshot.NEVER },
      tsconfigDev: {
        compilerOptions: {
          noEmit: true,
          // Tests read the sources under the names users import.
          paths: { 'cdk-decouple': ['./src'], 'cdk-decouple/*': ['./src/*'] },
        },
        include: ['.projenrc.ts'],
        exclude: ['dist', 'cdk.out', 'lib', '.venv'],
      },
      eslintOptions: { dirs: ['src'], devdirs: ['test', 'projenrc', 'examples', 'scripts'], prettier: false, tsconfigPath: './tsconfig.dev.json' },
      gitignore: ['cdk.out/', 'dist/', '/.npmignore', '.jsii.tabl.json', '*.tgz', '__pycache__/', '.venv/', '/examples/**/*.js', '/scripts/**/*.js', 'bench/node_modules/'],
      npmignoreEnabled: false,
      githubOptions: {
        mergify: false,
        pullRequestLint: true,
        pullRequestLintOptions: { semanticTitleOptions: { types: ['feat', 'fix', 'docs', 'test', 'refactor', 'perf', 'build', 'ci', 'chore', 'revert'] } },
      },
      // A bot that pushes what a build changed would also push re-recorded contracts.
      buildWorkflowOptions: { mutableBuild: false, permissions: { contents: github.workflows.JobPermission.READ } },
      depsUpgradeOptions: {
        cooldown: UPGRADE_COOLDOWN,
        // A pull request that a maintainer reviews. Dependabot can't do it: it would edit files that projen generates.
        workflowOptions: { schedule: javascript.UpgradeDependenciesSchedule.WEEKLY },
      },
      pullRequestTemplate: false,
      tsconfigDevFile: 'tsconfig.dev.json',
    });

    this.buildWorkflow!.addPostBuildSteps({ name: 'API compatibility with the last release', run: 'npx projen compat' });
    const { modules } = new SubpathExports(this);
    new RosettaFixture(this);
    new Examples(this, { modules, versions: { library: CDK_FLOOR, constructs: CONSTRUCTS_FLOOR, cli: CDK_CLI } });
    addTasks(this);
    addLint(this);
    configureJest(this);
    this.configureNpm();
    this.configureTypescript();
    addSupplyChain(this);

    // The jsii tools remind of the end of life of the Node.js they run on; the value is its major version.
    this.tasks.addEnvironment('JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION', '20');

    // Construct Hub reads both; strict rosetta fails the build when a README block or an @example does not compile.
    this.package.addField('jsiiRosetta', { strict: true });
    this.package.addField('awscdkio', { announce: false });
    // What is published, and nothing else. The fixture lets Construct Hub translate the examples as strictly as the build does.
    this.package.addField('files', ['lib/**/*.js', 'lib/**/*.d.ts', '.jsii', '.warnings.jsii.js', 'NOTICE', 'rosetta/default.ts-fixture']);
    // Loading a module defines classes and nothing else, so bundlers may drop what is not used.
    this.package.addField('sideEffects', false);
  }

  private configureNpm() {
    // 1.13.0 was published without most of the platforms it lists; `npm ci` refuses a lock file made with it.
    this.package.addPackageResolutions('unrs-resolver@1.12.2');

    const npmrc = new javascript.NpmConfig(this);
    // Keeps the lock file free of the addresses of whichever registry or mirror wrote it.
    npmrc.addConfig('omit-lockfile-registry-resolved', 'true');
    npmrc.addConfig('audit', 'false');
    npmrc.addConfig('fund', 'false');
    // aws-cdk-lib 2.262.0 bundles a package that asks for Node 22 and runs on 20; every install on Node 20 would warn.
    npmrc.addConfig('loglevel', 'error');

    // publib knows the public registry by itself. The patch fails loudly should projen move the step.
    const release = this.github!.tryFindWorkflow('release')!.file!;
    release.patch(JsonPatch.remove('/jobs/release_npm/steps/9/env/NPM_REGISTRY'));
  }

  /** Editors and tsx read the nearest tsconfig.json: in these folders it has to be the one that knows `cdk-decouple/*`. */
  private configureTypescript() {
    // Two thirds of what Node.js read were maps and copies of the sources (decisions/0025-no-source-maps.md).
    for (const option of ['inlineSourceMap', 'inlineSources']) this.tsconfig!.file.addOverride(`compilerOptions.${option}`, false);
    for (const folder of ['scripts', 'test']) {
      new JsonFile(this, `${folder}/tsconfig.json`, { obj: { extends: '../tsconfig.dev.json', include: ['**/*.ts'] }, marker: false });
    }
  }
}
