import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import { Construct } from 'constructs';
import { fail } from '../../private/problems';

/** @see https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-metrics.html */
const PREFIXES = { extendedS3DestinationConfiguration: 'DeliveryToS3', httpEndpointDestinationConfiguration: 'DeliveryToHttpEndpoint' };

/** What the names of the metrics of a delivery begin with; undefined for a destination whose metrics are not known. */
export function metricPrefix(configuration: firehose.DestinationConfig): string | undefined {
  return Object.entries(PREFIXES).find(([property]) => property in configuration)?.[1];
}

/** Whether Firehose writes a backup. An HTTP endpoint has one without a mode too: that of the records that failed. */
export function hasBackup(configuration: firehose.DestinationConfig): boolean {
  const destinations = Object.values(configuration).filter(one => one !== undefined);
  return destinations.some(({ s3BackupMode, s3Configuration }) => (s3BackupMode ?? s3Configuration) !== undefined && s3BackupMode !== 'Disabled');
}

/** Refuses a metric that would never have data. */
export function requireForMetric(scope: Construct, method: string, hasData: boolean, got: string, allowed: string): void {
  if (hasData) return;
  fail(scope, 'FirehoseStream', {
    prop: `${method}()`, got: `a Firehose stream ${got}`, allowed: `a Firehose stream ${allowed}`, fix: 'Leave the metric out: it would never have data.',
  });
}
