import { find } from './gate';
import { ResolvedTemplate } from '../support/resolver';
import { decide } from '../support/simulator';

const SERVICES: Record<string, { type: string; policyType?: string }> = {
  sqs: { type: 'AWS::SQS::Queue', policyType: 'AWS::SQS::QueuePolicy' },
  kms: { type: 'AWS::KMS::Key' },
  sns: { type: 'AWS::SNS::Topic', policyType: 'AWS::SNS::TopicPolicy' },
  s3: { type: 'AWS::S3::Bucket', policyType: 'AWS::S3::BucketPolicy' },
};

/** A role of a template, and what IAM lets it do: by its own policies and those of the resource. */
export class Actor {
  private readonly arn: string;
  private readonly policies: unknown[];

  constructor(private readonly stack: ResolvedTemplate, roleName: string) {
    const [role] = stack.idsOf('AWS::IAM::Role').filter(id => new RegExp(`^${roleName}[0-9A-F]{8}$`).test(id));
    this.arn = stack.arnOf(role);
    this.policies = [...stack.idsOf('AWS::IAM::Policy'), ...stack.idsOf('AWS::IAM::ManagedPolicy')].map(id => stack.propertiesOf(id))
      .filter(({ Roles }) => Roles.includes(stack.nameOf(role))).map(({ PolicyDocument }) => PolicyDocument);
  }

  /**
   * Those of the actions on a resource that it may not do.
   *
   * @param context condition keys of the request, beside that of TLS
   */
  public async lacks(actions: readonly string[], resource: string, context: Record<string, string> = {}): Promise<string[]> {
    const lacking = [];
    for (const action of actions) {
      const decision = await decide({
        principal: this.arn,
        action,
        resource,
        account: this.stack.account,
        resourcePolicy: this.policyOf(action.split(':')[0], resource),
        identityPolicies: this.policies,
        context: { 'aws:SecureTransport': 'true', ...context },
      });
      if (decision !== 'Allowed') lacking.push(`${action} on ${resource}: ${decision}`);
    }
    return lacking;
  }

  private policyOf(service: string, resource: string): unknown {
    const { type, policyType } = SERVICES[service];
    const [arn] = service === 's3' ? resource.split('/') : [resource];
    // A queue that is created at run time has no policy.
    if (!this.stack.idsOf(type).some(id => this.stack.arnOf(id) === arn)) return undefined;
    const { logicalId } = find([this.stack], type, arn);
    if (policyType === undefined) return this.stack.propertiesOf(logicalId).KeyPolicy;
    // A policy names queues by their URLs, topics by their ARNs, and a bucket by its name.
    const reference = this.stack.resolve({ Ref: logicalId });
    const policies = this.stack.idsOf(policyType).map(id => this.stack.propertiesOf(id));
    return policies.find(({ Queues, Topics, Bucket }) => (Queues ?? Topics ?? [Bucket]).includes(reference))?.PolicyDocument;
  }
}
