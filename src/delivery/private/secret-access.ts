import { Aws, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { addToPolicy, warnOfMissing } from './cross-account';
import { Who } from './permissions';
import { viaService } from '../../private/via-service';
import { renderPolicy, warn } from '../../private/warnings';

/** Allows Firehose to read a secret, and to use its customer key for that secret through Secrets Manager. */
export function readSecret(scope: Construct, secret: secretsmanager.ISecret): iam.PolicyStatement[] {
  return [
    new iam.PolicyStatement({ sid: 'ReadSecret', actions: ['secretsmanager:GetSecretValue'], resources: [completeArn(scope, secret)] }),
    ...(secret.encryptionKey ? [decryptSecret(scope, secret, secret.encryptionKey.keyArn)] : []),
  ];
}

function decryptSecret(scope: Construct, secret: secretsmanager.ISecret, keyArn: string): iam.PolicyStatement {
  return new iam.PolicyStatement({
    sid: 'DecryptSecret', actions: ['kms:Decrypt'], resources: [keyArn], conditions: keyConditions(secret, completeArn(scope, secret)),
  });
}

/** https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html */
function keyConditions(secret: secretsmanager.ISecret, secretArn: string): Record<string, Record<string, unknown>> {
  return {
    StringEquals: { 'kms:ViaService': viaService('secretsmanager', secret.env.region) },
    StringLike: { 'kms:EncryptionContext:SecretARN': secretArn },
  };
}

/**
 * Secrets Manager adds a hyphen and six characters to the name of a secret. They are not known for a secret that is imported by its name, and for a
 * secret of this app in a stack with another environment, to which the CDK refers by its name. Of such stacks, one has an account or Region that is not known.
 */
function completeArn(scope: Construct, secret: secretsmanager.ISecret): string {
  const isReferredToByName = isOfThisApp(secret) && Stack.of(secret).environment !== Stack.of(scope).environment;
  return (isReferredToByName ? undefined : secret.secretFullArn) ?? `${secret.secretArn}-??????`;
}

/** Whether a secret is created in this app, not imported. */
export function isOfThisApp(secret: secretsmanager.ISecret): boolean {
  return secretsmanager.CfnSecret.isCfnSecret(secret.node.defaultChild);
}

/** What the owners of the secret and of its key have to allow in other accounts: added where it can be, said where it cannot. */
export function allowSecret(scope: Construct, role: iam.Role, secret: secretsmanager.ISecret): void {
  // A secret of this app is in the same account: httpEndpointProblems() refuses others.
  const missing = addToPolicy(scope, role, isOfThisApp(secret) ? undefined : secret,
    who => [new iam.PolicyStatement({ ...who, actions: ['secretsmanager:GetSecretValue'], resources: ['*'] })]);
  const missingOnKey = addToPolicy(scope, role, secret.encryptionKey, who => [keyPolicyStatement(scope, secret, who)]);
  warnOfMissing(scope, 'HttpEndpointDestination.secretPolicy', 'The secret of the access key', missing);
  warnOfMissing(scope, 'HttpEndpointDestination.secretKeyPolicy', 'The key of the secret of the access key', missingOnKey);
  warnOfUnknownKey(scope, secret);
}

function keyPolicyStatement(scope: Construct, secret: secretsmanager.ISecret, who: Who): iam.PolicyStatement {
  const { account, region } = secret.env;
  // A secret of this app refers to its key: a reference back would close a circle.
  const secretArn = isOfThisApp(secret) ? `arn:${Aws.PARTITION}:secretsmanager:${region}:${account}:secret:*` : completeArn(scope, secret);
  const { StringEquals, StringLike } = keyConditions(secret, secretArn);
  return new iam.PolicyStatement({
    principals: who.principals, actions: ['kms:Decrypt'], resources: ['*'], conditions: { ...who.conditions, StringEquals, StringLike },
  });
}

/** Says what the role would need where nobody knows whether there is a key. */
function warnOfUnknownKey(scope: Construct, secret: secretsmanager.ISecret): void {
  if (secret.encryptionKey || isOfThisApp(secret)) return;
  warn(scope, 'HttpEndpointDestination.secretKey',
    'It is not known whether the imported secret of the access key is encrypted with a customer key. If it is, Firehose cannot read it: import it with '
    + 'secretsmanager.Secret.fromSecretAttributes() and encryptionKey, or add this to the role:\n'
    + renderPolicy(scope, decryptSecret(scope, secret, '<ARN of the key>').toStatementJson()));
}

/** What is not the scope's own, and may be in another account: its policies have to name the role. */
export function secretParts(secret: secretsmanager.ISecret | undefined): (secretsmanager.ISecret | kms.IKey)[] {
  return secret ? [secret, ...(secret.encryptionKey ? [secret.encryptionKey] : [])] : [];
}
