import { awscdk } from 'projen';

/** Least coverage of `src`, in per cent. A run below it fails. */
const COVERAGE = { lines: 95, branches: 95 };

/** Tests of the compiled package. They run once: they do not depend on the version of aws-cdk-lib under test. */
const COMPILED = ['<rootDir>/test/packaging/**/*.test.ts', '<rootDir>/test/contract/exports.test.ts'];

/**
 * Random input and upgrade safety, without coverage, which the other tests have to reach by themselves; among those is what random input
 * has found, each as a test with a name. Each draw and each changed prop is tried under one of the two flag sets.
 */
const PROOFS = ['<rootDir>/test/properties/!(regressions|newcomers).test.ts', '<rootDir>/test/contract/{baselines,bounds,replacement}.test.ts'];
/** What is said of the API and of changed props is said at the floor; what the flags change in a template, where they are on. */
const PROOFS_WITH_FLAGS = ['<rootDir>/test/properties/!(regressions|newcomers|completeness).test.ts', '<rootDir>/test/contract/{baselines,feature-flags}.test.ts'];
const ELSEWHERE = ['<rootDir>/test/packaging/', '<rootDir>/test/properties/(?!regressions|newcomers)', '<rootDir>/test/contract/'];

/**
 * These tests run once: those of documents, scripts and helpers, which load nothing of aws-cdk-lib; those of the scaling simulator and of the nag
 * packs, whose tables are of the floor; and those of shell scripts, which are the same in both.
 */
const ONCE = [
  'scaling/', 'deploy/', 'languages/', 'linters/', 'support/resolver', 'rules/named-tests', 'docs/(blocks|diagrams|links)', 'compliance/nag', 'delivery/compliance',
  'workers/(finish-work|protection-loop)',
].map(path => `<rootDir>/test/${path}`);
/** The CloudFormation validation of the CDK, whose rules only grow. */
const AT_THE_LATEST = ['<rootDir>/test/compliance/validation'];

/**
 * Globals that jest passes to each module as parameters. Elsewhere each read of a global goes through the sandbox of the test file: 250 ns instead
 * of 1, an eighth of the time of the tests. Not `Map`, since aws-cdk-lib has a class of this name; not what fake timers replace.
 */
const GLOBALS = [
  'Array', 'ArrayBuffer', 'Boolean', 'Buffer', 'Error', 'Float64Array', 'JSON', 'Math', 'Number', 'Object', 'Promise', 'Reflect', 'RegExp', 'Set',
  'String', 'Symbol', 'TypeError', 'Uint32Array', 'WeakMap', 'process',
];

/**
 * The same tests twice: at the floor without feature flags, and with every `aws-cdk-lib` import sent to the newest release and the flags
 * that it recommends; the proofs, shared between the two; and the tests of the compiled package.
 */
export function configureJest(project: awscdk.AwsCdkConstructLibrary) {
  const jest = project.jest!.config;
  for (const key of ['preset', 'globals', 'testMatch', 'testPathIgnorePatterns', 'transform', 'watchPathIgnorePatterns', 'reporters']) {
    delete jest[key];
  }
  const common = (name: string) => ({
    displayName: name,
    testEnvironment: '<rootDir>/test/support/environment.ts',
    // What jest has compiled, for the next run.
    cacheDirectory: '<rootDir>/node_modules/.cache/jest',
    testPathIgnorePatterns: ['/node_modules/'],
    sandboxInjectedGlobals: GLOBALS,
    // dist, cdk.out and lib hold copies of package.json and of the sources.
    modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/cdk.out/', '<rootDir>/lib/'],
    // Types are checked once, by the compiler.
    transform: { '^.+\\.ts$': ['<rootDir>/test/support/compile-once.cjs', { tsconfig: 'tsconfig.dev.json', transpilation: true, diagnostics: false }] },
  });
  const floor = (name: string) => ({
    ...common(name),
    testMatch: ['<rootDir>/test/**/*.test.ts'],
    testPathIgnorePatterns: ['/node_modules/', ...ELSEWHERE, ...AT_THE_LATEST],
    setupFiles: ['<rootDir>/test/support/setup.ts'],
    moduleNameMapper: { '^cdk-decouple$': '<rootDir>/src', '^cdk-decouple/(.*)$': '<rootDir>/src/$1' },
  });
  const latest = (name: string) => ({
    ...floor(name),
    testPathIgnorePatterns: ['/node_modules/', ...ELSEWHERE, ...ONCE],
    setupFiles: ['<rootDir>/test/support/setup.ts', '<rootDir>/test/support/recommended-flags.ts'],
    setupFilesAfterEnv: ['<rootDir>/test/support/equality-with-flags.ts'],
    moduleNameMapper: { ...floor(name).moduleNameMapper, '^aws-cdk-lib$': 'aws-cdk-lib-latest', '^aws-cdk-lib/(.*)$': 'aws-cdk-lib-latest/$1' },
  });
  const proofs = (testMatch: string[]) => ({
    testMatch, testPathIgnorePatterns: ['/node_modules/'], testEnvironment: '<rootDir>/test/properties/support/environment.ts',
  });
  jest.projects = [
    floor('floor'),
    latest('latest'),
    { ...floor('proof'), ...proofs(PROOFS) },
    { ...latest('proof-latest'), ...proofs(PROOFS_WITH_FLAGS) },
    { ...common('packaging'), testMatch: COMPILED },
  ];
  // On busy processors, what takes a second takes more than the five that jest allows.
  jest.testTimeout = 30_000;
  jest.reporters = ['default'];
  jest.collectCoverage = false;
  // Counts statements; v8 counts comments and types as covered lines.
  jest.coverageProvider = 'babel';
  jest.collectCoverageFrom = ['src/**/*.ts', '!src/**/index.ts'];
  jest.coveragePathIgnorePatterns = ['/node_modules/'];
  jest.coverageReporters = ['json-summary', 'lcov', 'text-summary'];
  jest.coverageThreshold = { global: COVERAGE };
}
