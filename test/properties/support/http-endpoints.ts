import { ArnFormat, RemovalPolicy } from 'aws-cdk-lib';
import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import * as fc from 'fast-check';
import { functionOf, keys } from './existing';
import { Field, bounded, either, leaf, map, nothing, oneOf, struct, textTokens, value } from './values';
import { ACCOUNT, OTHER_ACCOUNT } from './world';
import { Encryption } from '../../../src/access';
import { DeliveryBucket, DeliveryLogging, HttpContentEncoding, HttpEndpointBackup } from '../../../src/delivery';
import { BACKUP_BUFFERING, TRANSFORM, TRANSFORM_BUFFERING } from '../../../src/delivery/private/delivery-bounds';
import { HTTP_ENDPOINT, HTTP_ENDPOINT_BUFFERING } from '../../../src/delivery/private/http-endpoint-bounds';

const texts = (...all: string[]) => oneOf(...all.map(text => value(`'${text.length > 60 ? `${text.length} characters` : text}'`, () => text)));

const url = leaf('url',
  fc.oneof(
    texts('https://example.com', 'https://example.com:443/path?key=value', `https://${'x'.repeat(992)}`), textTokens('https://example.com/'),
    oneOf(value('https://${token}/', world => `https://${world.lazyText('example.com')}/`)),
  ),
  texts('', 'http://example.com', 'example.com', 'https://', 'https://example.com:8443', 'https://example.com/a path', `https://${'x'.repeat(993)}`));

const name = leaf('name', fc.oneof(texts('x', 'collector', 'x'.repeat(256)), textTokens('collector'), nothing), texts('', ' ', 'x'.repeat(257)));

const attributes = (count: number) => Object.fromEntries([...Array(count).keys()].map(index => [`name${index}`, 'value']));
const commonAttributes = leaf('commonAttributes',
  oneOf(
    value('{}', () => ({})), value("{ site: 'shop', empty: '' }", () => ({ site: 'shop', empty: '' })), value('50 attributes', () => attributes(50)),
    value('the longest', () => ({ ['x'.repeat(256)]: 'x'.repeat(1024) })), value('Lazy', world => ({ site: world.lazyText('shop') })), value('undefined', () => undefined),
  ),
  oneOf(
    value('51 attributes', () => attributes(51)), value("{ '': 'x' }", () => ({ '': 'x' })), value("{ ' ': 'x' }", () => ({ ' ': 'x' })),
    value('a name of 257 characters', () => ({ ['x'.repeat(257)]: 'x' })), value('a value of 1,025 characters', () => ({ site: 'x'.repeat(1025) })),
  ));

const secretArn = (region: string, account: string) => `arn:aws:secretsmanager:${region}:${account}:secret:collector-a1b2c3`;
const accessKey = leaf('accessKey', fc.oneof(
  oneOf(
    value('a secret', world => world.make('base', (scope, id) => new secretsmanager.Secret(scope, id))),
    value('a secret with a key', world => world.make('base', (scope, id) => new secretsmanager.Secret(scope, id, { encryptionKey: world.once('key', 'base', (inner, given) => new kms.Key(inner, given)) }))),
    value('a secret by its name', world => world.make('current', (scope, id) => secretsmanager.Secret.fromSecretNameV2(scope, id, 'collector'))),
    value('a secret of another account', world => world.make('current', (scope, id) => secretsmanager.Secret.fromSecretAttributes(scope, id, {
      secretCompleteArn: world.current.formatArn({ service: 'secretsmanager', resource: 'secret', resourceName: 'collector-a1b2c3', account: OTHER_ACCOUNT, arnFormat: ArnFormat.COLON_RESOURCE_NAME }),
      encryptionKey: kms.Key.fromKeyArn(scope, `${id}Key`, world.current.formatArn({ service: 'kms', resource: 'key/11111111-2222-4333-8444-555555555555', account: OTHER_ACCOUNT })),
    }))),
  ),
  nothing,
), oneOf(value('a secret with a key by the name of its alias', world => world.make('current', (scope, id) => secretsmanager.Secret.fromSecretAttributes(scope, id, {
  secretCompleteArn: secretArn('eu-west-1', ACCOUNT), encryptionKey: kms.Alias.fromAliasName(scope, `${id}Alias`, 'alias/theirs'),
})))), oneOf(value('a secret of another Region', world => world.make('current', (scope, id) => secretsmanager.Secret.fromSecretCompleteArn(scope, id, secretArn('eu-north-1', ACCOUNT))))));

