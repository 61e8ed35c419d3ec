import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { IConstruct } from 'constructs';

/**
 * Workers on a queue, whatever they run on, for constructs that watch them: alarms, dashboards and your own.
 *
 * `grantPrincipal` is the role that the workers run with.
 */
export interface IQueueWorkers extends IConstruct, iam.IGrantable {
  /** The queue that the workers receive from. */
  readonly queue: sqs.IQueue;

  /**
   * The number of messages, waiting or in progress, for each worker in service.
   *
   * While no worker is in service, it is the number of all messages. It does not say how long the oldest message waits.
   *
   * @param options label, color and period; the period is 1 minute unless you give one
   * @throws an error for a period that CloudWatch does not have
   * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
   */
  metricBacklogPerWorker(options?: cloudwatch.MathExpressionOptions): cloudwatch.MathExpression;
}
