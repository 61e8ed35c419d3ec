import { IResource } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { MessagingEndpointsProps } from '../messaging-endpoints';

/** A resource that is used through an endpoint. */
export interface EndpointResource {
  readonly resource: IResource;
  readonly arn: string;
}

/** The props with resources, each of which has an endpoint of its own. */
export type ResourceProp = 'queues' | 'topics' | 'streams' | 'deliveryStreams';

/** A service with an endpoint. */
interface EndpointService {
  /** One resource, in the words of a message. */
  readonly what: string;
  readonly service: () => ec2.IInterfaceVpcEndpointService;
  readonly action: string;
  readonly resources: (props: MessagingEndpointsProps) => EndpointResource[];
  /** The ARNs of what belongs to a resource, besides its own. */
  readonly parts?: string;
}

/** The services by the prop with their resources. */
export const ENDPOINT_SERVICES: Readonly<Record<ResourceProp, EndpointService>> = {
  queues: {
    what: 'queue',
    service: () => ec2.InterfaceVpcEndpointAwsService.SQS,
    action: 'sqs:*',
    resources: ({ queues = [] }) => queues.map(resource => ({ resource, arn: resource.queueArn })),
  },
  topics: {
    what: 'topic',
    service: () => ec2.InterfaceVpcEndpointAwsService.SNS,
    action: 'sns:*',
    resources: ({ topics = [] }) => topics.map(resource => ({ resource, arn: resource.topicArn })),
  },
  streams: {
    what: 'data stream',
    service: () => ec2.InterfaceVpcEndpointAwsService.KINESIS_STREAMS,
    action: 'kinesis:*',
    resources: ({ streams = [] }) => streams.map(resource => ({ resource, arn: resource.streamArn })),
    // https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonkinesisdatastreams.html
    parts: '/consumer/*',
  },
  deliveryStreams: {
    what: 'delivery stream',
    service: () => ec2.InterfaceVpcEndpointAwsService.KINESIS_FIREHOSE,
    action: 'firehose:*',
    resources: ({ deliveryStreams = [] }) => deliveryStreams.map(resource => ({ resource, arn: resource.deliveryStreamArn })),
  },
};

/** The services in a fixed order. */
export const RESOURCE_PROPS = Object.keys(ENDPOINT_SERVICES) as ResourceProp[];
