import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { HttpEndpointBackup } from './http-endpoint-backup';
import { metricOptions } from '../../private/metric-options';
import { Problem, throwProblems } from '../../private/problems';
import { Buffering } from '../buffering';
import { DeliveryLogging } from '../delivery-logging';
import { DestinationBinding, Reporter } from '../private/binding';
import { attachHttpEndpoint } from '../private/http-endpoint';
import { httpEndpointProblems } from '../private/http-endpoint-checks';
import { bindAlone } from '../private/role';
import { RecordTransform } from '../record-transform';

/**
 * How the body of a request is encoded.
 */
export enum HttpContentEncoding {
  /** As it is. */
  NONE = 'NONE',
  /** Compressed with GZIP, which the endpoint has to understand. */
  GZIP = 'GZIP',
}

/**
 * Properties of an HTTP endpoint as a destination.
 */
export interface HttpEndpointDestinationProps {
  /**
   * The URL of the endpoint: `https://`, on port 443, at most 1,000 characters. It is readable in the template: a key belongs in
   * `accessKey`.
   */
  readonly url: string;

  /**
   * The name of the endpoint, which the console shows: 1 to 256 characters.
   *
   * @default - no name
   */
  readonly name?: string;

  /**
   * The secret with the key that Firehose sends in the header `X-Amz-Firehose-Access-Key`, as the JSON object `{ "api_key": "…" }`. It has
   * to be in the Region of the Firehose stream. Firehose reads it again after 10 minutes at the latest, and Secrets Manager bills that.
   *
   * Firehose is allowed `secretsmanager:GetSecretValue` on it and, with a customer key, `kms:Decrypt` for it through Secrets Manager. Import
   * a secret with its complete ARN and its `encryptionKey`: AWS does not document that Firehose takes an ARN without the last six
   * characters. A secret of another account needs a policy there, which a warning carries.
   *
   * @default - the endpoint gets no access key
   * @see https://docs.aws.amazon.com/firehose/latest/dev/using-secrets-manager.html
   */
  readonly accessKey?: secretsmanager.ISecret;

  /**
   * Which records are written to S3 besides.
   *
   * @default HttpEndpointBackup.failedRecords()
   */
  readonly backup?: HttpEndpointBackup;

  /**
   * How much is collected for one request: 0 to 900 seconds and 1 to 64 MiB, in whole seconds and MiB.
   *
   * @default - 60 seconds and 5 MiB
   * @see https://docs.aws.amazon.com/firehose/latest/dev/buffering-hints.html
   */
  readonly buffering?: Buffering;

  /**
   * How long Firehose tries a request again that failed, before it backs the records up: 0 seconds to 2 hours, in whole seconds; 0 means
   * never. The time that Firehose waits for an answer, up to 3 minutes each, is not counted.
   *
   * @default Duration.minutes(5)
   * @see https://docs.aws.amazon.com/firehose/latest/dev/retry.html
   */
  readonly retryDuration?: Duration;

  /**
   * How the body of a request is encoded.
   *
   * @default HttpContentEncoding.NONE
   */
  readonly contentEncoding?: HttpContentEncoding;

  /**
   * What Firehose sends with every request in the header `X-Amz-Firehose-Common-Attributes`: up to 50 names of 1 to 256 characters, with
   * values of up to 1,024. They are readable in the template.
   *
   * @default - no attributes
   */
  readonly commonAttributes?: { [name: string]: string };

  /**
   * A function that the records pass through before they are delivered.
   *
   * @default - records are delivered as they are
   */
  readonly transform?: RecordTransform;

  /**
   * Where Firehose reports records it could not transform, deliver or back up. A log group created here is kept when it is no longer asked
   * for.
   *
   * @default - the logging of the Firehose stream; DeliveryLogging.create() in a `firehose.DeliveryStream`
   */
  readonly logging?: DeliveryLogging;
}

/**
 * An HTTP endpoint as the destination of a Firehose stream.
 *
 * The endpoint has to answer in the format of Firehose and within 3 minutes, has to have a certificate that is publicly trusted, and cannot
 * be within a VPC. Firehose may deliver a record more than once.
 *
 * @see https://docs.aws.amazon.com/firehose/latest/dev/httpdeliveryrequestresponse.html
 */
export class HttpEndpointDestination implements firehose.IDestination {
  /** The URL of the endpoint. */
  public readonly url: string;

  constructor(private readonly props: HttpEndpointDestinationProps) {
    this.url = props.url;
  }

  /**
   * Creates the bucket of the backup, the log group and a role with exactly the permissions that Firehose needs, in the scope of the stream.
   *
   * @throws Error with all problems of the props, before anything is created
   */
  public bind(scope: Construct, _options: firehose.DestinationBindOptions): firehose.DestinationConfig {
    throwProblems(scope, 'HttpEndpointDestination', this._check(scope));
    return bindAlone(scope, 'HttpEndpointDestination', this);
  }

  /**
   * Age in seconds of the oldest record that is not delivered yet: `DeliveryToHttpEndpoint.DataFreshness`, maximum over 5 minutes.
   *
   * Normal up to the buffering interval. It has no data while no records arrive.
   *
   * @param stream a Firehose stream with this destination
   * @see https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-metrics.html
   */
  public metricDataFreshness(stream: firehose.IDeliveryStream, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return metricOf(stream, 'metricDataFreshness', 'DataFreshness', 'Maximum', options);
  }

  /**
   * Requests that the endpoint accepted: `DeliveryToHttpEndpoint.Success`, average over 5 minutes.
   *
   * AWS calls it the sum of all successful requests, and does not document whether it is their number or, as for S3, their share.
   *
   * @param stream a Firehose stream with this destination
   */
  public metricDeliverySuccess(stream: firehose.IDeliveryStream, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return metricOf(stream, 'metricDeliverySuccess', 'Success', 'Average', options);
  }

  /**
   * Number of records that the endpoint accepted: `DeliveryToHttpEndpoint.Records`, sum over 5 minutes.
   *
   * @param stream a Firehose stream with this destination
   */
  public metricDeliveredRecords(stream: firehose.IDeliveryStream, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return metricOf(stream, 'metricDeliveredRecords', 'Records', 'Sum', options);
  }

  /**
   * Number of records that Firehose sent, each time it was sent: `DeliveryToHttpEndpoint.ProcessedRecords`, sum over 5 minutes. The more it
   * is above the delivered records, the more is sent again.
   *
   * @param stream a Firehose stream with this destination
   */
  public metricAttemptedRecords(stream: firehose.IDeliveryStream, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return metricOf(stream, 'metricAttemptedRecords', 'ProcessedRecords', 'Sum', options);
  }

  /** @internal */
  public get _logging(): DeliveryLogging | undefined {
    return this.props.logging;
  }

  /** @internal */
  public _check(scope: Construct): Problem[] {
    return httpEndpointProblems(scope, this.props);
  }

  /** @internal */
  public _attach(scope: Construct, reporter: Reporter): DestinationBinding {
    return attachHttpEndpoint(scope, this.props, reporter);
  }
}

function metricOf(
  stream: firehose.IDeliveryStream, method: string, name: string, statistic: string, options?: cloudwatch.MetricOptions,
): cloudwatch.Metric {
  const all = metricOptions(stream, 'HttpEndpointDestination', method, options, { statistic, period: Duration.minutes(5) });
  return stream.metric(`DeliveryToHttpEndpoint.${name}`, all);
}
