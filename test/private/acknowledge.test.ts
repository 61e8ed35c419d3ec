import { Validations } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { acknowledgeDeadLetterQueue } from '../../src/private/acknowledge';
import { newStack } from '../support/template';

test('the rules are acknowledged, without a stack trace of each', () => {
  const queue = new Construct(newStack(), 'Queue');
  const before = Error.stackTraceLimit;
  acknowledgeDeadLetterQueue(queue);
  expect(Error.stackTraceLimit).toBe(before);
  const acknowledged = queue.node.metadata.filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY);
  expect(acknowledged.map(({ data }) => Object.keys(data)[0])).toEqual([
    expect.stringContaining('AwsSolutions-SQS3'), expect.stringContaining('Serverless-SQSRedrivePolicy'),
  ]);
  for (const { trace } of acknowledged) expect((trace ?? []).join()).not.toContain('acknowledge.ts');
});
