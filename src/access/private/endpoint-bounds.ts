import { Bound, BoundsOf } from '../../private/bounds';
import { MessagingEndpointsProps } from '../messaging-endpoints';

/** An endpoint without a resource in its policy would deny every request and cost money. */
const RESOURCES = Bound.count({ min: 1, fix: 'Specify the resources that are used from the VPC, or omit this prop: the service then has no endpoint.' });

/** The resources of each endpoint. */
export const MESSAGING_ENDPOINTS = {
  queues: RESOURCES,
  topics: RESOURCES,
  streams: RESOURCES,
  deliveryStreams: RESOURCES,
  securityGroups: Bound.count({ min: 1, fix: 'Omit it for a new security group for each endpoint.' }),
} satisfies BoundsOf<MessagingEndpointsProps>;
