import { existsSync, readFileSync } from 'fs';
import { join } from 'path';
import { Component, TextFile, awscdk } from 'projen';

const SERVICES: Record<string, string> = {
  autoscaling: 'aws-autoscaling',
  cloudwatch: 'aws-cloudwatch',
  cloudwatch_actions: 'aws-cloudwatch-actions',
  ec2: 'aws-ec2',
  events: 'aws-events',
  targets: 'aws-events-targets',
  glue: 'aws-glue',
  iam: 'aws-iam',
  kinesis: 'aws-kinesis',
  firehose: 'aws-kinesisfirehose',
  kms: 'aws-kms',
  lambda: 'aws-lambda',
  lambda_sources: 'aws-lambda-event-sources',
  logs: 'aws-logs',
  s3: 'aws-s3',
  s3n: 'aws-s3-notifications',
  secretsmanager: 'aws-secretsmanager',
  sns: 'aws-sns',
  subscriptions: 'aws-sns-subscriptions',
  sqs: 'aws-sqs',
};

const CORE = [
  'Annotations', 'App', 'ArnFormat', 'Aspects', 'Aws', 'CfnOutput', 'CfnParameter', 'Duration', 'Environment', 'Fn', 'PermissionsBoundary',
  'PropertyInjectors', 'RemovalPolicy', 'SecretValue', 'Size', 'Stack', 'StackProps', 'Stage', 'Tags', 'Token', 'Validations',
];

/**
 * Existing resources that an example may use without saying where they come from.
 *
 * Globals: rosetta moves the `declare const` lines of an example to the top of the file, where they would clash with ours.
 */
const EXISTING: Record<string, string> = {
  app: 'App',
  vpc: 'ec2.IVpc',
  queue: 'sqs.IQueue',
  topic: 'sns.ITopic',
  key: 'kms.IKey',
  bucket: 's3.IBucket',
  stream: 'kinesis.IStream',
  handler: 'lambda.IFunction',
  role: 'iam.IRole',
  producer: 'iam.IGrantable',
  consumer: 'iam.IGrantable',
  operator: 'iam.IGrantable',
  alarmTopic: 'sns.ITopic',
};

/**
 * The code around every README block and `@example`: the imports, and a stack as `this`.
 *
 * Made from the sources, so that an example can use any public name of the library without importing it.
 */
export class RosettaFixture extends Component {
  constructor(project: awscdk.AwsCdkConstructLibrary, modules: readonly string[]) {
    super(project);
    const file = new TextFile(project, 'rosetta/default.ts-fixture', { marker: true });
    file.addLine(`// ${file.marker}`);
    file.addLine("import * as cdk from 'aws-cdk-lib';");
    file.addLine(`import { ${CORE.join(', ')} } from 'aws-cdk-lib';`);
    for (const [name, module] of Object.entries(SERVICES)) file.addLine(`import * as ${name} from 'aws-cdk-lib/${module}';`);
    file.addLine("import { Construct, IConstruct } from 'constructs';");
    const taken = new Set([...CORE, ...Object.keys(SERVICES), 'cdk', 'Construct', 'IConstruct']);
    for (const name of modules) {
      // A name that is taken stays reachable through its module: `fanout.Name`.
      const names = publicNames(join('src', name, 'index.ts')).filter(found => !taken.has(found));
      names.forEach(found => taken.add(found));
      if (names.length > 0) file.addLine(`import { ${names.join(', ')} } from 'cdk-decouple/${name}';`);
    }
    file.addLine('');
    file.addLine('declare global {');
    for (const name of modules) file.addLine(`  const ${name}: typeof import('cdk-decouple/${name}');`);
    for (const [name, type] of Object.entries(EXISTING)) file.addLine(`  const ${name}: ${type};`);
    file.addLine('}');
    file.addLine('');
    file.addLine('class Fixture extends Stack {');
    file.addLine('  constructor(scope: Construct, id: string) {');
    file.addLine('    super(scope, id);');
    file.addLine('');
    file.addLine('    /// here');
    file.addLine('  }');
    file.addLine('}');
  }
}

/** The names an index exports, those of the indexes and files it lists included. */
function publicNames(file: string): string[] {
  const source = readFileSync(file, 'utf8');
  const own = [...source.matchAll(/(\/\*\*(?:(?!\*\/)[\s\S])*\*\/\s*)?^export (?:abstract )?(?:class|interface|enum) (\w+)/gm)]
    .filter(([, documentation]) => !documentation?.includes('@internal'))
    .map(([, , name]) => name);
  const listed = [...source.matchAll(/^export \* from '(\.[^']+)';/gm)].flatMap(([, path]) => {
    const target = join(file, '..', path);
    const found = [`${target}.ts`, join(target, 'index.ts')].find(existsSync);
    return found ? publicNames(found) : [];
  });
  return [...new Set([...own, ...listed])].sort();
}
