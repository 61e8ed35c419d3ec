import { IResource } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import { Construct } from 'constructs';
import { BoundBucket, BoundLogging, BoundStreamSource } from './bound';
import { Problem } from '../../private/problems';
import { DeliveryLogging } from '../delivery-logging';

/** Whose props the errors name that are found after the first child is created. */
export interface Reporter {
  /** The construct, or the source or destination in a stream of the CDK. */
  readonly construct: string;
  /** The prop of the construct, with a period: `destination.`; empty for a source or destination. */
  readonly prefix: string;
}

/** A source or destination of ours, once its resources are created. */
interface Binding {
  /** What may be in another account, where a policy has to name the role. */
  readonly resources: (IResource | undefined)[];
  /** What the role may do. Asked for after the configuration, which creates log streams. */
  readonly statements: () => iam.PolicyStatement[];
  /** Changes the policies of other accounts, or warns with what to add to them. */
  readonly allowRole: (role: iam.Role) => void;
}

export interface SourceBinding extends Binding {
  /** What the L1 of the stream gets. */
  readonly configuration: (roleArn: string, stream: Construct) => object;
  readonly dataStream?: BoundStreamSource;
  /** Whether producers put records into the Firehose stream itself. */
  readonly isDirectPut?: boolean;
  /** Of a source of the CDK, which grants what it needs. */
  readonly grantRead?: (role: iam.Role) => iam.Grant;
}

/** A bucket that a destination writes to. */
export interface WrittenBucket {
  /** The prop of the destination that it is given as. */
  readonly prop: string;
  /** The end of the ids of its statements. */
  readonly sid: string;
  readonly bound: BoundBucket;
}

export interface DestinationBinding extends Binding {
  /** What the L1 of the stream gets. Log streams are created in the log group, and nothing is granted. */
  readonly configuration: (stream: Construct, role: iam.Role, logging: BoundLogging | undefined) => firehose.DestinationConfig;
  readonly buckets: WrittenBucket[];
}

/** What a stream of ours sees of a source of ours. */
export interface OwnSource extends firehose.ISource {
  _check(scope: Construct): Problem[];
  _attach(scope: Construct, reporter: Reporter): SourceBinding;
}

/** What a stream of ours sees of a destination of ours. */
export interface OwnDestination extends firehose.IDestination {
  /** Where it reports its errors, in place of the logging of the stream. */
  readonly _logging: DeliveryLogging | undefined;
  /** Whether it has logging that is not of this library, or may have. */
  readonly _logsItself?: boolean;
  _check(scope: Construct): Problem[];
  _attach(scope: Construct, reporter: Reporter): DestinationBinding;
}
