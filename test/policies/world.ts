import '../support/setup';
import { App, CfnElement, Stack } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { DeployedAs, ResolvedTemplate, resolveAll } from '../support/resolver';
import { Decision, actionsOf, conditionHolds, decide, decideIfApplicable, findingsIn } from '../support/simulator';

type Json = any;

export const ACCOUNT = '111122223333';
/** Where attackers are. */
export const OTHER_ACCOUNT = '999988887777';
/** An account that something is shared with. */
export const PARTNER = '444455556666';
export const REGION = 'eu-west-1';

/** What somebody asks of AWS. */
export interface Request {
  /** ARN of a role, name of a service, or ANONYMOUS. */
  readonly principal: string;
  readonly action: string;
  /** ARN; `*` for an action that has no resources. */
  readonly resource: string;
  /** Condition keys; over TLS and the facts of the principal unless they say otherwise. `undefined` takes one of these away. */
  readonly context?: Record<string, string | undefined>;
  /** Policies of a principal that is not of this app. */
  readonly identityPolicies?: Json[];
}

/** What decides a request. */
export interface Policies {
  readonly account: string;
  readonly resourcePolicy?: Json;
  readonly identityPolicies: Json[];
  /** The policy of the VPC endpoint that the request comes through. */
  readonly endpointPolicy?: Json;
}

/** Allows everything, as far as its own account goes. */
export const ADMINISTRATOR = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };

/** A policy with one statement that allows actions on resources. */
export function allowing(actions: string[], ...resources: string[]): Json {
  return { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: actions, Resource: resources }] };
}

interface Attached {
  readonly where: string;
  /** ARNs. */
  readonly to: string[];
  readonly policy: Json;
}

interface Owner {
  readonly stack: ResolvedTemplate;
  readonly id: string;
}

/** All that an app deploys, with names and ARNs, and the policies in it. */
export class World {
  /**
   * Synthesises the app of a construct; an app without an environment is deployed to ACCOUNT and REGION.
   *
   * @param imported policies of resources that are not of this app, by ARN
   * @param patterns actions with a star that are meant
   */
  public static async of(scope: IConstruct, deployed: DeployedAs = {}, imported: Record<string, Json> = {}, patterns: string[] = []): Promise<World> {
    const { stacks } = (scope.node.root as App).synth({ force: true });
    return World.ofTemplates(stacks.map(({ template, stackName, environment: { account, region } }) => ({
      template,
      deployed: {
        stackName,
        account: account === 'unknown-account' ? ACCOUNT : account,
        region: region === 'unknown-region' ? REGION : region,
        ...deployed,
      },
    })), imported, patterns);
  }

  /** Templates in the order in which they are deployed. Every policy is checked for what does not exist. */
  public static async ofTemplates(
    templates: { template: Json; deployed: DeployedAs }[], imported: Record<string, Json> = {}, patterns: string[] = [],
  ): Promise<World> {
    const world = new World(resolveAll(templates), imported);
    for (const { where, policy } of world.policies()) {
      const findings = (await findingsIn(policy)).filter(finding => !patterns.some(pattern => finding === `the action ${pattern}`));
      if (findings.length > 0) throw new Error(`${where} has what does not exist: ${findings.join('; ')}`);
    }
    return world;
  }

  private readonly owners = new Map<string, Owner>();
  private readonly attached: Attached[];

  private constructor(public readonly stacks: readonly ResolvedTemplate[], private readonly imported: Record<string, Json>) {
    for (const { stack, id } of OWNERS.flatMap(type => this.all(type))) {
      const arn = stack.arnOf(id);
      if (this.owners.has(arn)) throw new Error(`two resources are ${arn}`);
      this.owners.set(arn, { stack, id });
    }
    this.attached = this.attachedPolicies();
  }

  /** Everything that has an ARN which somebody could be let in on; of a bucket also an object. */
  public get resources(): string[] {
    return [...this.owners.keys()].flatMap(arn => arn.includes(':s3:::') ? [arn, `${arn}/data/object`] : [arn]);
  }

  /** The ARN of a queue, topic, key … of this app. */
  public arn(construct: IConstruct): string {
    const stack = Stack.of(construct);
    return this.stack(stack).arnOf(stack.resolve((construct.node.defaultChild as CfnElement).logicalId));
  }

  /** What a value of a stack is once it is deployed. */
  public resolve(scope: IConstruct, value: unknown): Json {
    return this.stack(Stack.of(scope)).resolve(Stack.of(scope).resolve(value));
  }

  /** ARNs of everything of a type. */
  public arns(type: string): string[] {
    return this.all(type).map(({ stack, id }) => stack.arnOf(id));
  }

  /** Properties of the resource with this ARN. */
  public properties(arn: string): Json {
    const owner = this.owner(arn);
    return owner && owner.stack.propertiesOf(owner.id);
  }

  public async may(request: Request): Promise<Decision> {
    return this.decide(request, this.policiesFor(request));
  }

