import { awscdk } from 'projen';

/** The rooms that may use the ones before them, never one another. */
const SIBLINGS = ['fanout', 'workers', 'streams', 'delivery', 'analytics', 'brokers'];

/** Lines of code, without comments: a file of `src` holds one public concept, and a longer one holds two. */
const MAX_LINES = 250;

const USER_INPUT = '/^(props|options)$/';

/** The rules of CONTRIBUTING.md that a machine can check. */
export function addLint(project: awscdk.AwsCdkConstructLibrary) {
  const eslint = project.eslint!;
  eslint.addRules({
    'import/no-restricted-paths': ['error', { zones: dependencyZones() }],
    '@typescript-eslint/no-explicit-any': 'error',
  });
  // One program for everything that is linted: the nearest tsconfig.json of a test or a script is not a project of its own.
  const file = project.tryFindObjectFile('.eslintrc.json')!;
  file.addDeletionOverride('parserOptions.projectService');
  file.addOverride('parserOptions.project', './tsconfig.dev.json');
  eslint.addOverride({
    files: ['src/**/*.ts'],
    rules: {
      'max-lines': ['error', { max: MAX_LINES, skipBlankLines: true, skipComments: true }],
      'no-restricted-imports': ['error', {
        paths: [{ name: 'aws-cdk-lib', importNames: ['ValidationError', 'UnscopedValidationError'], message: 'Its constructor changes between releases; use src/private/problems.ts.' }],
        patterns: [{ group: ['aws-cdk-lib/*/lib', 'aws-cdk-lib/*/lib/*', 'aws-cdk-lib/core/*'], message: 'Only the public modules of aws-cdk-lib.' }],
      }],
      'no-restricted-syntax': ['error',
        { selector: 'MemberExpression[property.name=/^(Unscoped)?ValidationError$/]', message: 'The constructor of an internal CDK error changes between releases; use src/private/problems.ts.' },
        ...[`[left.object.name=${USER_INPUT}]`, `[left.expression.object.name=${USER_INPUT}]`, '[left.object.object.name="this"][left.object.property.name="props"]'].map(left => ({
          selector: `LogicalExpression[operator="||"]${left}[right.type=/^(Literal|TemplateLiteral|ObjectExpression|ArrayExpression|NewExpression)$/]`,
          message: 'A default with `||` replaces 0, an empty string and false as well; use `??`.',
        })),
        { selector: `AssignmentExpression[operator="||="][left.object.name=${USER_INPUT}]`, message: 'Use `??=`.' }],
    },
  });
  eslint.addOverride({
    files: ['test/**/*.ts', 'scripts/**/*.ts', 'examples/**/*.ts', 'projenrc/**/*.ts', '.projenrc.ts'],
    rules: { '@typescript-eslint/no-explicit-any': 'off', 'import/no-extraneous-dependencies': 'off' },
  });
}

/** private <- access <- queues <- { fanout, workers, streams, delivery, analytics, brokers } <- observability. */
function dependencyZones() {
  const zone = (target: string, from: string[]) => from.map(name => ({
    target: `./src/${target}`,
    from: `./src/${name}`,
    message: `src/${target} must not import src/${name}: dependencies run one way (decisions/0001-rooms.md).`,
  }));
  return [
    ...zone('private', ['access', 'queues', ...SIBLINGS, 'observability']),
    ...zone('access', ['queues', ...SIBLINGS, 'observability']),
    ...zone('queues', [...SIBLINGS, 'observability']),
    ...SIBLINGS.flatMap(name => zone(name, [...SIBLINGS.filter(other => other !== name), 'observability'])),
  ];
}
