import { Stack } from 'aws-cdk-lib';
import { isWithoutArn } from './policies';
import type { World } from './world';
import { ResolvedTemplate, resolveAll } from '../../support/resolver';
import { Json } from '../../support/written';

/** A service that the user let send to a queue or topic in the name of a source. */
export interface Pair {
  readonly service: string;
  readonly arn: string;
  readonly account: string;
}

/** A stack as the assembly has it, in the order of deployment. */
export interface Deployed {
  readonly stackName: string;
  readonly template: Json;
  readonly account: string;
  readonly region: string;
}

/**
 * What is wrong with an app as a whole, once every stack is deployed: what a grant leaves in the role of another stack counts.
 *
 * | would have found | invariant |
 * |---|---|
 * | merged statements of two services | each (service, source, account) that is admitted is one that was allowed, and each that was allowed is admitted |
 * | an account wildcard in a source ARN that is taken for an account | the same; and no wildcard in the account of a source beside several accounts |
 * | dead letters of a subscription in another Region than its topic | the dead letters of a subscription are in the account and Region of the subscription |
 * | a key that a property injector gives | a role that delivers to an encrypted bucket, or reads an encrypted stream, has the actions on the key |
 * | `Resource: "*"` for a key in a role elsewhere | no KMS action on every key without `kms:ViaService` or the alias |
 * | a made key that is deleted before what it encrypts | the made key of a queue whose dead letters go to a queue of somebody else is kept |
 * | the order of a user's map | a template is the same in any order of the map (test/properties/apps.test.ts) |
 * | `sns:Subscribe` for every endpoint | a statement that allows sns:Subscribe names the endpoint |
 */
export function wholeAppViolations(stacks: readonly Deployed[], world?: Pick<World, 'pairs'>): string[] {
  const resolved = resolveAll(stacks.map(({ template, ...deployed }) => ({ template, deployed })));
  const app = new App(resolved);
  const allowed = world?.pairs((scope, given) => {
    const stack = Stack.of(scope);
    return resolved.find(({ stackName }) => stackName === stack.stackName)!.resolve(stack.resolve(given));
  });
  return [
    ...app.identityStatements().flatMap(({ where, statement }) => identityViolations(statement).map(problem => `${where} ${problem}: ${JSON.stringify(statement)}`)),
    ...app.resourceStatements().flatMap(({ where, statement }) => resourceViolations(statement).map(problem => `${where} ${problem}: ${JSON.stringify(statement)}`)),
    ...app.of('AWS::SNS::Subscription').flatMap(subscriptionViolations),
    ...app.of('AWS::KinesisFirehose::DeliveryStream').flatMap(delivery => deliveryViolations(delivery, app)),
    ...app.of('AWS::SQS::Queue').flatMap(queue => keyViolations(queue, app)),
    ...[...allowed ?? []].flatMap(([receiver, pairs]) => pairViolations(app, receiver, pairs)),
  ];
}

interface Owned {
  readonly stack: ResolvedTemplate;
  readonly id: string;
}

/** All templates with names and ARNs. */
class App {
  constructor(private readonly stacks: readonly ResolvedTemplate[]) {}

  public of(type: string): Owned[] {
    return this.stacks.flatMap(stack => stack.template.Resources ? stack.idsOf(type).map(id => ({ stack, id })) : []);
  }

  public byArn(type: string, arn: string): Owned | undefined {
    return this.of(type).find(({ stack, id }) => stack.arnOf(id) === arn);
  }

  public identityStatements(role?: string): { where: string; statement: Json }[] {
    const policies = ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy'].flatMap(type => this.of(type)).map(({ stack, id }) => ({ where: `${stack.stackName}.${id}`, ...stack.propertiesOf(id) }));
    const inline = this.of('AWS::IAM::Role').flatMap(({ stack, id }) => (stack.propertiesOf(id).Policies ?? []).map((policy: Json) => ({ where: `${stack.stackName}.${id}`, ...policy, Roles: [stack.nameOf(id)] })));
    return [...policies, ...inline].filter(({ Roles = [] }) => role === undefined || Roles.includes(role))
      .flatMap(({ where, PolicyDocument }) => [PolicyDocument.Statement].flat().map((statement: Json) => ({ where, statement })));
  }

