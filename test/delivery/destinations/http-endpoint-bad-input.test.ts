import { App, Duration, Size, Stack, StackProps, Stage, Token } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { EndpointProps, HERE, THEIRS, endpoint, functionIn, stackHere, streamTo } from './support';
import { DeliveryLogging, HttpEndpointBackup } from '../../../src/delivery';
import { problemsOf, readError } from '../../support/problems';
import { errorOf } from '../../support/template';

const problems = (props: EndpointProps, stack: Stack = stackHere()) => problemsOf(() => streamTo(stack, props));
const fails = (props: EndpointProps, prop: string, allowed: string, stack?: Stack) =>
  expect(problems(props, stack)).toEqual([expect.objectContaining({ prop, allowed })]);

const seconds = (value: number) => Duration.seconds(value);
const attributes = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`name${index}`, 'value']));
const RETRY = '0 seconds to 2 hours (inclusive), in whole seconds';
const INTERVAL = '0 seconds to 15 minutes (inclusive), in whole seconds';
const SIZE = '1 MiB to 64 MiB (inclusive), in whole MiB';

describe('the edges of each range', () => {
  test.each<[string, EndpointProps, string, string]>([
    ['an empty URL', { url: '' }, 'url', '1 to 1000 characters (inclusive)'],
    ['a URL of 1,001 characters', { url: `https://${'x'.repeat(993)}` }, 'url', '1 to 1000 characters (inclusive)'],
    ['an empty name', { name: '' }, 'name', '1 to 256 characters (inclusive)'],
    ['a name of 257 characters', { name: 'x'.repeat(257) }, 'name', '1 to 256 characters (inclusive)'],
    ['a blank name', { name: '  ' }, 'name', 'a string that is not empty'],
    ['a retry of 7,201 seconds', { retryDuration: seconds(7201) }, 'retryDuration', RETRY],
    ['a retry of half seconds', { retryDuration: Duration.millis(1500) }, 'retryDuration', RETRY],
    ['an interval of 901 seconds', { buffering: { interval: seconds(901) } }, 'buffering.interval', INTERVAL],
    ['a size below 1 MiB', { buffering: { size: Size.kibibytes(1023) } }, 'buffering.size', SIZE],
    ['a size of 65 MiB', { buffering: { size: Size.mebibytes(65) } }, 'buffering.size', SIZE],
    ['a size that is not whole', { buffering: { size: Size.kibibytes(1536) } }, 'buffering.size', SIZE],
    ['51 attributes', { commonAttributes: attributes(51) }, 'commonAttributes', '0 to 50 items (inclusive)'],
    ['an attribute without a name', { commonAttributes: { '': 'x' } }, 'commonAttributes', '1 to 256 characters (inclusive)'],
    ['an attribute with a blank name', { commonAttributes: { ' ': 'x' } }, 'commonAttributes', 'a string that is not empty'],
    ['an attribute with a name of 257 characters', { commonAttributes: { ['x'.repeat(257)]: '' } }, 'commonAttributes', '1 to 256 characters (inclusive)'],
    ['a value of 1,025 characters', { commonAttributes: { site: 'x'.repeat(1025) } }, 'commonAttributes', '0 to 1024 characters (inclusive)'],
    ['a backup interval of 59 seconds', { backup: HttpEndpointBackup.failedRecords({ buffering: { interval: seconds(59) } }) }, 'backup.buffering.interval', '1 minute to 15 minutes (inclusive), in whole seconds'],
    ['a backup of 129 MiB', { backup: HttpEndpointBackup.allRecords({ buffering: { size: Size.mebibytes(129) } }) }, 'backup.buffering.size', '1 MiB to 128 MiB (inclusive), in whole MiB'],
  ])('beyond: %s', (_, props, prop, allowed) => fails(props, prop, allowed));

  test.each<[string, EndpointProps]>([
    ['a URL of 1,000 characters', { url: `https://${'x'.repeat(992)}` }],
    ['a name of 1 character', { name: 'x' }],
    ['a name of 256 characters', { name: 'x'.repeat(256) }],
    ['a retry of 7,200 seconds', { retryDuration: seconds(7200) }],
    ['an interval of 900 seconds', { buffering: { interval: seconds(900) } }],
    ['an interval of 0 seconds', { buffering: { interval: seconds(0) } }],
    ['a size of 1 MiB', { buffering: { size: Size.mebibytes(1) } }],
    ['a size of 64 MiB', { buffering: { size: Size.mebibytes(64) } }],
    ['50 attributes', { commonAttributes: attributes(50) }],
    ['the longest attribute', { commonAttributes: { ['x'.repeat(256)]: 'x'.repeat(1024) } }],
    ['a backup interval of 60 seconds', { backup: HttpEndpointBackup.failedRecords({ buffering: { interval: seconds(60) } }) }],
  ])('within: %s', (_, props) => {
    expect(() => endpoint(props)).not.toThrow();
  });

  test.each<[string, EndpointProps, string]>([
    ['retryDuration', { retryDuration: Duration.minutes(Token.asNumber({ Ref: 'Minutes' })) }, 'retryDuration'],
    ['buffering.interval', { buffering: { interval: Duration.minutes(Token.asNumber({ Ref: 'Minutes' })) } }, 'buffering.interval'],
    ['buffering.size', { buffering: { size: Size.kibibytes(Token.asNumber({ Ref: 'Kibibytes' })) } }, 'buffering.size'],
  ])('a token in a unit that cannot be converted: %s', (_, props, prop) => {
    expect(problems(props)).toEqual([expect.objectContaining({ prop })]);
  });
});