  /** Decides a request by policies that are given, such as mutated ones. */
  public async decide(request: Request, policies: Policies): Promise<Decision> {
    return decide({ ...request, ...policies, context: fullContext(request) });
  }

  /**
   * All that a principal may do with the resources of this app: the actions by ARN, of all that the service of each has.
   *
   * @param contextOf condition keys of a request for a resource
   */
  public async matrix(principal: string, contextOf: (arn: string) => Request['context'] = () => ({}), identityPolicies?: Json[]): Promise<Record<string, string[]>> {
    const matrix: Record<string, string[]> = {};
    for (const resource of this.resources) {
      const allowed = await this.allowed({ principal, resource, context: contextOf(resource), identityPolicies });
      if (allowed.length > 0) matrix[resource] = allowed;
    }
    return matrix;
  }

  /** All that a principal may do with one resource: of every action of its service those that are allowed, sorted. */
  public async allowed({ principal, resource, context, identityPolicies }: Omit<Request, 'action'>): Promise<string[]> {
    const service = resource.includes(':role/') ? 'sts' : resource.split(':')[2];
    const policies = this.policiesFor({ principal, action: '', resource, identityPolicies });
    // What is of another account needs the policy of the resource, whatever its own allow.
    const named = actionsIn(principal.split(':')[4] === policies.account ? policies : { ...policies, identityPolicies: [] });
    const allowed: string[] = [];
    for (const action of (await actionsOf(service)).filter(one => named.some(pattern => matchesAction(pattern, one)))) {
      const request = { principal, action, resource, context };
      const decision = await decideIfApplicable({ ...request, ...policies, context: fullContext(request) });
      if (decision === 'Allowed') allowed.push(action);
    }
    return allowed.sort();
  }

  /** The actions that the policies of a role name, on anything. */
  public named(role: string): string[] {
    const actions = this.identityPolicies(role).flatMap(({ Statement }) => [Statement].flat().flatMap((statement: Json) => statement.Action));
    return [...new Set<string>(actions)].sort();
  }

  public policiesFor({ principal, resource, identityPolicies }: Request): Policies {
    return {
      // The ARN of a bucket does not tell its account.
      account: resource.split(':')[4] || (this.owner(resource)?.stack.account ?? ACCOUNT),
      resourcePolicy: this.resourcePolicy(resource),
      identityPolicies: identityPolicies ?? this.identityPolicies(principal),
    };
  }

  /** The policy on a resource. Of two policy resources the one created last would win, so there must not be two. */
  public resourcePolicy(arn: string): Json {
    const own = bucketOf(arn);
    const found = this.attached.filter(({ to }) => to.includes(own));
    if (found.length > 1) throw new Error(`${found.length} policies overwrite one another on ${arn}`);
    return found[0]?.policy ?? this.imported[own];
  }

  /** What a role of this app may do; nothing is known of one that is not. */
  public identityPolicies(principal: string): Json[] {
    if (this.owner(principal) === undefined) return [];
    const { Policies: inline = [], ManagedPolicyArns = [] } = this.properties(principal);
    const name = principal.split('/').pop();
    const attached = (['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy'] as const).flatMap(type => this.all(type))
      .map(({ stack, id }) => ({ ...stack.propertiesOf(id), arn: stack.typeOf(id) === 'AWS::IAM::ManagedPolicy' && stack.arnOf(id) }))
      .filter(policy => policy.Roles?.includes(name) || ManagedPolicyArns.includes(policy.arn));
    const unknown = ManagedPolicyArns.filter((arn: string) => !attached.some(policy => policy.arn === arn));
    if (unknown.length > 0) throw new Error(`what ${unknown.join(', ')} allows is not known`);
    return [...inline, ...attached].map(policy => policy.PolicyDocument);
  }

  /** The policies that are attached to a resource, keys and roles included. */
  private attachedPolicies(): Attached[] {
    return this.stacks.flatMap(stack => stack.idsOf().flatMap(id => {
      const where = `${stack.stackName}.${id}`;
      const attached = (to: string[], policy: Json) => [{ where, to, policy }];
      const properties = ATTACHED.includes(stack.typeOf(id)) ? stack.propertiesOf(id) : {};
      switch (stack.typeOf(id)) {
        case 'AWS::SQS::QueuePolicy': return attached(this.byRef('AWS::SQS::Queue', properties.Queues), properties.PolicyDocument);
        case 'AWS::SNS::TopicPolicy': return attached(properties.Topics, properties.PolicyDocument);
        case 'AWS::S3::BucketPolicy': return attached(this.byRef('AWS::S3::Bucket', [properties.Bucket]), properties.PolicyDocument);
        // A gateway endpoint without a policy allows what the other policies allow.
        case 'AWS::EC2::VPCEndpoint': return properties.PolicyDocument ? attached([stack.nameOf(id)], properties.PolicyDocument) : [];
        case 'AWS::Kinesis::ResourcePolicy': return attached([properties.ResourceArn], properties.ResourcePolicy);
        case 'AWS::KMS::Key': return attached([stack.arnOf(id)], properties.KeyPolicy);
        case 'AWS::IAM::Role': return attached([stack.arnOf(id)], properties.AssumeRolePolicyDocument);
        case 'AWS::Lambda::Function': return this.permissionsOf(stack.arnOf(id)).map(policy => ({ where, to: [stack.arnOf(id)], policy }));
        default: return [];
      }
    }));
  }

