import { Aws, Lazy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sns from 'aws-cdk-lib/aws-sns';
import { granteeProblems } from '../../src/private/grants';
import { refuse } from '../../src/private/problems';
import { isEveryone, limitWho } from '../../src/private/who';
import { errorOf, newStack } from '../support/template';

test.each<[iam.Conditions]>([
  [{ StringEquals: { 'aws:SourceAccount': '111122223333' } }],
  [{ StringEquals: { 'AWS:sourceaccount': ['111122223333', '999988887777'] } }],
  [{ ArnLike: { 'aws:SourceArn': 'arn:aws:s3:::uploads' } }],
  [{ ArnEquals: { 'aws:PrincipalArn': 'arn:aws:iam::111122223333:role/*' } }],
  [{ StringLike: { 'aws:userid': 'AROAEXAMPLE:*' }, Bool: { 'aws:SecureTransport': 'true' } }],
  [{ 'ForAnyValue:StringLike': { 'aws:PrincipalOrgPaths': 'o-1/*' } }],
  [{ StringEqualsIgnoreCase: { 'kms:CallerAccount': '111122223333' } }],
  [{ IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } }],
  [{ StringEquals: { 'aws:SourceAccount': Lazy.string({ produce: () => '111122223333' }) } }],
  [{ StringEquals: { 'aws:SourceAccount': Lazy.any({ produce: () => '111122223333' }) } }],
  [{ StringEquals: Lazy.any({ produce: () => ({}) }) as any }],
])('%#: conditions that say who', conditions => {
  expect(limitWho(conditions)).toBe(true);
});

test.each([
  'aws:PrincipalAccount', 'aws:PrincipalArn', 'aws:PrincipalOrgID', 'aws:PrincipalOrgPaths', 'aws:userid',
  'aws:SourceAccount', 'aws:SourceArn', 'aws:SourceOrgID', 'aws:SourceOrgPaths', 'aws:SourceOwner',
  'aws:SourceVpc', 'aws:SourceVpce', 'aws:SourceVpcArn', 'aws:VpceAccount', 'aws:VpceOrgID', 'aws:VpceOrgPaths', 'kms:CallerAccount',
])('a condition on %s says who', key => {
  for (const operator of ['StringEquals', 'StringEqualsIgnoreCase', 'StringLike', 'ArnEquals', 'ArnLike']) {
    expect(limitWho({ [operator]: { [key]: 'something' } })).toBe(true);
    expect(limitWho({ [`ForAnyValue:${operator}`]: { [key]: 'something' } })).toBe(true);
    expect(limitWho({ [`${operator}IfExists`]: { [key]: 'something' } })).toBe(false);
  }
});

test.each<[iam.Conditions]>([
  [{}],
  [{ StringEquals: {} }],
  [{ Bool: { 'aws:SecureTransport': 'true' } }],
  [{ DateLessThan: { 'aws:CurrentTime': '2030-01-01T00:00:00Z' } }],
  [{ StringEquals: { 'aws:RequestedRegion': 'us-east-1' } }],
  [{ StringEquals: { 'aws:PrincipalType': 'User' } }],
  [{ StringEquals: { 'aws:PrincipalTag/team': 'a' } }],
  [{ StringNotEquals: { 'aws:SourceAccount': '111122223333' } }],
  [{ StringEqualsIfExists: { 'aws:SourceAccount': '111122223333' } }],
  [{ 'ForAllValues:StringEquals': { 'aws:PrincipalOrgPaths': 'o-1/r-1/' } }],
  [{ Null: { 'aws:SourceAccount': 'false' } }],
  [{ StringLike: { 'aws:SourceAccount': '*' } }],
  [{ StringLike: { 'aws:SourceAccount': ['111122223333', '*'] } }],
  [{ StringEquals: { 'aws:SourceAccount': [] } }],
  [{ ArnLike: { 'aws:SourceArn': 'arn:aws:sns:*:*:*' } }],
  [{ ArnLike: { 'aws:SourceArn': 'arn:aws:s3:::*' } }],
  [{ ArnLike: { 'aws:SourceArn': `arn:${Aws.PARTITION}:s3:::*` } }],
  [{ IpAddress: { 'aws:SourceIp': ['0.0.0.0/0'] } }],
  [{ IpAddress: { 'aws:SourceIp': '::/0' } }],
  [{ StringEquals: { 'aws:SourceIp': '203.0.113.1' } }],
  [{ IpAddress: { 'aws:SourceAccount': '111122223333' } }],
])('%#: conditions that do not', conditions => {
  expect(limitWho(conditions)).toBe(false);
});

