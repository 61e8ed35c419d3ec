import { createHash } from 'node:crypto';
import { Json, PartOfTemplate } from './written';

/** Where a template is imagined to be deployed. */
export interface DeployedAs {
  readonly account?: string;
  readonly region?: string;
  readonly partition?: string;
  readonly stackName?: string;
  readonly stackId?: string;
  /** Names by logical id, where a service has given them. */
  readonly names?: ReadonlyMap<string, string>;
  /** Values of parameters; the default of the template otherwise. */
  readonly parameters?: Record<string, string>;
  /** What stacks deployed before export, for `Fn::ImportValue`, and what they put out, for `Fn::GetStackOutput`. */
  readonly imports?: ReadonlyMap<string, unknown>;
}

/**
 * A template as it would be after deployment: every intrinsic function replaced by its value, every resource with a name and an ARN.
 *
 * Names that CloudFormation would make up are made of the stack name and the logical id.
 */
export class ResolvedTemplate {
  public readonly account: string;
  public readonly region: string;
  public readonly partition: string;
  public readonly stackName: string;

  constructor(public readonly template: PartOfTemplate, private readonly deployed: DeployedAs = {}) {
    this.account = deployed.account ?? '111122223333';
    this.region = deployed.region ?? 'eu-west-1';
    this.partition = deployed.partition ?? 'aws';
    this.stackName = deployed.stackName ?? 'Stack';
  }

  /** Logical ids of the resources of a type, or of all; without those that a condition keeps from being made. */
  public idsOf(type?: string): string[] {
    return Object.entries<Json>(this.template.Resources)
      .filter(([, { Type, Condition }]) => (type === undefined || Type === type) && (Condition === undefined || this.condition(Condition)))
      .map(([id]) => id);
  }

  /** What the stack exports, by name. */
  public exports(): Map<string, unknown> {
    const exported = Object.values<Json>(this.template.Outputs ?? {}).filter(({ Export }) => Export);
    return new Map(exported.map(({ Export, Value }) => [this.resolve(Export.Name), this.resolve(Value)]));
  }

  /** What other stacks can read with `Fn::GetStackOutput`, by the Region and name of the stack and the name of the output. */
  public outputs(): Map<string, unknown> {
    const outputs = Object.entries<Json>(this.template.Outputs ?? {});
    return new Map(outputs.map(([name, { Value }]) => [outputKey(this.region, this.stackName, name), this.resolve(Value)]));
  }

  /** The properties of a resource, without intrinsics. */
  public propertiesOf(logicalId: string): Json {
    return this.resolve(this.resource(logicalId).Properties ?? {});
  }

  public typeOf(logicalId: string): string {
    return this.resource(logicalId).Type;
  }

  /** The physical name: given, or as CloudFormation would make one up. */
  public nameOf(logicalId: string): string {
    const given = this.deployed.names?.get(logicalId);
    if (given !== undefined) return given;
    const { Type, Properties = {} } = this.resource(logicalId);
    const property = NAME_PROPERTIES[Type];
    if (property && Properties[property] !== undefined) return this.resolve(Properties[property]);
    if (Type === 'AWS::KMS::Key') return `${createHash('md5').update(`${this.stackName}/${logicalId}`).digest('hex').slice(0, 8)}-0000-4000-8000-000000000000`;
    const fifo = Properties.FifoQueue === true || Properties.FifoTopic === true ? '.fifo' : '';
    const made = `${this.stackName}-${logicalId}${fifo}`;
    return Type === 'AWS::S3::Bucket' ? made.toLowerCase() : made;
  }

  public arnOf(logicalId: string): string {
    const name = this.nameOf(logicalId);
    const arn = (service: string, resource: string, region = this.region, account = this.account) => `arn:${this.partition}:${service}:${region}:${account}:${resource}`;
    switch (this.typeOf(logicalId)) {
      case 'AWS::SQS::Queue': return arn('sqs', name);
      case 'AWS::SNS::Topic': return arn('sns', name);
      case 'AWS::SNS::Subscription': return arn('sns', `${this.propertiesOf(logicalId).TopicArn.split(':').pop()}:${logicalId}`);
      case 'AWS::KMS::Key': return arn('kms', `key/${name}`);
      case 'AWS::S3::Bucket': return arn('s3', name, '', '');
      case 'AWS::IAM::Role': return arn('iam', `role/${name}`, '');
      case 'AWS::IAM::ManagedPolicy': return arn('iam', `policy/${name}`, '');
      case 'AWS::IAM::InstanceProfile': return arn('iam', `instance-profile/${name}`, '');
      case 'AWS::Kinesis::Stream': return arn('kinesis', `stream/${name}`);
      case 'AWS::KinesisFirehose::DeliveryStream': return arn('firehose', `deliverystream/${name}`);
      // Secrets Manager adds a hyphen and six characters to the name.
      case 'AWS::SecretsManager::Secret': return arn('secretsmanager', `secret:${name}-a1b2c3`);
      case 'AWS::Logs::LogGroup': return arn('logs', `log-group:${name}:*`);
      case 'AWS::Lambda::Function': return arn('lambda', `function:${name}`);
      case 'AWS::Events::Rule': return arn('events', `rule/${name}`);
      case 'AWS::CloudWatch::Alarm': return arn('cloudwatch', `alarm:${name}`);
      case 'AWS::AutoScaling::AutoScalingGroup':
        return arn('autoscaling', `autoScalingGroup:00000000-0000-4000-8000-000000000000:autoScalingGroupName/${name}`);
      case 'AWS::AutoScaling::ScalingPolicy': return arn('autoscaling', `scalingPolicy:00000000-0000-4000-8000-000000000000:policyName/${name}`);
      case 'AWS::ECR::Repository': return arn('ecr', `repository/${name}`);
      default: throw new Error(`no ARN is known for ${logicalId} (${this.typeOf(logicalId)})`);
    }
  }