  /** The policy that Lambda writes of the permissions of a function, if it has any. */
  private permissionsOf(functionArn: string): Json[] {
    const permissions: Json[] = this.all('AWS::Lambda::Permission').map(({ stack, id }) => stack.propertiesOf(id)).filter(({ FunctionName }) => FunctionName === functionArn);
    const Statement = permissions.map(({ Action, Principal, SourceArn, SourceAccount }) => ({
      Effect: 'Allow',
      Action,
      Principal: { Service: Principal },
      Resource: functionArn,
      Condition: { ...SourceArn && { ArnLike: { 'aws:SourceArn': SourceArn } }, ...SourceAccount && { StringEquals: { 'aws:SourceAccount': SourceAccount } } },
    }));
    return Statement.length > 0 ? [{ Version: '2012-10-17', Statement }] : [];
  }

  /** Every policy in the templates. */
  public policies(): { where: string; policy: Json }[] {
    return [
      ...this.attached,
      ...this.all('AWS::IAM::Policy').concat(this.all('AWS::IAM::ManagedPolicy')).map(({ stack, id }) => ({ where: `${stack.stackName}.${id}`, policy: stack.propertiesOf(id).PolicyDocument })),
      ...this.all('AWS::IAM::Role').flatMap(({ stack, id }) => (stack.propertiesOf(id).Policies ?? []).map((policy: Json) => ({ where: `${stack.stackName}.${id}`, policy: policy.PolicyDocument }))),
    ];
  }

  private stack({ stackName }: Stack): ResolvedTemplate {
    const found = this.stacks.find(stack => stack.stackName === stackName);
    if (!found) throw new Error(`there is no stack ${stackName}`);
    return found;
  }

  private byRef(type: string, refs: string[]): string[] {
    return refs.map(ref => {
      const found = this.all(type).find(({ stack, id }) => stack.resolve({ Ref: id }) === ref);
      if (!found) throw new Error(`a policy is on ${ref}, which is not in this app`);
      return found.stack.arnOf(found.id);
    });
  }

  private owner(arn: string): Owner | undefined {
    return this.owners.get(bucketOf(arn));
  }

  private all(type: string): Owner[] {
    return this.stacks.flatMap(stack => stack.idsOf(type).map(id => ({ stack, id })));
  }
}

const ATTACHED = [
  'AWS::SQS::QueuePolicy', 'AWS::SNS::TopicPolicy', 'AWS::S3::BucketPolicy', 'AWS::Kinesis::ResourcePolicy', 'AWS::KMS::Key', 'AWS::IAM::Role',
  'AWS::EC2::VPCEndpoint',
];

const OWNERS = [
  'AWS::SQS::Queue', 'AWS::SNS::Topic', 'AWS::S3::Bucket', 'AWS::Kinesis::Stream', 'AWS::KMS::Key', 'AWS::IAM::Role', 'AWS::Lambda::Function',
  'AWS::AutoScaling::AutoScalingGroup', 'AWS::KinesisFirehose::DeliveryStream', 'AWS::SecretsManager::Secret',
];

/** The bucket of an object; any other ARN as it is. */
function bucketOf(arn: string): string {
  return arn.includes(':s3:::') ? arn.split('/')[0] : arn;
}

/** The actions, or patterns of them, that are allowed to anybody. What is not among them cannot be allowed. */
function actionsIn({ resourcePolicy, identityPolicies }: Policies): string[] {
  const statements: Json[] = [resourcePolicy, ...identityPolicies].flatMap(document => [document?.Statement ?? []].flat());
  return statements.filter(({ Effect }) => Effect === 'Allow').flatMap(({ Action }) => Action);
}

function matchesAction(pattern: string, action: string): boolean {
  return conditionHolds('StringLike', [pattern.toLowerCase()], action.toLowerCase());
}

/** What every request says of itself. The simulator fills in nothing. */
function fullContext({ principal, context }: Pick<Request, 'principal' | 'context'>): Record<string, string> {
  const isRole = principal.startsWith('arn:');
  const facts = {
    'aws:SecureTransport': 'true',
    'aws:PrincipalIsAWSService': `${principal.endsWith('.amazonaws.com') || principal.endsWith('.amazonaws.com.cn')}`,
    ...isRole ? { 'aws:PrincipalArn': principal, 'aws:PrincipalAccount': principal.split(':')[4] } : {},
    ...context,
  };
  return Object.fromEntries(Object.entries(facts).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