const ANYWHERE = 'arn:aws:iam::*:role/*';
const ARN_OPERATORS = ['ArnLike', 'ArnEquals', 'StringLike'];

describe('an ARN says who by its account', () => {
  test.each([
    'arn:aws:iam::111122223333:role/*', 'arn:aws:iam::111122223333:*', 'arn:aws:sns:*:111122223333:*', 'arn:*:iam::111122223333:role/0',
    'arn:aws:s3:::uploads', `arn:${Aws.PARTITION}:sns:*:${Aws.ACCOUNT_ID}:orders`, Aws.STACK_ID, `${Aws.STACK_ID}*`,
    'arn:aws:iam::${aws:ResourceAccount}:role/*',
  ])('%s does', arn => {
    for (const operator of ARN_OPERATORS) {
      expect(limitWho({ [operator]: { 'aws:PrincipalArn': arn } })).toBe(true);
      expect(limitWho({ [operator]: { 'aws:SourceArn': [arn, arn] } })).toBe(true);
    }
  });
  test.each([
    ANYWHERE, 'arn:aws:sns:*:*:orders', 'arn:aws:sns:eu-west-1:????????????:orders', 'arn:aws:iam::1111*:role/x', `arn:${Aws.PARTITION}:iam::*:role/x`,
    'arn:aws:s3:::uploads*', 'arn:aws:s3:::*', 'arn:aws:s3:::', 'arn:*', 'arn:aws:iam', '*:role/x', 'arn*:111122223333:role/x', 'arn:aws:iam::${aws:PrincipalAccount}:role/x', '',
  ])('%p does not', arn => {
    for (const operator of ARN_OPERATORS) {
      expect(limitWho({ [operator]: { 'aws:PrincipalArn': arn } })).toBe(false);
      expect(limitWho({ [operator]: { 'aws:SourceArn': ['arn:aws:sns:eu-west-1:111122223333:orders', arn] } })).toBe(false);
    }
  });
  test('unless another key does', () => {
    expect(limitWho({ ArnLike: { 'aws:PrincipalArn': ANYWHERE }, StringEquals: { 'aws:PrincipalOrgID': 'o-1' } })).toBe(true);
    expect(limitWho({ ArnLike: { 'aws:SourceArn': 'arn:aws:s3:*:*:uploads', 'aws:PrincipalArn': ANYWHERE }, StringEquals: { 'aws:SourceAccount': '111122223333' } })).toBe(true);
    expect(limitWho({ ArnLike: { 'aws:PrincipalArn': ANYWHERE }, StringLike: { 'aws:PrincipalOrgID': 'o-*' } })).toBe(false);
  });
});

test.each([
  ['aws:SourceAccount', '1111*', '111122223333'],
  ['aws:PrincipalOrgID', 'o-*', 'o-1'],
  ['aws:PrincipalOrgPaths', '*/r-1/*', 'o-1/r-1/*'],
  ['aws:userid', '*:name', 'AROAEXAMPLE:*'],
  ['aws:SourceVpce', 'vpce-*', 'vpce-1'],
  ['aws:PrincipalAccount', '${aws:PrincipalAccount}', '${aws:ResourceAccount}'],
])('%s: a wildcard in what it begins with says nobody (%s, %s)', (key, anything, somebody) => {
  expect(limitWho({ StringLike: { [key]: anything } })).toBe(false);
  expect(limitWho({ StringLike: { [key]: somebody } })).toBe(true);
});

test.each([['1.2.3.4/0', false], ['2001:DB8::/0', false], ['0.0.0.0/00', false], ['203.0.113.0/20', true], ['2001:db8::/10', true], ['203.0.113.1', true]])('the addresses %s: %s', (address, says) => {
  expect(limitWho({ IpAddress: { 'aws:SourceIp': address } })).toBe(says);
});

