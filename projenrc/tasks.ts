import { awscdk } from 'projen';

/** The commands of the README and of CONTRIBUTING.md. */
export function addTasks(project: awscdk.AwsCdkConstructLibrary) {
  const script = (name: string) => `node scripts/run.cjs ${name}`;
  // Before jsii, which leaves files of former builds in the package.
  project.compileTask.prependExec(script('clean'));
  // After jsii, whose index file of the root loads every submodule whichever name is read (decisions/0021-lazy-root.md).
  project.compileTask.exec(script('lazy-root'));
  // As projen's own, for which the tool would be jsii-docgen (decisions/0027-api-reference.md).
  const docgen = project.addTask('docgen', { description: 'Write API.md and docs/api from the .jsii manifest', exec: script('api') });
  project.postCompileTask.spawn(docgen);
  for (const path of ['/API.md', '/docs/api/**']) project.annotateGenerated(path);
  // projen's own reports breaks of an API that is marked experimental as warnings, and ends with 0.
  project.tasks.tryFind('compat')!.reset(`jsii-diff npm:${project.package.packageName} --keys --error-on all --ignore-file .compatignore`);
  // Without a compilation, which would fetch what the `go.mod` names before it is mended; the script compiles after it.
  const packageGo = project.tasks.tryFind('package:go')!;
  packageGo.reset('jsii-pacmak -v --code-only --target go');
  packageGo.exec(script('go-module dist/go'));
  project.addTask('synth', {
    description: 'Synthesize every example, offline, and print what each would deploy',
    exec: script('synth'),
    receiveArgs: true,
  });

  // The layers run from one script so that they end in one summary. The snapshot-updating variant stays a separate,
  // deliberate command (test:update).
  project.testTask.reset(script('test'), { receiveArgs: true });
  project.addTask('test:unit', {
    description: 'The jest layers alone, at the floor version of aws-cdk-lib',
    exec: 'jest --ci --selectProjects floor',
    receiveArgs: true,
  });
  project.tasks.tryFind('test:update')?.reset('jest --updateSnapshot', { receiveArgs: true });
  project.addTask('test:languages', {
    description: 'Build one app with the packages of TypeScript, Python, Java and Go, and compare the templates; names of languages choose among them',
    exec: script('languages'),
    receiveArgs: true,
  });
  project.addTask('test:deploy', {
    description: 'Deploy the examples with the CDK CLI to engines in place of AWS, and use them; needs Python 3.13. Words choose among test/deploy',
    exec: script('deploy'),
    receiveArgs: true,
  });
  project.addTask('test:clients', {
    description: 'The workers of the example container-workers and the clients that people use, on the queues of the library; needs Python. Words choose among test/clients',
    exec: script('clients'),
    receiveArgs: true,
  });
  project.addTask('test:examples', {
    description: 'Two examples copied out of the repository and synthesized as by their users, and the command that synthesizes all; after npm test, which compiles the package',
    env: { ALL_EXAMPLES: '1' },
    exec: 'jest --ci --coverage=false --selectProjects=packaging --testPathPatterns "packaging/(examples|synth-command)"',
  });
  project.addTask('test:linters', {
    description: 'cfn-lint, checkov and cfn-guard over the templates of the examples, actionlint and shellcheck over workflows and scripts',
    exec: script('linters'),
    receiveArgs: true,
  });
  project.addTask('test:flow', {
    description: 'Messages through an emulator, behind the simulated policies; synthesizes the examples first when they are stale',
    exec: 'node --import tsx --test --test-concurrency=2 test/flow/*.flow.ts',
    env: { NODE_NO_WARNINGS: '1' },
    receiveArgs: true,
  });
  project.addTask('test:properties', {
    description: 'Random input, twenty times what `npm test` draws; PROPERTY_SEED fixes the draws, PROPERTY_RUNS their number in multiples of the usual',
    exec: script('properties'),
    receiveArgs: true,
  });
  project.addTask('test:baselines', {
    description: 'Accept the templates of the examples, with and without feature flags, as the reviewed baselines of test/contract',
    exec: 'jest --ci --coverage=false --selectProjects proof proof-latest --testPathPatterns test/contract/baselines',
    env: { BASELINES_WRITE: '1' },
  });
  project.addTask('docs:replacement', {
    description: 'Rebuild docs/replacement.md from what each changed prop would replace',
    exec: 'jest --ci --coverage=false --selectProjects=proof --testPathPatterns test/contract/replacement',
    env: { REPLACEMENT_WRITE: '1' },
  });
  project.addTask('docs:bounds', {
    description: 'Rebuild docs/bounds.md from the tables of bounds in src',
    exec: 'jest --ci --coverage=false --selectProjects=proof --testPathPatterns test/contract/bounds',
    env: { BOUNDS_WRITE: '1' },
  });
  project.addTask('docs:engines', {
    description: 'Rebuild docs/engines.md from the gaps of the engines of test/deploy',
    exec: 'jest --ci --coverage=false --selectProjects=floor --testPathPatterns test/deploy',
    env: { ENGINES_WRITE: '1' },
  });
  project.addTask('bench', {
    description: 'Measure the library beside plain aws-cdk-lib and AWS Solutions Constructs; writes bench/RESULTS.md. --runs=N, and words to filter rows by',
    exec: 'node bench/run.mjs',
    receiveArgs: true,
  });
  project.addTask('docs:linters', {
    description: 'Rebuild docs/linters.md from the exceptions of the linters',
    exec: 'jest --ci --coverage=false --selectProjects=floor --testPathPatterns test/linters/document',
    env: { LINTERS_WRITE: '1' },
  });
  project.addTask('docs:scaling', {
    description: 'Rebuild docs/scaling.md from the simulated scaling policies',
    exec: 'jest --ci --coverage=false --selectProjects=floor --testPathPatterns test/scaling/scaling',
    env: { SCALING_WRITE: '1' },
  });
  project.addTask('docs:rules', {
    description: 'Rebuild docs/rules.md from the rules of the services and the tests that hold them',
    exec: 'jest --ci --coverage=false --selectProjects=floor --testPathPatterns test/rules/document',
    env: { RULES_WRITE: '1' },
  });
  project.addTask('docs:compliance', {
    description: 'Rebuild docs/compliance.md from the cdk-nag findings',
    exec: 'jest --ci --coverage=false --selectProjects=floor --testPathPatterns test/compliance/nag',
    env: { COMPLIANCE_WRITE: '1' },
  });

  // It installs what it needs, projen among it.
  project.package.setScript('bench', 'node bench/run.mjs');
  // These say what is wrong on a Node.js that is too old for projen, and start a second sooner.
  project.package.setScript('docs:diagrams', script('diagrams'));
  project.package.setScript('synth', script('synth'));
  project.package.setScript('test', script('test'));
  project.package.setScript('test:languages', script('languages'));
  project.package.setScript('test:clients', script('clients'));
  project.package.setScript('test:deploy', script('deploy'));
  project.package.setScript('test:linters', script('linters'));
}