  /** Replaces the intrinsic functions in a value. One that is not known is an error, never passed over. */
  public resolve(value: Json): Json {
    if (Array.isArray(value)) return value.map(item => this.resolve(item)).filter(item => item !== NO_VALUE);
    if (typeof value === 'string' && value.includes('{{resolve:')) throw new Error(`the resolver does not know dynamic references: ${value}`);
    if (typeof value !== 'object' || value === null) return value;
    const [[key, argument] = [], ...rest] = Object.entries<Json>(value);
    if (key !== undefined && rest.length === 0 && (key === 'Ref' || key === 'Condition' || key.startsWith('Fn::'))) return this.intrinsic(key, argument, value);
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, this.resolve(v)] as const).filter(([, v]) => v !== NO_VALUE));
  }

  private intrinsic(key: string, argument: Json, value: Json): Json {
    switch (key) {
      case 'Ref': return this.ref(argument);
      case 'Condition': return typeof argument === 'string' ? this.condition(argument) : { Condition: this.resolve(argument) };
      case 'Fn::GetAtt': return this.attribute(...(Array.isArray(argument) ? argument : argument.split('.')) as [string, string]);
      case 'Fn::Join': return this.resolve(argument[1]).join(argument[0]);
      case 'Fn::Select': return this.known(this.resolve(argument[1])[Number(this.resolve(argument[0]))], value);
      case 'Fn::Split': return this.resolve(argument[1]).split(argument[0]);
      case 'Fn::ImportValue': return this.known(this.deployed.imports?.get(this.resolve(argument)), value);
      case 'Fn::GetStackOutput': {
        const { StackName, OutputName, Region, RoleArn: _, ...others } = this.resolve(argument);
        if (Object.keys(others).length > 0) throw new Error(`the resolver does not know ${Object.keys(others).join(', ')} of Fn::GetStackOutput`);
        return this.known(this.deployed.imports?.get(outputKey(Region ?? this.region, StackName, OutputName)), value);
      }
      case 'Fn::Base64': return Buffer.from(this.resolve(argument)).toString('base64');
      case 'Fn::GetAZs': return ['a', 'b', 'c'].map(zone => `${this.resolve(argument) || this.region}${zone}`);
      case 'Fn::If': return this.resolve(this.condition(argument[0]) ? argument[1] : argument[2]);
      case 'Fn::Equals': return this.resolve(argument[0]) === this.resolve(argument[1]);
      case 'Fn::Not': return !this.resolve(argument[0]);
      case 'Fn::And': return argument.every((item: Json) => this.resolve(item));
      case 'Fn::Or': return argument.some((item: Json) => this.resolve(item));
      case 'Fn::FindInMap': return this.known(argument.slice(0, 3).reduce((map: Json, level: Json) => map?.[this.resolve(level)], this.template.Mappings), value);
      case 'Fn::Sub': return this.substitute(argument);
      default: throw new Error(`the resolver does not know ${key}: ${JSON.stringify(value)}`);
    }
  }

  private known(result: Json, value: Json): Json {
    if (result === undefined) throw new Error(`there is no value for ${JSON.stringify(value)}`);
    return result;
  }

  private substitute(argument: Json): string {
    const [text, variables] = Array.isArray(argument) ? argument : [argument, {}];
    return text.replace(/\$\{([^}]+)\}/g, (_: string, name: string) => {
      if (name.startsWith('!')) return `\${${name.slice(1)}}`;
      if (name in variables) return this.resolve(variables[name]);
      return name.includes('.') ? this.attribute(...name.split('.') as [string, string]) : this.ref(name);
    });
  }

  private ref(name: string): Json {
    switch (name) {
      case 'AWS::AccountId': return this.account;
      case 'AWS::Region': return this.region;
      case 'AWS::Partition': return this.partition;
      case 'AWS::StackName': return this.stackName;
      case 'AWS::StackId': return this.deployed.stackId ?? `arn:${this.partition}:cloudformation:${this.region}:${this.account}:stack/${this.stackName}/1c2fa620-982a-11e3-aff7-50e2416294e0`;
      case 'AWS::URLSuffix': return this.known(URL_SUFFIXES[this.partition], this.partition);
      case 'AWS::NoValue': return NO_VALUE;
    }
    const parameter = this.template.Parameters?.[name];
    if (parameter) return this.parameter(name, parameter);
    const type = this.typeOf(name);
    if (type === 'AWS::SQS::Queue') return `https://sqs.${this.region}.${this.ref('AWS::URLSuffix')}/${this.account}/${this.nameOf(name)}`;
    return REF_IS_ARN.has(type) ? this.arnOf(name) : this.nameOf(name);
  }

  private parameter(name: string, parameter: Json): Json {
    const value = this.deployed.parameters?.[name] ?? parameter.Default;
    if (value === undefined) throw new Error(`parameter ${name} has no value`);
    return parameter.Type.startsWith('AWS::SSM::Parameter::Value') ? `resolved-${String(value).split('/').pop()}` : value;
  }

  private attribute(logicalId: string, name: string): Json {
    if (name === 'Arn' || /^(TopicArn|AutoScalingGroupARN|PolicyArn|KeyArn)$/.test(name)) return this.arnOf(logicalId);
    if (/^(QueueName|TopicName|KeyId|RoleName|BackupVaultName)$/.test(name)) return this.nameOf(logicalId);
    if (name === 'QueueUrl') return this.ref(logicalId);
    // Identifiers that only the service knows, and that no policy depends on.
    if (/^(RoleId|GroupId|VpcId|DefaultSecurityGroup|DefaultNetworkAcl|CidrBlock|LaunchTemplateId|LatestVersionNumber|DefaultVersionNumber|AllocationId|DomainName|RegionalDomainName)$/.test(name)) return `${logicalId}.${name}`;
    throw new Error(`no attribute ${name} is known for ${logicalId} (${this.typeOf(logicalId)})`);
  }

  private condition(name: string): boolean {
    return this.resolve(this.known(this.template.Conditions?.[name], { Condition: name }));
  }

  private resource(logicalId: string): Json {
    const resource = this.template.Resources[logicalId];
    if (!resource) throw new Error(`the template has no resource ${logicalId}`);
    return resource;
  }
}

