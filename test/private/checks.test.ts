import { App, Aws, Duration, Lazy, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { arnProblems } from '../../src/private/arn';
import { granteeProblems, otherAccountProblems, unnamedProblems } from '../../src/private/grants';
import { keyProblems } from '../../src/private/keys';
import { metricOptionProblems, metricOptions } from '../../src/private/metric-options';
import { removalPolicyProblems } from '../../src/private/removal-policy';
import { newStack } from '../support/template';

const [ACCOUNT, OTHER] = ['111122223333', '444455556666'];
const HERE = { account: ACCOUNT, region: 'eu-west-1' };
const stackIn = (env = HERE) => new Stack(new App(), 'Stack', { env });
const fix = expect.any(String);

describe('keyProblems', () => {
  const use = { service: 'SQS', what: 'queue', instead: 'Encryption.serviceManaged()' };
  const keyIn = (stack: Stack, region: string) => kms.Key.fromKeyArn(stack, `Key ${region.length}`, `arn:aws:kms:${region}:${ACCOUNT}:key/1`);

  test('is nothing for a key that fits', () => {
    const stack = stackIn();
    expect(keyProblems(stack, keyIn(stack, 'eu-west-1'), use)).toEqual([]);
    expect(keyProblems(stack, new kms.Key(stack, 'Own', { keySpec: kms.KeySpec.SYMMETRIC_DEFAULT }), use)).toEqual([]);
    expect(keyProblems(stack, kms.Alias.fromAliasName(stack, 'Alias', 'alias/orders'), use)).toEqual([]);
  });

  test('refuses a key of another Region', () => {
    const stack = stackIn();
    expect(keyProblems(stack, keyIn(stack, 'us-east-1'), use)).toEqual([
      { prop: '', got: 'a key in Region us-east-1', allowed: 'a key in Region eu-west-1, where the queue is', fix },
    ]);
    expect(keyProblems(newStack(), keyIn(newStack(), Aws.REGION), use)).toEqual([]);
  });

  test.each([
    ['by its name', (stack: Stack) => kms.Alias.fromAliasName(stack, 'Key', 'alias/aws/sqs')],
    ['by an ARN with tokens', (stack: Stack) => kms.Key.fromKeyArn(stack, 'Key', `arn:${Aws.PARTITION}:kms:eu-west-1:${ACCOUNT}:alias/aws/sqs`)],
  ])('refuses an AWS managed key %s, unless one will do', (_, key) => {
    const stack = stackIn();
    const given = key(stack);
    expect(keyProblems(stack, given, use)).toEqual([{ prop: '', got: 'alias/aws/sqs', allowed: 'a customer key', fix: expect.stringContaining('Encryption.serviceManaged()') }]);
    expect(keyProblems(stack, given, { service: 'EBS', what: 'volume' })).toEqual([]);
  });

  test('refuses a key that is not symmetric', () => {
    const stack = stackIn();
    const key = new kms.Key(stack, 'Key', { keySpec: kms.KeySpec.RSA_2048, keyUsage: kms.KeyUsage.ENCRYPT_DECRYPT });
    expect(keyProblems(stack, key, use)).toEqual([{ prop: '', got: 'a key of kind RSA_2048', allowed: 'a symmetric encryption key', fix }]);
  });

  test('refuses an alias of a key that does not fit, as it does the key', () => {
    const stack = stackIn();
    expect(keyProblems(stack, new kms.Key(stack, 'Key', { keySpec: kms.KeySpec.RSA_2048 }).addAlias('alias/orders'), use)).toMatchObject([{ got: 'a key of kind RSA_2048' }]);
    expect(keyProblems(stack, new kms.Alias(stack, 'Alias', { aliasName: 'alias/far', targetKey: keyIn(stack, 'us-east-1') }), use)).toMatchObject([{ got: 'a key in Region us-east-1' }]);
  });

  test('names everything that is wrong', () => {
    const stack = stackIn();
    const key = kms.Key.fromKeyArn(stack, 'Key', `arn:aws:kms:us-east-1:${ACCOUNT}:alias/aws/sqs`);
    expect(keyProblems(stack, key, use)).toHaveLength(2);
  });
});

describe('arnProblems', () => {
  test.each(['arn:aws:sqs:eu-west-1:111122223333:jobs', `arn:${Aws.PARTITION}:sqs:${Aws.REGION}:${ACCOUNT}:jobs`, Lazy.string({ produce: () => 'x' }), 'jobs'])('%s may be a queue', arn => {
    expect(arnProblems(arn, 'sqs')).toEqual([]);
  });

  test('an ARN of another service is refused', () => {
    expect(arnProblems('arn:aws:sns:eu-west-1:111122223333:orders', 'sqs')).toEqual([{ prop: '', got: 'an ARN of sns', allowed: 'an ARN of sqs', fix }]);
  });
});

test.each([undefined, RemovalPolicy.DESTROY, RemovalPolicy.RETAIN, RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE])('the removal policy %s is allowed', policy => {
  expect(removalPolicyProblems(policy)).toEqual([]);
});

test('the removal policy SNAPSHOT is refused', () => {
  expect(removalPolicyProblems(RemovalPolicy.SNAPSHOT)).toEqual([
    { prop: 'removalPolicy', got: 'RemovalPolicy.SNAPSHOT', allowed: 'RemovalPolicy.DESTROY, RETAIN or RETAIN_ON_UPDATE_OR_DELETE', fix },
  ]);
});

describe('the options of a metric', () => {
  const defaults = { statistic: 'Maximum', period: Duration.minutes(1) };
  const lazy = Duration.seconds(Lazy.number({ produce: () => 60 }));

  test.each([
    undefined, {}, { period: undefined, statistic: undefined }, { statistic: 'p99' }, { period: Duration.millis(5000) },
    ...[1, 5, 10, 30, 60, 120, 86_400].map(seconds => ({ period: Duration.seconds(seconds) })),
  ])('%p are allowed', options => {
    expect(metricOptionProblems('metricAge', options)).toEqual([]);
  });

  test.each([
    [Duration.seconds(0), '0 seconds'], [Duration.seconds(2), '2 seconds'], [Duration.seconds(59), '59 seconds'], [Duration.seconds(90), '1 minute 30 seconds'],
    [Duration.millis(1500), '1500 milliseconds'], [Duration.seconds(86_460), '1 day 1 minute'], [Duration.seconds(NaN), 'NaN milliseconds'],
    [lazy, 'a value only known at deployment'],
  ])('a period of %s is refused', (period, got) => {
    expect(metricOptionProblems('metricAge', { period })).toEqual([{
      prop: 'metricAge(options.period)', got, allowed: '1, 5, 10 or 30 seconds, or 1 minute to 1 day (inclusive), in whole minutes', fix,
    }]);
  });

  test('a blank statistic is refused', () => {
    expect(metricOptionProblems('metricAge', { statistic: ' ' })).toMatchObject([{ prop: 'metricAge(options.statistic)', got: '\' \'' }]);
  });

  test('have defaults where they are left out, and explicit values win', () => {
    const options = (given?: object) => metricOptions(newStack(), 'Thing', 'metricAge', given, defaults);
    expect(options()).toEqual(defaults);
    expect(options({ statistic: undefined, period: undefined, label: 'Age' })).toEqual({ ...defaults, label: 'Age' });
    expect(options({ statistic: 'p99', period: Duration.minutes(5) })).toEqual({ statistic: 'p99', period: Duration.minutes(5) });
  });
});

describe('granteeProblems', () => {
  const problems = (grantee: iam.IGrantable) => granteeProblems(newStack(), 'grantSendMessages', grantee, 'Use allowService().');
  const fromOrganization = { StringEquals: { 'aws:PrincipalOrgID': 'o-1' } };
  const secure = { Bool: { 'aws:SecureTransport': 'true' } };

  test.each<[string, iam.IGrantable]>([
    ['a role', new iam.Role(newStack(), 'Role', { assumedBy: new iam.AccountRootPrincipal() })],
    ['an account', new iam.AccountPrincipal(OTHER)],
    ['an organization', new iam.OrganizationPrincipal('o-1234567890')],
    ['everyone of an organization', new iam.AnyPrincipal().withConditions(fromOrganization)],
    ['a service that acts for a resource', new iam.ServicePrincipal('sns.amazonaws.com').withConditions({ ArnLike: { 'aws:SourceArn': 'arn:aws:sns:eu-west-1:111122223333:orders' } })],
  ])('%s is allowed', (_, grantee) => {
    expect(problems(grantee)).toEqual([]);
  });

  test.each<[string, iam.IGrantable, string]>([
    ['a service', new iam.ServicePrincipal('sns.amazonaws.com'), 'the service principal sns.amazonaws.com without conditions'],
    ['a service with a condition that does not say who', new iam.ServicePrincipal('sns.amazonaws.com').withConditions(secure), 'the service principal sns.amazonaws.com with conditions that do not say who'],
    ['everyone', new iam.AnyPrincipal(), 'everyone, without conditions'],
    ['everyone with a condition that does not say who', new iam.AnyPrincipal().withConditions(secure), 'everyone, with conditions that do not say who'],
    ['a pattern', new iam.ArnPrincipal(`arn:aws:iam::${OTHER}:role/*`), `the principal arn:aws:iam::${OTHER}:role/*`],
    ['a function without its role', lambda.Function.fromFunctionArn(stackIn(), 'Function', `arn:aws:lambda:eu-west-1:${ACCOUNT}:function:work`), 'a principal that no policy can name'],
  ])('%s is refused', (_, grantee, got) => {
    expect(problems(grantee)).toEqual([{ prop: 'grantSendMessages(grantee)', got: expect.stringContaining(got), allowed: expect.any(String), fix }]);
  });

  test('a service is told what to use instead', () => {
    expect(problems(new iam.ServicePrincipal('sns.amazonaws.com'))).toMatchObject([{ fix: 'Use allowService().' }]);
  });
});

describe('a principal of another account', () => {
  const app = new App();
  const [own, other] = [HERE, { ...HERE, account: OTHER }].map((env, index) => new Stack(app, `Stack${index}`, { env }));
  const queue = new sqs.Queue(own, 'Queue');
  const role = (stack: Stack, id: string, roleName?: string) => new iam.Role(stack, id, { assumedBy: new iam.AccountRootPrincipal(), roleName });

  test('is refused where the account has to be the same', () => {
    expect(otherAccountProblems(own, 'grantRedrive', role(other, 'Redrive'), 'Assume a role.')).toEqual([{
      prop: 'grantRedrive(grantee)', got: `a principal of account ${OTHER}`, allowed: `a principal of account ${ACCOUNT}`, fix: 'Assume a role.',
    }]);
    expect(otherAccountProblems(own, 'grantRedrive', role(own, 'Redrive'), '')).toEqual([]);
    expect(otherAccountProblems(own, 'grantRedrive', new iam.ServicePrincipal('sns.amazonaws.com'), '')).toEqual([]);
  });

  test('needs a name, as the policy of the resource has to name it', () => {
    expect(unnamedProblems(own, 'grantSendMessages', queue, role(other, 'Unnamed'))).toEqual([{
      prop: 'grantSendMessages(grantee)', got: expect.stringContaining(`'Stack1/Unnamed' of account ${OTHER}`), allowed: 'in another account, a role or user with a name', fix,
    }]);
    expect(unnamedProblems(own, 'grantSendMessages', queue, role(other, 'Named', 'sender'))).toEqual([]);
    expect(unnamedProblems(own, 'grantSendMessages', queue, role(own, 'Own'))).toEqual([]);
  });
});
