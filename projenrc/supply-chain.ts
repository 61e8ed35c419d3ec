import { TextFile, YamlFile, awscdk, github } from 'projen';
import { YAMLMap, YAMLSeq, isMap, isScalar, parseDocument } from 'yaml';

/** Builds and releases. Node.js 20, the lowest version that aws-cdk-lib runs on, is past its end of life and only tested. */
export const RELEASE_NODE = '24.x';

/** Publishes to the registries; projen would take the newest one at the time of the release. */
export const PUBLIB = '0.2.1061';

/** The GitHub environment whose reviewers approve every publication, and which alone holds the secrets of the registries. */
export const RELEASE_ENVIRONMENT = 'release';

/** Days that a version of a dependency has to be public before it is proposed: a malicious one is usually found earlier. */
export const UPGRADE_COOLDOWN = 7;

/** Who reviews a change of what runs with permissions. */
const OWNERS = '@cdk-decouple/maintainers';

/**
 * The commit of each action, because a tag can be moved to other code.
 *
 * projen names a version for each of its actions: a test says when an upgrade of projen wants another one. Take the commit
 * that the tag of the action's repository points at (`git ls-remote --tags`; of an annotated tag the line that ends in `^{}`).
 */
export const ACTIONS: Readonly<Record<string, { readonly commit: string; readonly version: string }>> = {
  'actions/checkout': { commit: '3d3c42e5aac5ba805825da76410c181273ba90b1', version: 'v7.0.1' },
  'actions/dependency-review-action': { commit: 'a1d282b36b6f3519aa1f3fc636f609c47dddb294', version: 'v5.0.0' },
  'actions/download-artifact': { commit: '3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c', version: 'v8.0.1' },
  'actions/setup-dotnet': { commit: 'a98b56852c35b8e3190ac28c8c2271da59106c68', version: 'v6.0.0' },
  'actions/setup-go': { commit: 'b7ad1dad31e06c5925ef5d2fc7ad053ef454303e', version: 'v7.0.0' },
  'actions/setup-java': { commit: 'dd06d9cba3e5552c54d9f8ea23572deb30010f7c', version: 'v6.0.0' },
  'actions/setup-node': { commit: '820762786026740c76f36085b0efc47a31fe5020', version: 'v7.0.0' },
  'actions/setup-python': { commit: '5fda3b95a4ea91299a34e894583c3862153e4b97', version: 'v7.0.0' },
  'actions/upload-artifact': { commit: '043fb46d1a93c77aae656e7c1c64a875d1fc6a0a', version: 'v7.0.1' },
  'amannn/action-semantic-pull-request': { commit: '48f256284bd46cdaab1048c3721360e808335d50', version: 'v6.1.1' },
  'github/codeql-action/analyze': { commit: '2892aa5e19bbd11bc0cff5427e3b750a04d9e3c2', version: 'v4.38.2' },
  'github/codeql-action/init': { commit: '2892aa5e19bbd11bc0cff5427e3b750a04d9e3c2', version: 'v4.38.2' },
  'github/codeql-action/upload-sarif': { commit: '2892aa5e19bbd11bc0cff5427e3b750a04d9e3c2', version: 'v4.38.2' },
  'ossf/scorecard-action': { commit: '2d1146689b8cda280b9bc96326124645441f03bc', version: 'v2.4.4' },
  'peter-evans/create-pull-request': { commit: '5f6978faf089d4d20b00c7766989d076bb2fc7f1', version: 'v8.1.1' },
};

const { JobPermission } = github.workflows;
const CHECKOUT = { name: 'Checkout', uses: 'actions/checkout' };
const INSTALL = { name: 'Install dependencies', run: 'npm ci' };
/** Mondays, before the working day. */
const WEEKLY = [{ cron: '17 4 * * 1' }];

/** What keeps a stranger's code, or a stolen token, from reaching the users of the package. */
export function addSupplyChain(project: awscdk.AwsCdkConstructLibrary) {
  const gitHub = project.github!;
  addTestsOnOtherNodes(gitHub);
  addCodeql(gitHub);
  addScorecard(gitHub);
  addAudit(gitHub);
  // Comments on the pull request would need a write permission.
  new github.DependencyReview(gitHub, { commentSummaryInPr: 'never', failOnSeverity: 'moderate' });

  const owners = new TextFile(project, '.github/CODEOWNERS', { marker: true });
  owners.addLine(`# ${owners.marker}`);
  owners.addLine(`* ${OWNERS}`);
  owners.addLine('');

  // It only reads the title; projen asks for `write`.
  gitHub.tryFindWorkflow('pull-request-lint')!.file!.addOverride('jobs.validate.permissions.pull-requests', 'read');
  // The release is created by a job of its own; this one builds.
  gitHub.tryFindWorkflow('release')!.file!.addOverride('jobs.release.permissions.contents', 'read');

  for (const [action, { commit }] of Object.entries(ACTIONS)) gitHub.actions.set(action, `${action}@${commit}`);
  for (const workflow of gitHub.workflows) harden(workflow.file!);
}