/** Templates as they would be after being deployed one after the other, each with what those before it export. */
export function resolveAll(stacks: readonly { readonly template: PartOfTemplate; readonly deployed?: DeployedAs }[]): ResolvedTemplate[] {
  const imports = new Map<string, unknown>();
  return stacks.map(({ template, deployed }) => {
    const stack = new ResolvedTemplate(template, { ...deployed, imports });
    for (const [name, value] of stack.exports()) {
      if (imports.has(name)) throw new Error(`two stacks export ${name}`);
      imports.set(name, value);
    }
    stack.outputs().forEach((value, key) => imports.set(key, value));
    return stack;
  });
}

/** No name of an export has a slash. */
function outputKey(region: string, stackName: string, output: string): string {
  return `${region}/${stackName}/${output}`;
}

const NO_VALUE = Symbol('AWS::NoValue');

const URL_SUFFIXES: Record<string, string> = {
  'aws': 'amazonaws.com',
  'aws-cn': 'amazonaws.com.cn',
  'aws-us-gov': 'amazonaws.com',
  'aws-eusc': 'amazonaws.eu',
  'aws-iso': 'c2s.ic.gov',
  'aws-iso-b': 'sc2s.sgov.gov',
};

const REF_IS_ARN = new Set([
  'AWS::SNS::Topic', 'AWS::SNS::Subscription', 'AWS::IAM::ManagedPolicy', 'AWS::AutoScaling::ScalingPolicy', 'AWS::SecretsManager::Secret',
]);

const NAME_PROPERTIES: Record<string, string> = {
  'AWS::Backup::BackupVault': 'BackupVaultName',
  'AWS::SES::ConfigurationSet': 'Name',
  'AWS::SES::EmailIdentity': 'EmailIdentity',
  'AWS::SES::ReceiptRuleSet': 'RuleSetName',
  'AWS::SQS::Queue': 'QueueName',
  'AWS::SNS::Topic': 'TopicName',
  'AWS::S3::Bucket': 'BucketName',
  'AWS::IAM::Role': 'RoleName',
  'AWS::IAM::ManagedPolicy': 'ManagedPolicyName',
  'AWS::Kinesis::Stream': 'Name',
  'AWS::KinesisFirehose::DeliveryStream': 'DeliveryStreamName',
  'AWS::Logs::LogGroup': 'LogGroupName',
  'AWS::SecretsManager::Secret': 'Name',
  'AWS::Lambda::Function': 'FunctionName',
  'AWS::Events::Rule': 'Name',
  'AWS::CloudWatch::Alarm': 'AlarmName',
  'AWS::KMS::Alias': 'AliasName',
  'AWS::AutoScaling::AutoScalingGroup': 'AutoScalingGroupName',
};