describe('the URL', () => {
  const HTTPS = 'a URL that begins with https://, on port 443';
  const token = Token.asString({ Ref: 'Host' });

  test.each([
    'http://example.com/', 'HTTPS://example.com/', 'example.com', 'https://', 'https:///path', 'https://example.com:8443/', 'https://example.com:80', 'https://example.com:/',
    'https://example.com/a path', 'ftp://example.com', ' https://example.com', `http://${token}/`, `https://${token}:8443/`, `https://example.com:8443/${token}`,
  ])('refused: %s', url => fails({ url }, 'url', HTTPS));

  test.each([
    'https://example.com', 'https://example.com/', 'https://example.com:443', 'https://example.com:443/path?key=value#part', 'https://example.com?key=a:b',
    'https://user:secret@example.com/', token, `${token}/path`, `https://${token}`, `https://${token}:443/`, `https://example.com:${token}/`, `https://a.${token}/x:8443`,
  ])('taken: %s', url => {
    expect(() => endpoint({ url })).not.toThrow();
  });
});

describe('the secret', () => {
  const ARN = (region: string, account: string) => `arn:aws:secretsmanager:${region}:${account}:secret:collector-a1b2c3`;
  const KEY = `arn:aws:kms:eu-west-1:${THEIRS}:key/11111111-2222-4333-8444-555555555555`;

  test('in another Region', () => {
    const stack = stackHere();
    fails({ accessKey: secretsmanager.Secret.fromSecretCompleteArn(stack, 'AccessKey', ARN('us-east-1', HERE.account)) }, 'accessKey', 'a secret in Region eu-west-1, where the Firehose stream is', stack);
  });

  test('of another account, by an ARN that is not complete', () => {
    const stack = stackHere();
    const accessKey = secretsmanager.Secret.fromSecretPartialArn(stack, 'AccessKey', `arn:aws:secretsmanager:eu-west-1:${THEIRS}:secret:collector`);
    expect(problems({ accessKey }, stack).map(({ prop }) => prop)).toEqual(['accessKey', 'accessKey.encryptionKey']);
  });

  test('of another account, without its customer key', () => {
    const stack = stackHere();
    fails({ accessKey: secretsmanager.Secret.fromSecretCompleteArn(stack, 'AccessKey', ARN('eu-west-1', THEIRS)) }, 'accessKey.encryptionKey', 'a customer key, for a secret of another account', stack);
  });

  test('of a stack of this app in another account', () => {
    const stack = stackHere();
    const theirs = new Stack(stack.node.root, 'Theirs', { env: { ...HERE, account: THEIRS } });
    fails({ accessKey: new secretsmanager.Secret(theirs, 'AccessKey', { secretName: 'collector' }) }, 'accessKey', 'there, a secret imported by its complete ARN', stack);
  });

  test('of another stage', () => {
    const stack = stackHere();
    const theirs = new Stack(new Stage(stack.node.root, 'Other'), 'Theirs', { env: HERE });
    fails({ accessKey: new secretsmanager.Secret(theirs, 'AccessKey') }, 'accessKey', 'there, a secret imported by its complete ARN', stack);
  });

  test.each<[string, StackProps, StackProps]>([
    ['the stream', {}, { env: HERE }], ['the secret', { env: HERE }, {}], ['the account of both', {}, { env: { region: HERE.region } }],
  ])('without a name, if the environment of %s is only known at deployment', (_, env, theirEnv) => {
    const app = new App();
    const stack = new Stack(app, 'Stack', env);
    fails({ accessKey: new secretsmanager.Secret(new Stack(app, 'Theirs', theirEnv), 'AccessKey') }, 'accessKey', 'there, a secret with a name', stack);
  });

  test('with a key of another Region', () => {
    const stack = stackHere();
    const accessKey = secretsmanager.Secret.fromSecretAttributes(stack, 'AccessKey', {
      secretCompleteArn: ARN('eu-west-1', HERE.account), encryptionKey: kms.Key.fromKeyArn(stack, 'Key', KEY.replace('eu-west-1', 'us-east-1')),
    });
    fails({ accessKey }, 'accessKey.encryptionKey', 'a key in Region eu-west-1, where the secret is', stack);
  });

  test('with an alias of which only the name is known', () => {
    const stack = stackHere();
    const accessKey = secretsmanager.Secret.fromSecretAttributes(stack, 'AccessKey', {
      secretCompleteArn: ARN('eu-west-1', HERE.account), encryptionKey: kms.Alias.fromAliasName(stack, 'Key', 'alias/collector'),
    });
    fails({ accessKey }, 'accessKey.encryptionKey', 'a key, or an alias of a key that is known', stack);
  });
});

