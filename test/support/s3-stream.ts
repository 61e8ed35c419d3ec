import { Construct } from 'constructs';
import { FirehoseStream, FirehoseStreamProps, S3Destination, S3DestinationProps } from '../../src/delivery';

/** Props of a Firehose stream to S3, and of its destination. */
export type S3StreamProps = Omit<FirehoseStreamProps, 'destination'> & Omit<S3DestinationProps, 'logging'>;

/** A Firehose stream to S3; without props, that of the defaults. */
export function s3Stream(scope: Construct, id: string, props?: S3StreamProps): FirehoseStream {
  if (!props) return new FirehoseStream(scope, id);
  const { logging, source, ...destination } = props;
  return new FirehoseStream(scope, id, { source, logging, destination: new S3Destination(destination) });
}
