import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { IAMClient } from '@aws-sdk/client-iam';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { S3Client } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { STSClient } from '@aws-sdk/client-sts';
import { NodeHttpHandler } from '@smithy/node-http-handler';

/** The Region in which everything is deployed. */
export const REGION = 'eu-west-1';

export type EngineName = 'LocalStack' | 'moto';

/** Of each engine, the Python package that its version is of, and the variable with the address of the one that runs. */
const ENGINES: Record<EngineName, { readonly distribution: string; readonly variable: string }> = {
  LocalStack: { distribution: 'localstack-core', variable: 'CDK_DECOUPLE_LOCALSTACK' },
  moto: { distribution: 'moto', variable: 'CDK_DECOUPLE_MOTO' },
};

/** The version of an engine that is installed, as its requirements pin it. */
export function versionOf(name: EngineName): string {
  const file = `requirements-${name.toLowerCase()}.txt`;
  const pinned = new RegExp(`^${ENGINES[name].distribution}(?:\\[[^\\]]*\\])?==(\\S+)$`, 'm').exec(readFileSync(join(__dirname, file), 'utf8'));
  if (!pinned) throw new Error(`test/deploy/${file} pins no ${ENGINES[name].distribution}`);
  return pinned[1];
}

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** An engine in place of AWS, which others wrote and which `npm run test:deploy` has started: clients for what it has. */
export class Engine {
  /** The engine that runs. */
  public static running(name: EngineName): Engine {
    const { variable } = ENGINES[name];
    const endpoint = process.env[variable];
    if (!endpoint) throw new Error(`${variable} is not set: npm run test:deploy starts the engines and sets it`);
    return new Engine(endpoint, { accessKeyId: 'test', secretAccessKey: 'test' });
  }

  public readonly cloudFormation: CloudFormationClient;
  public readonly iam: IAMClient;
  public readonly kinesis: KinesisClient;
  public readonly s3: S3Client;
  public readonly sns: SNSClient;
  public readonly sqs: SQSClient;
  public readonly sts: STSClient;

  private constructor(public readonly endpoint: string, credentials: Credentials) {
    const config = { endpoint, region: REGION, credentials, maxAttempts: 1 };
    this.cloudFormation = new CloudFormationClient(config);
    this.iam = new IAMClient(config);
    // The client speaks HTTP/2 unless told otherwise, which the engines do not.
    this.kinesis = new KinesisClient({ ...config, requestHandler: new NodeHttpHandler() });
    this.s3 = new S3Client({ ...config, forcePathStyle: true });
    this.sns = new SNSClient(config);
    // The URL of a queue names a host that is not the engine.
    this.sqs = new SQSClient({ ...config, useQueueUrlAsEndpoint: false });
    this.sts = new STSClient(config);
  }

  /** The same engine, called with other credentials. */
  public as(credentials: Credentials): Engine {
    return new Engine(this.endpoint, credentials);
  }

  /** The same engine behind another address, such as that of a proxy. */
  public at(endpoint: string): Engine {
    return new Engine(endpoint, { accessKeyId: 'test', secretAccessKey: 'test' });
  }
}