describe('what the endpoint is made of is checked under its prop', () => {
  test('the backup', () => {
    const backup = HttpEndpointBackup.allRecords({ prefix: '!{firehose:error-output-type}/', errorOutputPrefix: 'x'.repeat(1025) });
    expect(problems({ backup }).map(({ prop }) => prop)).toEqual(expect.arrayContaining(['backup.prefix', 'backup.errorOutputPrefix']));
  });

  test('the transform', () => {
    const stack = stackHere();
    const handler: lambda.IFunction = functionIn(stack);
    const given = problems({ transform: { handler, retries: -1, buffering: { size: Size.mebibytes(4) } } }, stack);
    expect(given.map(({ prop }) => prop)).toEqual(['transform.retries', 'transform.buffering.size']);
  });

  test('the logging', () => {
    const stack = stackHere();
    const logGroup = logs.LogGroup.fromLogGroupArn(stack, 'Errors', `arn:aws:logs:eu-west-1:${THEIRS}:log-group:errors`);
    expect(problems({ logging: DeliveryLogging.existing(logGroup) }, stack).map(({ prop }) => prop)).toEqual(['logging.logGroup']);
    expect(problems({ logging: DeliveryLogging.none('') }).map(({ prop }) => prop)).toEqual(['logging.reason']);
  });
});

test('all problems at once, of the stream, of which nothing is left behind', () => {
  const stack = stackHere();
  const { construct, path, problems: all } = readError(errorOf(() => streamTo(stack, { url: 'http://example.com', name: '', retryDuration: seconds(7201) })));
  expect([construct, path]).toEqual(['HttpEndpointDestination', 'Stack/Clicks']);
  expect(all.map(({ prop }) => prop)).toEqual(['url', 'name', 'retryDuration']);
  expect(stack.node.tryFindChild('Clicks')).toBeUndefined();
});
