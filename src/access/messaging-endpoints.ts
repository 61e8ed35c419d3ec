import { Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { callerProblems } from './private/callers-at-synthesis';
import { endpointProblems, writtenEndpointProblems } from './private/endpoint-problems';
import { restrict, restrictionProblems } from './private/endpoint-restriction';
import { ENDPOINT_SERVICES, ResourceProp } from './private/endpoint-services';
import { PolicyTarget } from './private/service-statements';
import { Problem, checkWhenWritten, refuse, throwProblems, unless } from '../private/problems';
import { isSameResource } from '../private/same-resource';
import { forgetUsesBeforeSynth } from '../private/uses';

/**
 * Properties of the endpoints of a VPC.
 */
export interface MessagingEndpointsProps {
  /** The VPC in which the endpoints are created. It can be imported. If you change it, the endpoints are replaced. */
  readonly vpc: ec2.IVpc;

  /**
   * The queues that are used from the VPC, in its Region: at least one. A dead-letter queue is a queue of its own.
   *
   * @default - no endpoint for SQS
   */
  readonly queues?: sqs.IQueue[];

  /**
   * The topics that are used from the VPC, in its Region: at least one.
   *
   * @default - no endpoint for SNS
   */
  readonly topics?: sns.ITopic[];

  /**
   * The data streams that are used from the VPC, in its Region, with their registered consumers: at least one.
   *
   * @default - no endpoint for Kinesis Data Streams
   */
  readonly streams?: kinesis.IStream[];

  /**
   * The delivery streams that are used from the VPC, in its Region: at least one.
   *
   * @default - no endpoint for Amazon Data Firehose
   */
  readonly deliveryStreams?: firehose.IDeliveryStream[];

  /**
   * The subnets with a network interface of each endpoint: at most one in each Availability Zone, each of which is billed by the hour.
   *
   * @default - the default of `InterfaceVpcEndpoint` of the CDK: the private subnets of the VPC
   */
  readonly subnets?: ec2.SubnetSelection;

  /**
   * The security groups of all endpoints: at least one.
   *
   * @default - a security group for each endpoint
   */
  readonly securityGroups?: ec2.ISecurityGroup[];

  /**
   * Whether the security groups allow port 443 from all addresses of the VPC. The policy of the endpoint still decides who can do what.
   *
   * @default true, the default of `InterfaceVpcEndpoint` of the CDK
   */
  readonly open?: boolean;

  /**
   * Whether clients in the VPC reach the endpoints under the usual names of the services. A VPC can have one endpoint with private DNS for each service: specify
   * false if an imported VPC has one already.
   *
   * @default true
   * @see https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html
   */
  readonly privateDnsEnabled?: boolean;
}

/**
 * Options of the restriction of a queue or topic to an endpoint.
 */
export interface EndpointRestrictionOptions {
  /**
   * Roles that can use the messages from everywhere: those with which an AWS service calls SQS or SNS from outside of the VPC, such as the execution role of
   * a function with this queue as its event source, or the role of a pipe, a schedule, a rule, a state machine, or an API.
   *
   * @default - only service-linked roles of the account of the queue or topic
   */
  readonly exceptRoles?: iam.IRole[];
}

/**
 * Interface VPC endpoints for SQS, SNS, Kinesis Data Streams and Amazon Data Firehose, through which only the specified resources can be used.
 *
 * A service has an endpoint if resources of it are specified. Its policy allows every action on these resources to the principals of the account, and nothing
 * else: no other account, no anonymous request, and no action without a resource, such as `sqs:ListQueues`. `addToPolicy` of the endpoint allows more.
 * What a principal can do is still decided by its own policies and those of the resources.
 *
 * It has an idle cost: each endpoint is billed by the hour in each Availability Zone, and by the gigabyte. Four endpoints in three zones are twelve times
 * the hourly price. It does not create endpoints for what else runs in the VPC needs, such as Amazon S3 for large payloads, or Amazon DynamoDB and
 * Amazon CloudWatch for the Kinesis Client Library.
 *
 * @throws Error naming every prop that is out of bounds or contradicts another, a VPC without the subnets or addresses, and a second endpoint
 * of the VPC with private DNS for the same service
 * @see https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-internetwork-traffic-privacy.html
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-vpc-endpoint-policy.html
 * @see https://docs.aws.amazon.com/streams/latest/dev/vpc.html
 * @see https://docs.aws.amazon.com/firehose/latest/dev/vpc.html
 * @example
 * import * as ec2 from 'aws-cdk-lib/aws-ec2';
 * import * as access from 'cdk-decouple/access';
 * import * as queues from 'cdk-decouple/queues';
 *
 * declare const network: ec2.Vpc;
 *
 * const jobs = new queues.WorkQueue(this, 'Jobs');
 * const endpoints = new access.MessagingEndpoints(this, 'Endpoints', { vpc: network, queues: [jobs] });
 * endpoints.restrictQueue(jobs);
 */
export class MessagingEndpoints extends Construct implements ec2.IConnectable {
  /** The endpoint for SQS; undefined without `queues`. */
  public readonly queueEndpoint?: ec2.InterfaceVpcEndpoint;

  /** The endpoint for SNS; undefined without `topics`. */
  public readonly topicEndpoint?: ec2.InterfaceVpcEndpoint;

  /** The endpoint for Kinesis Data Streams; undefined without `streams`. */
  public readonly streamEndpoint?: ec2.InterfaceVpcEndpoint;

  /** The endpoint for Amazon Data Firehose; undefined without `deliveryStreams`. */
  public readonly deliveryStreamEndpoint?: ec2.InterfaceVpcEndpoint;

  /** The security groups of the endpoints, with port 443 as the default. */
  public readonly connections: ec2.Connections;

  private readonly restrictedMessages: (() => Problem[])[] = [];

  constructor(scope: Construct, id: string, private readonly props: MessagingEndpointsProps) {
    super(scope, id);
    throwProblems(this, 'MessagingEndpoints', endpointProblems(this, props));
    this.queueEndpoint = this.endpoint('Queues', 'queues');
    this.topicEndpoint = this.endpoint('Topics', 'topics');
    this.streamEndpoint = this.endpoint('Streams', 'streams');
    this.deliveryStreamEndpoint = this.endpoint('DeliveryStreams', 'deliveryStreams');

    const endpoints = [this.queueEndpoint, this.topicEndpoint, this.streamEndpoint, this.deliveryStreamEndpoint]
      .filter(endpoint => endpoint !== undefined);
    this.connections = new ec2.Connections({
      defaultPort: ec2.Port.tcp(443),
      securityGroups: [...new Set(endpoints.flatMap(({ connections }) => connections.securityGroups))],
    });
    forgetUsesBeforeSynth(this);
    checkWhenWritten(this, 'MessagingEndpoints', () => [
      ...writtenEndpointProblems(this, endpoints),
      ...this.restrictedMessages.flatMap(problems => problems()),
    ]);
  }

  /**
   * Denies sending, receiving and deleting messages, and changing their visibility, to requests that come neither through the endpoint nor from an AWS service.
   *
   * Deliveries of AWS services (SNS, S3, EventBridge) and redrive tasks still work. So does everything that does not touch messages: CloudFormation, the console
   * and operators can change, delete and purge the queue, and start redrive tasks, from everywhere. SQS moves messages to the dead-letter queue as before;
   * restrict that queue as well, if its messages are to be used through the endpoint only.
   *
   * An AWS service that calls with a role does not come through the endpoint, whatever VPC a function is in: event source mappings, destinations and dead-letter
   * queues of functions, pipes, schedules, rules, state machines, APIs, lifecycle hooks, IoT rules and approvals of pipelines are refused when they use messages, unless
   * their role is in `exceptRoles`. Those of other apps cannot be checked.
   *
   * If the queue is in the stack of the endpoints, the statement names the endpoint. Otherwise it names the VPC, so that the stacks do not depend on each
   * other: requests can then come through any endpoint of the VPC. Called again, also of other endpoints, it adds to what was allowed. The
   * policy of an imported queue cannot be changed: a warning contains the statement to add.
   *
   * @throws Error for a queue that is not in `queues`, for stacks that would depend on each other, and for a role in another stack without a name
   * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
   */
  public restrictQueue(queue: sqs.IQueue, options: EndpointRestrictionOptions = {}): void {
    this.restrict('queues', 'restrictQueue(queue)', queue, this.queueEndpoint, options);
  }

  /**
   * Denies publishing to requests that come neither through the endpoint nor from an AWS service.
   *
   * Publishing in the name of a service (S3, CloudWatch alarms) still works, and so do deliveries, and everything that is not publishing. The rest is as for
   * `restrictQueue`.
   *
   * @throws Error for a topic that is not in `topics`, for stacks that would depend on each other, and for a role in another stack without a name
   * @see https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html
   */
  public restrictTopic(topic: sns.ITopic, options: EndpointRestrictionOptions = {}): void {
    this.restrict('topics', 'restrictTopic(topic)', topic, this.topicEndpoint, options);
  }

  private restrict(
    prop: 'queues' | 'topics', method: string, target: PolicyTarget, endpoint: ec2.InterfaceVpcEndpoint | undefined, options: EndpointRestrictionOptions,
  ): void {
    const exceptRoles = options.exceptRoles ?? [];
    const { vpc } = this.props;
    const targetArn = 'queueArn' in target ? target.queueArn : target.topicArn;
    const isServed = ENDPOINT_SERVICES[prop].resources(this.props).some(({ resource, arn }) => isSameResource(resource, target) || arn === targetArn);
    refuse(this, 'MessagingEndpoints', [
      ...unless(isServed, () => ({
        prop: method,
        got: `'${target.node.path}', which is not in ${prop}`,
        allowed: `one of ${prop}`,
        fix: `Add it to ${prop}: the endpoint denies every other ${ENDPOINT_SERVICES[prop].what}, so nobody could use the messages.`,
      })),
      ...endpoint ? restrictionProblems(method, target, { vpc, endpoint }, exceptRoles) : [],
    ]);
    if (!endpoint) return;
    const restriction = restrict(this, target, { vpc, endpoint }, exceptRoles);
    this.restrictedMessages.push(() => callerProblems(method, target, restriction));
  }

  private endpoint(id: string, prop: ResourceProp): ec2.InterfaceVpcEndpoint | undefined {
    const { service, action, resources, parts } = ENDPOINT_SERVICES[prop];
    if (this.props[prop] === undefined) return undefined;
    const { vpc, subnets, securityGroups, open, privateDnsEnabled } = this.props;
    const endpoint = new ec2.InterfaceVpcEndpoint(this, id, { vpc, subnets, securityGroups, open, privateDnsEnabled, service: service() });
    const arns = resources(this.props).map(({ arn }) => arn);
    endpoint.addToPolicy(new iam.PolicyStatement({
      principals: [new iam.StarPrincipal()],
      actions: [action],
      resources: [...arns, ...parts === undefined ? [] : arns.map(arn => `${arn}${parts}`)],
      conditions: { StringEquals: { 'aws:PrincipalAccount': Stack.of(this).account } },
    }));
    return endpoint;
  }
}
