import { App, PhysicalName, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as kms from 'aws-cdk-lib/aws-kms';
import { resourcesOf, typesIn } from './support';
import { KinesisSource } from '../../src/delivery';
import { problemsOf } from '../support/problems';
import { s3Stream } from '../support/s3-stream';
import { synthApp } from '../support/template';

const HERE = { account: '111122223333', region: 'eu-west-1' };
const PLACES = { 'another account': { ...HERE, account: '444455556666' }, 'another Region': { ...HERE, region: 'us-east-1' } };

let app: App;
let stack: Stack;
beforeEach(() => {
  app = new App();
  stack = new Stack(app, 'Stack', { env: HERE });
});

const roleIn = (env: { account: string; region: string }, roleName?: string) => new iam.Role(new Stack(app, 'Other', { env }), 'Role', {
  roleName, assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
});
const streamIn = () => new kinesis.Stream(stack, 'Stream', { streamName: 'clicks', encryptionKey: new kms.Key(stack, 'Key') });

describe.each(Object.entries(PLACES))('grantWrite to a role in %s', (place, env) => {
  test('allows the key by a pattern, for the stream alone, without a custom resource', () => {
    const delivery = s3Stream(stack, 'Clicks', { source: KinesisSource.existing(streamIn()) });
    delivery.grantWrite(roleIn(env, 'writer'));
    const other = synthApp(app).Other;
    expect(typesIn(other)).toEqual(['AWS::IAM::Policy', 'AWS::IAM::Role']);
    const [, onKey] = resourcesOf(other, 'AWS::IAM::Policy')[0].Properties.PolicyDocument.Statement;
    expect(onKey).toEqual({
      Effect: 'Allow',
      Action: 'kms:GenerateDataKey',
      Resource: { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':kms:eu-west-1:111122223333:key/*']] },
      Condition: {
        StringEquals: {
          'kms:ViaService': 'kinesis.eu-west-1.amazonaws.com',
          'kms:EncryptionContext:aws:kinesis:arn': { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':kinesis:eu-west-1:111122223333:stream/clicks']] },
        },
      },
    });
  });

  test('needs a name of the stream', () => {
    const delivery = s3Stream(stack, 'Clicks');
    const role = roleIn(env, 'writer');
    expect(problemsOf(() => delivery.grantWrite(role))).toEqual([expect.objectContaining({
      prop: 'grantWrite(grantee)', got: expect.stringContaining(`'Other/Role' in aws://${env.account}/${env.region}`),
    })]);
    expect(role.node.tryFindChild('DefaultPolicy')).toBeUndefined();
  });

  test(`${place === 'another account' ? 'needs' : 'needs no'} name of the role`, () => {
    const delivery = s3Stream(stack, 'Clicks', { source: KinesisSource.existing(streamIn()) });
    const role = roleIn(env);
    if (place === 'another account') {
      expect(problemsOf(() => delivery.grantWrite(role))).toEqual([expect.objectContaining({
        prop: 'grantWrite(grantee)', got: expect.stringContaining("'Other/Role' of account 444455556666"),
      })]);
      delivery.grantWrite(new iam.Role(Stack.of(role), 'Named', { roleName: PhysicalName.GENERATE_IF_NEEDED, assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') }));
    } else {
      delivery.grantWrite(role);
    }
    expect(() => synthApp(app)).not.toThrow();
  });
});
