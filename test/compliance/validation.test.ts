import { App, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { DEFAULTS, build } from '../support/constructs';
import { EXAMPLES, buildExample } from '../support/examples';

const STRICT = { '@aws-cdk/core:validateAgainstDefaultRules': true };

beforeAll(() => { delete process.env.CDK_VALIDATION; });
afterAll(() => { process.env.CDK_VALIDATION = 'false'; });

test.each(Object.entries(DEFAULTS))('%s: no finding of the CloudFormation validation, and no warning', (_, make) => {
  const { app, stack } = build(make, STRICT);
  app.synth();
  expect(Annotations.fromStack(stack).findWarning('*', Match.anyValue())).toEqual([]);
  expect(Annotations.fromStack(stack).findError('*', Match.anyValue())).toEqual([]);
});

test.each(['eu-west-1', 'cn-north-1', 'us-gov-west-1', 'xx-nowhere-1'])('every construct validates in %s', region => {
  const app = new App({ context: STRICT, analyticsReporting: false });
  Object.values(DEFAULTS).forEach((make, index) => make(new Stack(app, `Subject${index}`, { env: { account: '111122223333', region } })));
  app.synth();
});

test.each(EXAMPLES)('the example %s: no finding of the CloudFormation validation', name => {
  buildExample(name).synth();
});

test('the validation is on: it refuses what it should', () => {
  const { app } = build(stack => {
    new sqs.CfnQueue(stack, 'Queue', { visibilityTimeout: 99_999 });
  }, STRICT);
  expect(() => app.synth()).toThrow(/greater than the maximum of 43200/);
});
