import { App, Aspects, IAspect, IPropertyInjector, InjectionContext, PropertyInjectors, RemovalPolicy, Tags } from 'aws-cdk-lib';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct, IConstruct } from 'constructs';
import * as fc from 'fast-check';

/** What an organization puts around every app of its own. */
export interface Surroundings {
  /** The class whose constructs an injector gives a customer key; that of a stack is made once. */
  readonly injected: readonly string[];
  readonly aspects: readonly string[];
}

const INJECTED: Record<string, (key: kms.IKey, props: any) => any> = {
  [s3.Bucket.PROPERTY_INJECTION_ID]: (encryptionKey, props) => props.encryptionKey
    ? props
    : { ...props, encryption: s3.BucketEncryption.KMS, encryptionKey },
  [kinesis.Stream.PROPERTY_INJECTION_ID]: (encryptionKey, props) => props.encryptionKey
    ? props
    : { ...props, encryption: kinesis.StreamEncryption.KMS, encryptionKey },
  [sqs.Queue.PROPERTY_INJECTION_ID]: (encryptionMasterKey, props) => props.encryptionMasterKey
    ? props
    : { ...props, encryption: sqs.QueueEncryption.KMS, encryptionMasterKey },
  [sns.Topic.PROPERTY_INJECTION_ID]: (masterKey, props) => ({ ...props, masterKey: props.masterKey ?? masterKey }),
};

class CustomerKey implements IPropertyInjector {
  constructor(public readonly constructUniqueId: string) {}

  public inject(props: any, { scope }: InjectionContext): any {
    // One beside each construct, as an organization that wants a key for each does.
    const id = `${this.constructUniqueId.split('.').pop()}Key`;
    const key = scope.node.tryFindChild(id) as kms.Key | undefined ?? new kms.Key(scope as Construct, id);
    return INJECTED[this.constructUniqueId](key, props ?? {});
  }
}

const ASPECTS: Record<string, (app: App) => void> = {
  'tags': app => Tags.of(app).add('team', 'orders'),
  'queues are kept': app => Aspects.of(app).add(visiting(sqs.CfnQueue, queue => queue.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE))),
  'buckets block public access': app => Aspects.of(app).add(visiting(s3.CfnBucket, bucket => {
    bucket.publicAccessBlockConfiguration = { blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true };
  })),
};

function visiting<T extends IConstruct>(type: new (...args: any[]) => T, visit: (node: T) => void): IAspect {
  return { visit: node => { if (node instanceof type) visit(node); } };
}

export const surroundings: fc.Arbitrary<Surroundings> = fc.record({
  injected: fc.subarray(Object.keys(INJECTED)),
  aspects: fc.subarray(Object.keys(ASPECTS)),
});

export function surround(app: App, { injected, aspects }: Surroundings): void {
  injected.forEach(id => PropertyInjectors.of(app).add(new CustomerKey(id)));
  aspects.forEach(name => ASPECTS[name](app));
}
