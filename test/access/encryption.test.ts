import { App, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Encryption } from '../../src/access';
import { newStack, resourceOf } from '../support/template';

const stack = newStack();
const given = new kms.Key(stack, 'Given');
const NEW_KEY = { description: 'Encrypts it', removalPolicy: RemovalPolicy.RETAIN };

test.each([
  [Encryption.serviceManaged(), { isCustomerManaged: false, encryptionKey: undefined }],
  [Encryption.customerManaged(), { isCustomerManaged: true, encryptionKey: undefined }],
  [Encryption.customerManaged(given), { isCustomerManaged: true, encryptionKey: given }],
])('an encryption tells whose key it is, and which (%#)', ({ isCustomerManaged, encryptionKey }, expected) => {
  expect({ isCustomerManaged, encryptionKey }).toEqual(expected);
});

test('a key is created where none was specified, with yearly rotation', () => {
  const scope = newStack();
  const key = Encryption.customerManaged()._key(scope, 'TheKey', NEW_KEY);
  expect(scope.node.findChild('TheKey')).toBe(key);
  expect(resourceOf(key!)).toMatchObject({ DeletionPolicy: 'Retain', Properties: { EnableKeyRotation: true, Description: 'Encrypts it' } });
});

test.each<[string, Encryption, kms.IKey | undefined]>([
  ['with the key of the service', Encryption.serviceManaged(), undefined],
  ['with a key that was specified', Encryption.customerManaged(given), given],
])('no key is created %s', (_, encryption, key) => {
  const scope = newStack();
  expect(encryption._key(scope, 'TheKey', NEW_KEY)).toBe(key);
  expect(scope.node.children).toEqual([]);
});

test('a key that does not fit is refused, in the words of the service', () => {
  const scope = new Stack(new App(), 'Stack', { env: { account: '111122223333', region: 'eu-west-1' } });
  const key = kms.Key.fromKeyArn(scope, 'Key', 'arn:aws:kms:us-east-1:111122223333:alias/aws/kinesis');
  expect(Encryption.customerManaged(key)._check(scope, { service: 'Kinesis', what: 'stream' })).toMatchObject([
    { prop: 'key', got: 'a key in Region us-east-1', allowed: 'a key in Region eu-west-1, where the stream is', fix: expect.stringContaining('Kinesis') },
    { prop: 'key', got: 'alias/aws/kinesis', allowed: 'a customer key', fix: expect.stringContaining('Encryption.serviceManaged()') },
  ]);
});

test.each([Encryption.serviceManaged(), Encryption.customerManaged(), Encryption.customerManaged(given)])('nothing is wrong with the others (%#)', encryption => {
  expect(encryption._check(stack, { service: 'SQS', what: 'queue' })).toEqual([]);
});
