import { Stack, Stage, Token } from 'aws-cdk-lib';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { BACKUP_BUFFERING } from './delivery-bounds';
import { checkExistingKey } from './delivery-keys';
import { COMMON_ATTRIBUTES, HTTP_ENDPOINT, HTTP_ENDPOINT_BUFFERING } from './http-endpoint-bounds';
import { DEFAULT_BACKUP_PREFIX, DEFAULT_ERROR_PREFIX, checkPrefixes } from './prefixes';
import { checkSameStage } from './reachable';
import { checkTransform } from './s3-checks';
import { isOfThisApp } from './secret-access';
import { checkBounds } from '../../private/bounds';
import { describe } from '../../private/describe';
import { apart, canRefer, placeOf, placeProblems } from '../../private/environment';
import { Problem, at, blankProblems, unless } from '../../private/problems';
import { Buffering } from '../buffering';
import { HttpEndpointBackup } from '../destinations/http-endpoint-backup';
import { HttpEndpointDestinationProps } from '../destinations/http-endpoint-destination';

/** What is wrong with an HTTP endpoint, before anything is created for it. */
export function httpEndpointProblems(scope: Construct, props: HttpEndpointDestinationProps): Problem[] {
  const { accessKey, backup, buffering, commonAttributes, logging, name, transform, url } = props;
  return [
    ...urlProblems(url),
    // An empty one is too short.
    ...(name === '' ? [] : blankProblems('name', name, 'Specify a name, or omit it.')),
    ...checkBounds<HttpEndpointDestinationProps>(HTTP_ENDPOINT, props),
    ...at('accessKey', accessKey ? secretProblems(scope, accessKey) : []),
    ...at('buffering', checkBounds<Buffering>(HTTP_ENDPOINT_BUFFERING, buffering ?? {})),
    ...at('commonAttributes', attributeProblems(commonAttributes ?? {})),
    ...at('backup', backup ? backupProblems(scope, backup) : []),
    ...at('transform', transform ? checkTransform(scope, transform) : []),
    ...at('logging', logging?._check(scope) ?? []),
  ];
}

/** With `token` in place of each token, which stands for any characters but those that separate the parts of a URL. */
const HTTPS_ON_443 = /^https:\/\/([^\s/?#@]+@)?[^\s/?#:@]+(:(443|token))?([/?#]\S*)?$/;

/** https://docs.aws.amazon.com/firehose/latest/dev/httpdeliveryrequestresponse.html */
function urlProblems(url: string): Problem[] {
  const literal = url.replace(/\$\{Token\[[^\]]*\]\}/g, 'token');
  // One that begins with a token may begin with anything.
  const isUnknown = Token.isUnresolved(url) && literal.startsWith('token');
  return unless(isUnknown || url === '' || HTTPS_ON_443.test(literal), () => ({
    prop: 'url', got: describe(literal), allowed: 'a URL that begins with https://, on port 443', fix: 'Firehose delivers over HTTPS and to port 443 only: specify such a URL, without spaces.',
  }));
}

function attributeProblems(attributes: { readonly [name: string]: string }): Problem[] {
  const entries = Object.entries(attributes);
  return [
    ...COMMON_ATTRIBUTES.attributes.check('', entries),
    ...entries.flatMap(([name, value]) => [
      ...(name === '' ? [] : blankProblems('', name, 'Specify a name for the attribute.')),
      ...COMMON_ATTRIBUTES.name.check('', name),
      ...COMMON_ATTRIBUTES.value.check('', value).map(problem => ({ ...problem, got: `${problem.got} as ${describe(name)}` })),
    ]),
  ];
}

function backupProblems(scope: Construct, { _options, s3BackupMode }: HttpEndpointBackup): Problem[] {
  const { bucket, buffering, errorOutputPrefix, prefix } = _options;
  return [
    ...at('bucket', bucket?._check(scope) ?? []),
    ...at('buffering', checkBounds<Buffering>(BACKUP_BUFFERING, buffering ?? {})),
    ...checkPrefixes(scope, {
      prefix: s3BackupMode === 'AllData' ? prefix ?? DEFAULT_BACKUP_PREFIX : '',
      errorOutputPrefix: errorOutputPrefix ?? DEFAULT_ERROR_PREFIX,
      partitioningAllowed: false,
    }),
  ];
}

/** https://docs.aws.amazon.com/firehose/latest/APIReference/API_SecretsManagerConfiguration.html */
function secretProblems(scope: Construct, secret: secretsmanager.ISecret): Problem[] {
  const key = secret.encryptionKey;
  const knownApart = apart(secret.env, placeOf(scope));
  const isElsewhere = knownApart.includes('account');
  const isOwned = isOfThisApp(secret);
  return [
    ...placeProblems('secret', secret.env, { ...placeOf(scope), only: 'region', because: 'where the Firehose stream is' },
      'Firehose reads secrets of its own Region only: replicate the secret there, and import the replica.'),
    // In another account the CDK names the secret without the six characters that Secrets Manager adds: no policy would match it.
    ...unless(!isElsewhere || (!isOwned && secret.secretFullArn !== undefined), () => ({
      prop: '',
      got: 'a secret of another account whose complete ARN is not known',
      allowed: 'there, a secret imported by its complete ARN',
      fix: 'Import it with secretsmanager.Secret.fromSecretAttributes(), its secretCompleteArn and its encryptionKey.',
    })),
    // An account or Region that is only known at deployment can be the same, and the CDK refers to the secret by its name.
    ...unless(knownApart.length > 0 || canRefer(Stack.of(scope), secret, secret.secretArn), () => ({
      prop: '',
      got: 'a secret of a stack with another environment, whose name is only known at deployment',
      allowed: 'there, a secret with a name',
      fix: 'Specify a secretName for the secret, or specify the account and Region of both stacks, or of none.',
    })),
    ...unless(!isOwned || Stage.of(secret) === Stage.of(scope), () => ({
      prop: '',
      got: 'a secret of another stage, whose ARN is only known at deployment',
      allowed: 'there, a secret imported by its complete ARN',
      fix: 'Import it with secretsmanager.Secret.fromSecretAttributes(), its secretCompleteArn and its encryptionKey.',
    })),
    // https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_examples_cross.html
    ...unless(!isElsewhere || isOwned || key !== undefined, () => ({
      prop: 'encryptionKey',
      got: 'nothing',
      allowed: 'a customer key, for a secret of another account',
      fix: 'Nobody can share aws/secretsmanager with another account: encrypt the secret with a customer key, and import it with that as encryptionKey.',
    })),
    ...at('encryptionKey', key ? [...checkExistingKey(key, secret.env, 'secret'), ...checkSameStage(scope, key)] : []),
  ];
}
