import { awscdk } from 'projen';

/** Least coverage of `src`, in per cent. A run below it fails. */
const COVERAGE = { lines: 95, branches: 95 };

/** Tests of the compiled package. They run once: they do not depend on the version of aws-cdk-lib under test. */
const COMPILED = ['<rootDir>/test/packaging/**/*.test.ts', '<rootDir>/test/contract/exports.test.ts'];

/**
 * Random input and upgrade safety. They run once, at the floor, and without coverage, which the other tests have to reach by themselves;
 * among those is what random input has found, each as a test with a name.
 */
const PROOFS = ['<rootDir>/test/properties/!(regressions|newcomers).test.ts', '<rootDir>/test/contract/{baselines,replacement}.test.ts'];
const ELSEWHERE = ['<rootDir>/test/packaging/', '<rootDir>/test/properties/(?!regressions|newcomers)', '<rootDir>/test/contract/'];

/**
 * The same tests twice: at the floor, and with every `aws-cdk-lib` import sent to the newest release; the proofs; and the
 * tests of the compiled package.
 */
export function configureJest(project: awscdk.AwsCdkConstructLibrary) {
  const jest = project.jest!.config;
  for (const key of ['preset', 'globals', 'testMatch', 'testPathIgnorePatterns', 'transform', 'watchPathIgnorePatterns', 'reporters']) {
    delete jest[key];
  }
  const common = (name: string) => ({
    displayName: name,
    testEnvironment: 'node',
    testPathIgnorePatterns: ['/node_modules/'],
    // dist, cdk.out and lib hold copies of package.json and of the sources.
    modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/cdk.out/', '<rootDir>/lib/'],
    // Types are checked once, by the compiler.
    transform: { '^.+\\.ts$': ['ts-jest', { tsconfig: 'tsconfig.dev.json', transpilation: true, diagnostics: false }] },
  });
  const sources = (name: string, mapper: Record<string, string> = {}) => ({
    ...common(name),
    testMatch: ['<rootDir>/test/**/*.test.ts'],
    testPathIgnorePatterns: ['/node_modules/', ...ELSEWHERE],
    setupFiles: ['<rootDir>/test/support/setup.ts'],
    moduleNameMapper: { '^cdk-decouple$': '<rootDir>/src', '^cdk-decouple/(.*)$': '<rootDir>/src/$1', ...mapper },
  });
  jest.projects = [
    sources('floor'),
    sources('latest', { '^aws-cdk-lib$': 'aws-cdk-lib-latest', '^aws-cdk-lib/(.*)$': 'aws-cdk-lib-latest/$1' }),
    { ...sources('proof'), testMatch: PROOFS, testPathIgnorePatterns: ['/node_modules/'] },
    { ...common('packaging'), testMatch: COMPILED },
  ];
  jest.reporters = ['default'];
  jest.collectCoverage = false;
  // Counts statements; v8 counts comments and types as covered lines.
  jest.coverageProvider = 'babel';
  jest.collectCoverageFrom = ['src/**/*.ts', '!src/**/index.ts'];
  jest.coveragePathIgnorePatterns = ['/node_modules/'];
  jest.coverageReporters = ['json-summary', 'lcov', 'text-summary'];
  jest.coverageThreshold = { global: COVERAGE };
}
