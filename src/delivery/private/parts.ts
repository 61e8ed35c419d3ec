import * as iam from 'aws-cdk-lib/aws-iam';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import { OwnDestination, OwnSource } from './binding';
import { BoundLogging } from './bound';
import { KinesisSource } from '../sources/kinesis-source';

/** What a `firehose.KinesisStreamSource` keeps to itself. */
interface KinesisStreamSourceInternals {
  readonly stream: kinesis.IStream;
}

/** A source of ours, or one of the CDK as if it were ours. */
export function ownSource(source: firehose.ISource): OwnSource {
  if ('_attach' in source) return source as OwnSource;
  // Read and checked as a data stream of ours is, with the permissions that Firehose needs and no others.
  if (source instanceof firehose.KinesisStreamSource) return KinesisSource.existing((source as unknown as KinesisStreamSourceInternals).stream);
  return {
    grantRead: grantee => source.grantRead(grantee),
    _bind: (stream, roleArn) => source._bind(stream, roleArn),
    _check: () => [],
    _attach: () => ({
      resources: [],
      configuration: (roleArn, stream) => source._bind(stream, roleArn),
      grantRead: role => source.grantRead(role),
      statements: () => [],
      allowRole: () => {},
    }),
  };
}

/** A destination of ours, or one of the CDK as if it were ours: the CDK creates what it needs, and grants it. */
export function ownDestination(destination: firehose.IDestination): OwnDestination {
  if ('_attach' in destination) return destination as OwnDestination;
  return {
    bind: (stream, options) => destination.bind(stream, options),
    _logging: undefined,
    _logsItself: !isOfCdk(destination) || destination.props.loggingConfig !== undefined,
    _check: () => [],
    _attach: () => ({
      resources: [],
      buckets: [],
      configuration: (stream, role, logging) => (isOfCdk(destination) ? completed(destination, role, logging) : destination).bind(stream, {}),
      statements: () => [],
      allowRole: () => {},
    }),
  };
}

/** The destinations of the CDK keep their props to themselves. */
type CdkDestination = firehose.IDestination & { readonly props: firehose.CommonDestinationProps };

/** Whether a destination is of a class of the CDK with the props that all of those have: an S3 bucket, and in 2.276.0 an HTTP endpoint and Datadog. */
function isOfCdk(destination: firehose.IDestination): destination is CdkDestination {
  const isKnown = Object.values(firehose).some(type => typeof type === 'function' && type === destination.constructor);
  return isKnown && typeof (destination as Partial<CdkDestination>).props === 'object';
}

/** The destination with the role and the log group of the stream, where it has none of its own. */
function completed(destination: CdkDestination, role: iam.IRole, logging: BoundLogging | undefined): firehose.IDestination {
  const { props } = destination;
  const loggingConfig = props.loggingConfig ?? (logging ? new firehose.EnableLogging(logging.target) : new firehose.DisableLogging());
  const s3Backup = { ...props.s3Backup, loggingConfig: props.s3Backup?.loggingConfig ?? loggingConfig };
  const value: firehose.CommonDestinationProps = { ...props, role: props.role ?? role, loggingConfig, s3Backup };
  return Object.create(destination, { props: { value } });
}