/** The build runs on the version that releases; this is the floor, and the version between. */
function addTestsOnOtherNodes(gitHub: github.GitHub) {
  for (const major of [20, 22]) {
    gitHub.tryFindWorkflow('build')!.addJob(`test-node-${major}`, {
      name: `Test on Node.js ${major}`,
      runsOn: ['ubuntu-latest'],
      permissions: { contents: JobPermission.READ },
      tools: { node: { version: `${major}.x` } },
      steps: [CHECKOUT, INSTALL, { name: 'Test', run: 'npm test' }],
    });
  }
}

/** Not on pull requests, where uploading the findings would need a write permission: what is merged is analyzed at once. */
function addCodeql(gitHub: github.GitHub) {
  const workflow = gitHub.addWorkflow('codeql');
  workflow.on({ push: { branches: ['main'] }, schedule: WEEKLY, workflowDispatch: {} });
  workflow.addJob('analyze', {
    name: 'Analyze ${{ matrix.language }}',
    runsOn: ['ubuntu-latest'],
    permissions: { actions: JobPermission.READ, contents: JobPermission.READ, securityEvents: JobPermission.WRITE },
    strategy: { failFast: false, matrix: { domain: { language: ['javascript-typescript', 'python', 'actions'] } } },
    steps: [
      CHECKOUT,
      { name: 'Initialize CodeQL', uses: 'github/codeql-action/init', with: { 'languages': '${{ matrix.language }}', 'build-mode': 'none', 'queries': 'security-extended' } },
      { name: 'Analyze', uses: 'github/codeql-action/analyze', with: { category: '/language:${{ matrix.language }}' } },
    ],
  });
}

function addScorecard(gitHub: github.GitHub) {
  const workflow = gitHub.addWorkflow('scorecard');
  workflow.on({ push: { branches: ['main'] }, branchProtectionRule: {}, schedule: WEEKLY });
  workflow.addJob('analysis', {
    name: 'OpenSSF Scorecard',
    runsOn: ['ubuntu-latest'],
    permissions: {
      actions: JobPermission.READ,
      contents: JobPermission.READ,
      // Signs the published result.
      idToken: JobPermission.WRITE,
      securityEvents: JobPermission.WRITE,
    },
    steps: [
      CHECKOUT,
      { name: 'Analyze', uses: 'ossf/scorecard-action', with: { results_file: 'results.sarif', results_format: 'sarif', publish_results: true } },
      { name: 'Upload to code scanning', uses: 'github/codeql-action/upload-sarif', with: { sarif_file: 'results.sarif' } },
    ],
  });
}

/** Not part of the build: an advisory published overnight is no fault of the pull request of the next morning. */
function addAudit(gitHub: github.GitHub) {
  const workflow = gitHub.addWorkflow('audit');
  workflow.on({ push: { branches: ['main'], paths: ['package-lock.json'] }, schedule: WEEKLY, workflowDispatch: {} });
  workflow.addJob('audit', {
    name: 'Audit the dependencies',
    runsOn: ['ubuntu-latest'],
    permissions: { contents: JobPermission.READ },
    tools: { node: { version: RELEASE_NODE } },
    steps: [
      CHECKOUT,
      { name: 'Install dependencies', run: 'npm ci --ignore-scripts' },
      { name: 'Known vulnerabilities', run: 'npm audit --audit-level=high' },
      { name: 'Signatures of the registry', if: '${{ !cancelled() }}', run: 'npm audit signatures' },
    ],
  });
}

/**
 * The token of a job may do only what the job lists, it does not stay in the checkout, and each commit has its version beside it.
 *
 * projen writes YAML without comments and has no hook for them, so the text is rewritten as it is synthesized.
 */
function harden(file: YamlFile) {
  const generator = file as unknown as { synthesizeContent(resolver: unknown): string | undefined };
  const synthesize = generator.synthesizeContent.bind(file);
  generator.synthesizeContent = resolver => {
    const content = synthesize(resolver);
    if (content === undefined) return undefined;
    const document = parseDocument(content);
    const workflow = document.contents as YAMLMap;
    const jobs = workflow.items.findIndex(({ key }) => isScalar(key) && key.value === 'jobs');
    workflow.items.splice(jobs, 0, document.createPair('permissions', {}));
    for (const { value: job } of (workflow.get('jobs') as YAMLMap).items) {
      for (const step of (job as YAMLMap<string, YAMLSeq<YAMLMap>>).get('steps')?.items ?? []) {
        const uses = step.get('uses', true);
        if (!isScalar<string>(uses)) continue;
        const action = uses.value.split('@')[0];
        if (ACTIONS[action]) uses.comment = ` ${ACTIONS[action].version}`;
        if (action === 'actions/checkout') {
          if (!isMap(step.get('with'))) step.set('with', document.createNode({}));
          step.setIn(['with', 'persist-credentials'], false);
        }
      }
    }
    return document.toString({ lineWidth: 0 });
  };
}
