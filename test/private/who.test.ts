import { Aws, Lazy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sns from 'aws-cdk-lib/aws-sns';
import { refuseServicePrincipal } from '../../src/private/grants';
import { limitWho } from '../../src/private/who';
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

describe('a grant', () => {
  const attempt = (grantee: iam.IGrantable) => () => {
    const topic = new sns.Topic(newStack(), 'Topic');
    refuseServicePrincipal(topic, 'Thing', 'grantUse', grantee, 'Instead.');
  };
  const https = { Bool: { 'aws:SecureTransport': 'true' } };

  test('to a service with conditions that do not say for whom it acts', () => {
    expect(errorOf(attempt(new iam.ServicePrincipal('sns.amazonaws.com', { conditions: https })))).toContain(
      'grantUse(grantee): got the service principal sns.amazonaws.com with conditions that do not say who; allowed: a role, user, account or organisation, or a service principal with aws:SourceArn and aws:SourceAccount conditions. Instead.');
  });
  test('to everyone with such conditions', () => {
    expect(errorOf(attempt(new iam.AnyPrincipal().withConditions(https)))).toContain(
      'grantUse(grantee): got everyone, with conditions that do not say who; allowed: a role, user, account or organisation, or everyone with a condition on aws:SourceArn, aws:SourceAccount, aws:PrincipalOrgID');
    expect(errorOf(attempt(new iam.StarPrincipal()))).toContain('got everyone, without conditions;');
  });
  test('says the name of a service, never a token', () => {
    const services = new iam.CompositePrincipal(new iam.ServicePrincipal('sns.amazonaws.com'), new iam.ServicePrincipal('s3.amazonaws.com'));
    expect(errorOf(attempt(services))).toContain('got the service principal sns.amazonaws.com, s3.amazonaws.com without conditions;');
  });
  test.each<[string, iam.IPrincipal]>([
    ['an organisation', new iam.OrganizationPrincipal('o-1234567890')],
    ['everyone of a VPC endpoint', new iam.AnyPrincipal().withConditions({ StringEquals: { 'aws:SourceVpce': 'vpce-1' } })],
    ['a service for an account', new iam.ServicePrincipal('sns.amazonaws.com', { conditions: { StringEquals: { 'aws:SourceAccount': '111122223333' } } })],
    ['an account with whatever conditions', new iam.AccountPrincipal('111122223333').withConditions(https)],
  ])('to %s is taken', (_, principal) => {
    expect(attempt(principal)).not.toThrow();
  });
});