const backupOptions = {
  bucket: leaf('backup.bucket', oneOf(
    value('DeliveryBucket.create()', () => DeliveryBucket.create()),
    value('DeliveryBucket.create(with a key)', () => DeliveryBucket.create({ encryption: Encryption.customerManaged() })),
    value('DeliveryBucket.existing(a bucket)', world => DeliveryBucket.existing(world.make('base', (scope, id) => new s3.Bucket(scope, id, { enforceSSL: true })))),
  )),
  errorOutputPrefix: leaf('backup.errorOutputPrefix', fc.oneof(texts('failed/', 'failed/!{firehose:error-output-type}/!{timestamp:yyyy}/'), nothing), texts('!{timestamp:yyyy}/', 'x'.repeat(1025))),
  buffering: struct({ interval: bounded('backup.buffering.interval', BACKUP_BUFFERING.interval), size: bounded('backup.buffering.size', BACKUP_BUFFERING.size) }),
  compression: leaf('backup.compression', oneOf(value('ZIP', () => firehose.Compression.ZIP), value('undefined', () => undefined))),
};
const prefix = leaf('backup.prefix', fc.oneof(texts('', 'all/', '!{timestamp:yyyy-MM-dd}/'), nothing), texts('!{firehose:error-output-type}/', '!{nothing:x}/', 'x'.repeat(513)));

const backup: Field = either(
  map(struct(backupOptions), 'HttpEndpointBackup.failedRecords', given => HttpEndpointBackup.failedRecords(given)),
  map(struct({ ...backupOptions, prefix }), 'HttpEndpointBackup.allRecords', given => HttpEndpointBackup.allRecords(given)),
);

const logging: Field = either(
  leaf('logging', oneOf(value('DeliveryLogging.create()', () => DeliveryLogging.create()), value('undefined', () => undefined))),
  map(leaf('logging.reason', texts('watched by metrics'), texts('', ' ')), 'DeliveryLogging.none', reason => DeliveryLogging.none(reason)),
);

/** An HTTP endpoint as the destination of a stream. */
export const httpEndpointProps: Field = struct({
  url,
  name,
  commonAttributes,
  accessKey,
  backup,
  logging,
  buffering: struct({ interval: bounded('buffering.interval', HTTP_ENDPOINT_BUFFERING.interval), size: bounded('buffering.size', HTTP_ENDPOINT_BUFFERING.size) }),
  retryDuration: bounded('retryDuration', HTTP_ENDPOINT.retryDuration),
  contentEncoding: leaf('contentEncoding', oneOf(value('GZIP', () => HttpContentEncoding.GZIP), value('NONE', () => HttpContentEncoding.NONE), value('undefined', () => undefined))),
  transform: struct({
    handler: leaf('transform.handler', oneOf(value('a function', world => world.make('base', (scope, id) => functionOf(scope, id))))),
    buffering: struct({ interval: bounded('transform.buffering.interval', TRANSFORM_BUFFERING.interval), size: bounded('transform.buffering.size', TRANSFORM_BUFFERING.size) }),
    retries: bounded('transform.retries', TRANSFORM.retries),
  }, ['handler']),
}, ['url']);

const encryption: Field = either(
  leaf('encryption', oneOf(
    value('serviceManaged()', () => Encryption.serviceManaged()), value('customerManaged()', () => Encryption.customerManaged()), value('undefined', () => undefined),
  )),
  map(leaf('encryption.key', oneOf(...keys.slice(0, 3)), oneOf(...keys.slice(4))), 'Encryption.customerManaged', key => Encryption.customerManaged(key)),
);

/** Direct put as the source of a stream. */
export const directPutProps: Field = struct({
  encryption,
  removalPolicy: leaf('removalPolicy',
    oneOf(...[RemovalPolicy.DESTROY, RemovalPolicy.RETAIN, RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE].map(policy => value(`'${policy}'`, () => policy))),
    oneOf(value("'snapshot'", () => RemovalPolicy.SNAPSHOT))),
});
