import * as cdk from 'aws-cdk-lib';
import { buildExample } from '../support/examples';
import { synth, warningsOf } from '../support/template';

const stackOf = (example: string, context: Record<string, unknown> = {}) =>
  buildExample(example, context).node.children.find((child): child is cdk.Stack => cdk.Stack.isStack(child))!;
const templateOf = (example: string, context?: Record<string, unknown>) => synth(stackOf(example, context));

test('the account of billing is an argument, and it is in every statement for that account', () => {
  const text = JSON.stringify(templateOf('order-bus', { billingAccount: '777788889999' }));
  expect(text.match(/777788889999/g)).toHaveLength(4);
  expect(text).not.toContain('444455556666');
});

test('the topic and the key are arguments, and nothing else of the account of the bus is named', () => {
  const topicArn = 'arn:aws:sns:us-east-2:777788889999:order-bus';
  const keyArn = 'arn:aws:kms:us-east-2:777788889999:key/22222222-2222-4333-8444-555555555555';
  const text = JSON.stringify(templateOf('order-bus-billing', { topicArn, keyArn }));
  expect(text).toContain(topicArn);
  expect(text).toContain(keyArn);
  expect(text).not.toContain('111122223333');
});

test('what the one puts out is what the other asks for', () => {
  expect(Object.keys(templateOf('order-bus').Outputs!).sort()).toEqual(['KeyArn', 'TopicArn']);
  expect(warningsOf(stackOf('order-bus-billing'))).toEqual([]);
});