  public resourceStatements(receiver?: string): { where: string; statement: Json }[] {
    const attached = ['AWS::SQS::QueuePolicy', 'AWS::SNS::TopicPolicy', 'AWS::KMS::Key'].flatMap(type => this.of(type)).map(({ stack, id }) => ({ where: `${stack.stackName}.${id}`, ...stack.propertiesOf(id) }));
    return attached.map(({ where, PolicyDocument, KeyPolicy }) => ({ where, policy: PolicyDocument ?? KeyPolicy }))
      .flatMap(({ where, policy }) => list(policy.Statement).map((statement: Json) => ({ where, statement })))
      .filter(({ statement }) => receiver === undefined || [statement.Resource].flat().includes(receiver));
  }
}

const list = (value: Json): Json[] => value === undefined ? [] : [value].flat();
const conditionsOf = ({ Condition = {} }: Json): Record<string, Json[]> => Object.fromEntries(
  Object.values<Json>(Condition).flatMap(keys => Object.entries<Json>(keys)).map(([key, values]) => [key, list(values)]));

function identityViolations(statement: Json): string[] {
  const keys = conditionsOf(statement);
  const isOnEveryKey = list(statement.Resource).some(resource => resource === '*' || /:kms:[^:]*:[^:]*:(key\/)?\*$/.test(resource));
  const usesKeys = list(statement.Action).some(action => action.startsWith('kms:') || action === '*');
  return statement.Effect === 'Allow' && usesKeys && isOnEveryKey && !keys['kms:ViaService'] && !keys['kms:ResourceAliases'] ? ['may use every key'] : [];
}

function resourceViolations(statement: Json): string[] {
  if (statement.Effect !== 'Allow') return [];
  const keys = conditionsOf(statement);
  const found: string[] = [];
  if (list(statement.Action).includes('sns:Subscribe') && !keys['sns:Endpoint']) found.push('lets somebody subscribe any endpoint');
  const services = list(statement.Principal?.Service);
  const [arns, accounts] = [keys['aws:SourceArn'] ?? [], keys['aws:SourceAccount'] ?? []];
  if (services.length === 0 || keys['kms:EncryptionContext:aws:logs:arn']) return found;
  // EventBridge delivers what failed to a queue of the user, whose statement the CDK writes, without the account.
  const isOfCdk = services.includes('events.amazonaws.com') && /^AllowEventRule/.test(statement.Sid ?? '');
  if ((arns.length === 0 && !services.every(isWithoutArn)) || (accounts.length === 0 && !isOfCdk)) found.push('lets a service in without its source');
  const accountsIn = arns.map(arn => arn.split(':')[4] ?? '');
  // With several accounts each pair is an ARN with an account of its own.
  if (accounts.length > 1 && !accountsIn.every(account => /^\d{12}$/.test(account))) found.push('admits a source for an account that was not listed with it');
  if (accounts.some(account => !/^\d{12}$/.test(account))) found.push('has an account that is none');
  return found;
}

function subscriptionViolations({ stack, id }: Owned): string[] {
  const { Region = stack.region, RedrivePolicy, TopicArn } = stack.propertiesOf(id);
  if (!RedrivePolicy) return [];
  const [, , , region, account] = RedrivePolicy.deadLetterTargetArn.split(':');
  const found = region === Region && account === stack.account ? [] : [`has its dead letters in ${account} ${region} instead of ${stack.account} ${Region}`];
  if (TopicArn.split(':')[3] !== Region) found.push(`is in ${Region} and its topic in ${TopicArn.split(':')[3]}`);
  return found.map(problem => `${stack.stackName}.${id} ${problem}`);
}