describe('everyone', () => {
  const audience = (operator: string, value: string) => ({ [operator]: { 'cognito-identity.amazonaws.com:aud': value } });
  const federated = (conditions?: iam.Conditions) => new iam.FederatedPrincipal('cognito-identity.amazonaws.com', conditions, 'sts:AssumeRoleWithWebIdentity');
  test.each<[string, iam.IPrincipal]>([
    ['anyone', new iam.AnyPrincipal()],
    ['a star', new iam.StarPrincipal()],
    ['any ARN', new iam.ArnPrincipal('*')],
    ['every user of an identity provider', federated()],
    ['every user over TLS', federated({ Bool: { 'aws:SecureTransport': 'true' } })],
    ['every user of whatever audience', federated(audience('StringLike', '*'))],
    ['every user of all audiences but one', federated(audience('StringNotEquals', 'eu-west-1:pool'))],
  ])('is %s', (_, { policyFragment }) => expect(isEveryone(policyFragment)).toBe(true));
  test.each<[string, iam.IPrincipal]>([
    ['users of one audience', federated(audience('StringEquals', 'eu-west-1:pool'))],
    ['an account', new iam.AccountPrincipal('111122223333')],
    ['a service', new iam.ServicePrincipal('sns.amazonaws.com')],
  ])('is not %s', (_, { policyFragment }) => expect(isEveryone(policyFragment)).toBe(false));
});

describe('a grant', () => {
  const attempt = (grantee: iam.IGrantable) => () => {
    const topic = new sns.Topic(newStack(), 'Topic');
    refuse(topic, 'Thing', granteeProblems(topic, 'grantUse', grantee, 'Instead.'));
  };
  const https = { Bool: { 'aws:SecureTransport': 'true' } };

  test('to a service with conditions that do not say for whom it acts', () => {
    expect(errorOf(attempt(new iam.ServicePrincipal('sns.amazonaws.com', { conditions: https })))).toContain(
      'grantUse(grantee): got the service principal sns.amazonaws.com with conditions that do not say who; allowed: a role, user, account or organization, or a service principal with aws:SourceArn and aws:SourceAccount conditions. Instead.');
  });
  test('to everyone with such conditions', () => {
    expect(errorOf(attempt(new iam.AnyPrincipal().withConditions(https)))).toContain(
      'grantUse(grantee): got everyone, with conditions that do not say who; allowed: a role, user, account or organization, or everyone with a condition on aws:SourceArn, aws:SourceAccount, aws:PrincipalOrgID');
    expect(errorOf(attempt(new iam.StarPrincipal()))).toContain('got everyone, without conditions;');
  });
  test.each<[string, iam.IPrincipal, string]>([
    ['roles of every account', new iam.AnyPrincipal().withConditions({ ArnLike: { 'aws:PrincipalArn': ANYWHERE } }), 'everyone'],
    ['every address', new iam.AnyPrincipal().withConditions({ IpAddress: { 'aws:SourceIp': '1.2.3.4/0' } }), 'everyone'],
    ['a service for every account', new iam.ServicePrincipal('sns.amazonaws.com').withConditions({ ArnLike: { 'aws:SourceArn': 'arn:aws:sns:*:*:orders' } }), 'the service principal sns.amazonaws.com'],
  ])('to %s', (_, principal, got) => {
    expect(errorOf(attempt(principal))).toContain(`grantUse(grantee): got ${got}`);
    expect(errorOf(attempt(principal))).toContain('with conditions that do not say who;');
  });
  test('says the name of a service, never a token', () => {
    const services = new iam.CompositePrincipal(new iam.ServicePrincipal('sns.amazonaws.com'), new iam.ServicePrincipal('s3.amazonaws.com'));
    expect(errorOf(attempt(services))).toContain('got the service principal sns.amazonaws.com, s3.amazonaws.com without conditions;');
  });
  test.each<[string, iam.IPrincipal]>([
    ['an organization', new iam.OrganizationPrincipal('o-1234567890')],
    ['everyone of a VPC endpoint', new iam.AnyPrincipal().withConditions({ StringEquals: { 'aws:SourceVpce': 'vpce-1' } })],
    ['a service for an account', new iam.ServicePrincipal('sns.amazonaws.com', { conditions: { StringEquals: { 'aws:SourceAccount': '111122223333' } } })],
    ['roles of one account', new iam.AnyPrincipal().withConditions({ ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::111122223333:role/*' } })],
    ['users of one audience', new iam.FederatedPrincipal('cognito-identity.amazonaws.com', { StringEquals: { 'cognito-identity.amazonaws.com:aud': 'eu-west-1:pool' } })],
    ['an account with whatever conditions', new iam.AccountPrincipal('111122223333').withConditions(https)],
  ])('to %s is taken', (_, principal) => {
    expect(attempt(principal)).not.toThrow();
  });
});
