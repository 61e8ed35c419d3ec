/** The smallest real use of a submodule, and the resource types that prove it ran. */
export interface Usage {
  readonly names: readonly string[];
  readonly code: string;
  readonly makes: readonly string[];
}

/** One for each submodule; a new submodule without one fails the tests. */
export const USAGE: Record<string, Usage> = {
  access: {
    names: ['ServiceSource'],
    code: "new sqs.Queue(stack, 'Sent'); const source = ServiceSource.alarms(); if (!source) throw new Error('nothing');",
    makes: ['AWS::SQS::Queue'],
  },
  queues: {
    names: ['WorkQueue'],
    code: "new WorkQueue(stack, 'Jobs');",
    makes: ['AWS::SQS::Queue'],
  },
  fanout: {
    names: ['FanOut'],
    code: "const orders = new FanOut(stack, 'Orders'); orders.addQueue('Audit');",
    makes: ['AWS::SNS::Topic'],
  },
  workers: {
    names: ['Ec2Workers', 'FargateWorkers', 'FunctionSource', 'FunctionWorker', 'QueueScaling', 'WorkerCommand', 'WorkerFunction'],
    code: `
      const vpc = new ec2.Vpc(stack, 'Network', { natGateways: 1 });
      const queue = new sqs.Queue(stack, 'Work');
      const scaling = QueueScaling.onLatency({ acceptable: Duration.seconds(60), processingTime: Duration.millis(250), max: 4 });
      const userData = ec2.UserData.forLinux();
      userData.addCommands('/opt/worker &');
      new Ec2Workers(stack, 'Workers', { vpc, queue, scaling, userData });
      const command = WorkerCommand.container(ecs.ContainerImage.fromRegistry('public.ecr.aws/images/worker:1'));
      new FargateWorkers(stack, 'Tasks', { vpc, queue, scaling, command });
      const code = lambda.Code.fromInline('exports.handler = async () => {};');
      new FunctionWorker(stack, 'Resizer', {
        source: FunctionSource.queue(queue), function: WorkerFunction.create({ runtime: lambda.Runtime.NODEJS_24_X, handler: 'index.handler', code }),
      });`,
    makes: ['AWS::AutoScaling::AutoScalingGroup', 'AWS::ECS::Service', 'AWS::Lambda::EventSourceMapping'],
  },
  delivery: {
    names: ['FirehoseStream'],
    code: "new FirehoseStream(stack, 'Clicks');",
    makes: ['AWS::KinesisFirehose::DeliveryStream'],
  },
};

/** The imports of an app that uses all submodules, one way of loading them each. */
export const IMPORTS = {
  /** Each construct from `cdk-decouple/<submodule>`. */
  submodules: (modules: readonly string[]) => modules.map(name => `import { ${USAGE[name].names.join(', ')} } from 'cdk-decouple/${name}';`),
  /** Each construct from the namespaces of the root. */
  root: (modules: readonly string[]) => [
    `import { ${modules.join(', ')} } from 'cdk-decouple';`,
    ...modules.map(name => `const { ${USAGE[name].names.join(', ')} } = ${name};`),
  ],
};

/** An app that tries each submodule in a stack of its own and prints the resource types, or the error, by submodule. */
export function program(syntax: 'require' | 'import' | 'typescript', imports: readonly string[], modules: readonly string[]): string {
  const cdk = [
    "import { App, Duration, Stack } from 'aws-cdk-lib';",
    "import * as ec2 from 'aws-cdk-lib/aws-ec2';",
    "import * as ecs from 'aws-cdk-lib/aws-ecs';",
    "import * as lambda from 'aws-cdk-lib/aws-lambda';",
    "import * as sqs from 'aws-cdk-lib/aws-sqs';",
  ];
  const lines = [...cdk, ...imports].map(line => syntax === 'require' ? asRequire(line) : line);
  const any = syntax === 'typescript' ? ': any' : '';
  const uses = modules.map(name => `attempt('${name}', stack => { ${USAGE[name].code} });`);
  return `${lines.join('\n')}
const results${any} = {};
function attempt(name${syntax === 'typescript' ? ': string' : ''}, use${syntax === 'typescript' ? ': (stack: Stack) => void' : ''}) {
  try {
    const app = new App();
    use(new Stack(app, 'Test'));
    const resources${any} = app.synth().getStackByName('Test').template.Resources;
    results[name] = Object.values(resources).map((resource${any}) => resource.Type);
  } catch (error${any}) {
    results[name] = error.stack;
  }
}
${uses.join('\n')}
console.log(JSON.stringify(results));
void Duration; void ec2; void ecs; void lambda; void sqs;
`;
}

function asRequire(line: string): string {
  return line.replace(/^import (?:\* as )?(.+) from ('.+');$/, 'const $1 = require($2);');
}