function deliveryViolations({ stack, id }: Owned, app: App): string[] {
  const { ExtendedS3DestinationConfiguration: s3, KinesisStreamSourceConfiguration: source } = stack.propertiesOf(id);
  const may = (role: string, action: string, key: string) => app.identityStatements(role.split('/').pop()).some(({ statement }) =>
    statement.Effect === 'Allow' && list(statement.Action).includes(action) && list(statement.Resource).includes(key));
  const found: string[] = [];
  const needs = (role: string, action: string, key: Json) => {
    if (typeof key === 'string' && key.startsWith('arn:') && !may(role, action, key)) found.push(`${stack.stackName}.${id}: its role lacks ${action} on ${key}`);
  };
  for (const { BucketARN, RoleARN, EncryptionConfiguration } of [s3, s3?.S3BackupConfiguration].filter(Boolean)) {
    // A key that the delivery stream names is used in place of the default of the bucket.
    const named = EncryptionConfiguration?.KMSEncryptionConfig?.AWSKMSKeyARN;
    if (named !== undefined) {
      needs(RoleARN, 'kms:GenerateDataKey', named);
      continue;
    }
    const bucket = app.byArn('AWS::S3::Bucket', BucketARN);
    const rules = bucket ? bucket.stack.propertiesOf(bucket.id).BucketEncryption?.ServerSideEncryptionConfiguration ?? [] : [];
    rules.forEach((rule: Json) => needs(RoleARN, 'kms:GenerateDataKey', rule.ServerSideEncryptionByDefault?.KMSMasterKeyID));
  }
  const stream = source && app.byArn('AWS::Kinesis::Stream', source.KinesisStreamARN);
  if (stream) needs(source.RoleARN, 'kms:Decrypt', stream.stack.propertiesOf(stream.id).StreamEncryption?.KeyId);
  return found;
}

/** A key that is made with a queue has no other name than that of the library. */
function keyViolations({ stack, id }: Owned, app: App): string[] {
  const { KmsMasterKeyId, RedrivePolicy } = stack.propertiesOf(id);
  const key = KmsMasterKeyId && app.byArn('AWS::KMS::Key', KmsMasterKeyId);
  const target = RedrivePolicy && app.byArn('AWS::SQS::Queue', RedrivePolicy.deadLetterTargetArn);
  if (!key || !/^Encrypts the messages of /.test(key.stack.propertiesOf(key.id).Description ?? '')) return [];
  if (!RedrivePolicy || (target && target.stack.propertiesOf(target.id).KmsMasterKeyId === KmsMasterKeyId)) return [];
  const kept = key.stack.template.Resources[key.id].DeletionPolicy !== 'Delete';
  return kept ? [] : [`${stack.stackName}.${id} has dead letters that its key is deleted before`];
}

/** What the policy of a queue admits against what was listed. */
function pairViolations(app: App, receiver: string, pairs: readonly Pair[]): string[] {
  const admitted = app.resourceStatements(receiver).filter(({ statement }) => statement.Effect === 'Allow').flatMap(({ statement }) => admittedBy(statement));
  const text = ({ service, arn, account }: Pair) => `${service} for ${arn} of ${account}`;
  const [listed, found] = [new Set(pairs.map(text)), new Set(admitted.map(text))];
  return [
    ...[...listed].filter(one => !found.has(one)).map(one => `${receiver} refuses ${one}`),
    ...[...found].filter(one => !listed.has(one)).map(one => `${receiver} admits ${one}, which nobody allowed`),
  ];
}

/** Every service with every source and every account that the source can be of. */
export function admittedBy(statement: Json): Pair[] {
  const keys = conditionsOf(statement);
  const pairs = list(statement.Principal?.Service).flatMap(service => (keys['aws:SourceArn'] ?? ['*']).flatMap(arn => (keys['aws:SourceAccount'] ?? ['*']).map(account => ({ service, arn, account }))));
  return pairs.filter(({ arn, account }) => !/^\d{12}$/.test(arn.split(':')[4] ?? '') || arn.split(':')[4] === account);
}
