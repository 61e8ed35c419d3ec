import type { Resource, Resources } from './invariants';
import { Json } from '../../support/written';

/** The resource policies of an app and what they have to keep. */
export class Policies {
  private readonly queuePolicies: [Resource, Resource[]][];

  constructor(private readonly app: Resources) {
    this.queuePolicies = app.of('AWS::SQS::QueuePolicy').map(policy => [
      policy, policy.properties.Queues.map((queue: Json) => this.app.resolve(policy.stack, queue)),
    ]);
  }

  public violations(): string[] {
    const found: string[] = [];
    for (const queue of this.app.of('AWS::SQS::Queue')) {
      const own = this.queuePolicies.filter(([, queues]) => queues.includes(queue));
      if (own.length > 1) found.push(`${queue.id} has ${own.length} policies, of which the last alone holds`);
      // What the library lets a service send, and not what is granted to one on purpose; of buckets there is one for each account.
      const services = own.flatMap(([policy]) => statementsOf(policy))
        .filter(({ Action, Principal }) => Action === 'sqs:SendMessage' && Principal?.Service !== undefined)
        .map(({ Principal, Condition }) => JSON.stringify([Principal.Service, /^"?s3/.test(JSON.stringify(Principal.Service)) ? Condition.StringEquals : '']));
      if (new Set(services).size < services.length) found.push(`${queue.id} has two statements for one service`);
    }
    for (const resource of this.resourcesWithPolicies()) {
      const statements = statementsOf(resource);
      if (resource.type === 'AWS::SQS::QueuePolicy' && statements.length > 20) found.push(`${resource.id} has ${statements.length} statements`);
      for (const statement of statements.filter(one => !this.isDeadLetterStatementOfCdk(resource, one))) found.push(...statementViolations(statement).map(problem => `${resource.id} ${problem}: ${JSON.stringify(statement)}`));
    }
    for (const role of this.app.of('AWS::IAM::Role')) {
      for (const statement of role.properties.AssumeRolePolicyDocument.Statement) {
        if (statement.Principal?.Service === 'firehose.amazonaws.com' && statement.Condition?.StringEquals?.['sts:ExternalId'] === undefined) {
          found.push(`${role.id} can be assumed by Firehose for any account`);
        }
        if (isEveryone(statement)) found.push(`${role.id} can be assumed by everyone`);
      }
    }
    return found;
  }

  /** The policy of a queue. */
  public of(queue: Resource): Resource | undefined {
    return this.queuePolicies.find(([, queues]) => queues.includes(queue))?.[0];
  }

  public isTlsOnly(queue: Resource): boolean {
    const policy = this.of(queue);
    return policy !== undefined && statementsOf(policy).some(statement => statement.Effect === 'Deny' && statement.Principal?.AWS === '*'
      && statement.Action === 'sqs:*' && statement.Condition?.Bool?.['aws:SecureTransport'] === 'false');
  }

  /** Whether a queue accepts messages that a service brings for a source. */
  public allows(queue: Resource, service: string, source: Json, stack: string): boolean {
    const policy = this.of(queue);
    const origin = this.app.resolve(stack, source);
    if (!policy) return false;
    const isSource = (arn: Json) => origin ? this.app.resolve(policy.stack, arn) === origin : JSON.stringify(arn) === JSON.stringify(source);
    return statementsOf(policy).some(statement => statement.Effect === 'Allow' && startsWith(statement.Principal?.Service, service)
      && [statement.Condition?.ArnLike?.['aws:SourceArn'] ?? []].flat().some(isSource));
  }

  /** Whether the policy of a key lets a service do all of these. */
  public lets(key: Resource, service: string, actions: string[]): boolean {
    return statementsOf(key).some(statement => statement.Effect === 'Allow' && startsWith(statement.Principal?.Service, service)
      && actions.every(action => [statement.Action].flat().includes(action)));
  }

  /** What a target of the CDK adds to a queue of the user for the events that cannot be delivered: it names the rule, without the account. */
  private isDeadLetterStatementOfCdk(policy: Resource, statement: Json): boolean {
    const queues = this.queuePolicies.find(([one]) => one === policy)?.[1] ?? [];
    return /^AllowEventRule/.test(statement.Sid ?? '') && !queues.some(queue => this.app.queuesOfOurs().includes(queue));
  }

  private resourcesWithPolicies(): Resource[] {
    return ['AWS::SQS::QueuePolicy', 'AWS::SNS::TopicPolicy', 'AWS::KMS::Key', 'AWS::S3::BucketPolicy'].flatMap(type => this.app.of(type));
  }
}

function statementsOf({ properties }: Resource): Json[] {
  return (properties.PolicyDocument ?? properties.KeyPolicy).Statement;
}

/** AWS documents only the account for AWS Cost Anomaly Detection. */
export function isWithoutArn(service: string): boolean {
  return service === 'costalerts.amazonaws.com';
}

function statementViolations(statement: Json): string[] {
  if (statement.Effect === 'Deny') return [];
  const found: string[] = [];
  const keys = Object.values<Json>(statement.Condition ?? {}).flatMap(tests => Object.keys(tests));
  const services = [statement.Principal?.Service ?? []].flat();
  // CloudWatch Logs names its log group in the encryption context, and neither source.
  const named = keys.includes('kms:EncryptionContext:aws:logs:arn') || (keys.includes('aws:SourceAccount') && (keys.includes('aws:SourceArn') || services.every(isWithoutArn)));
  if (services.length > 0 && !named) found.push('lets a service in without its source');
  // The role that Amazon EC2 Auto Scaling makes for itself: it cannot be the principal before it exists.
  const serviceLinked = keys.includes('kms:CallerAccount') && keys.includes('aws:PrincipalArn');
  if (isEveryone(statement) && !serviceLinked && !keys.some(key => /^aws:Principal(OrgID|Account)$/.test(key))) found.push('lets everyone in');
  return found;
}

function isEveryone({ Effect, Principal }: Json): boolean {
  return Effect === 'Allow' && (Principal === '*' || [Principal?.AWS ?? []].flat().includes('*'));
}

function startsWith(service: Json, text: string): boolean {
  return [service ?? []].flat().some(one => (typeof one === 'string' ? one : String(one['Fn::Join']?.[1]?.[0])).startsWith(text));
}
