import * as iam from 'aws-cdk-lib/aws-iam';
import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import * as fc from 'fast-check';
import { DirectPut, HttpEndpointDestination } from '../../../../src/delivery';
import { deferCidrMapping } from '../../../../src/delivery/private/cidr-mapping';
import { Family, Step } from '../draws';
import { directPutProps, httpEndpointProps } from '../http-endpoints';
import { alarmOn, metricOptions } from '../metrics';
import { oneFault, step } from '../queues';
import { Mode, value } from '../values';
import { ACCOUNT } from '../world';

const METRICS = ['metricDataFreshness', 'metricDeliverySuccess', 'metricDeliveredRecords', 'metricAttemptedRecords'] as const;

/**
 * A stream of the CDK leaves a mapping in its stack even if it is refused, and throws in a Region that is not in it. The role is for sources:
 * the one that the CDK makes can be assumed by Firehose for any account.
 */
const BEFORE: Step = {
  what: 'before streams of the CDK',
  layer: 'topic',
  given: value('', () => undefined),
  use: scope => {
    deferCidrMapping(scope);
    return iam.Role.fromRoleArn(scope, 'Role', `arn:aws:iam::${ACCOUNT}:role/unused`);
  },
};

/** An endpoint and direct put, each in a stream of the CDK, and a metric. */
const endpoints = (mode: Mode): fc.Arbitrary<Step[]> => oneFault(mode,
  inner => step(inner, 'HttpEndpointDestination', 'topic', httpEndpointProps, (scope, props) => {
    const destination = new HttpEndpointDestination(props);
    return { destination, stream: new firehose.DeliveryStream(scope, 'Endpoint', { destination }) };
  }),
  inner => step(inner, 'DirectPut', 'topic', directPutProps, (scope, props, _, [role]) => new firehose.DeliveryStream(scope, 'Put', {
    source: new DirectPut(props),
    destination: new HttpEndpointDestination({ url: 'https://example.com' }),
    role,
  })),
  inner => fc.constantFrom(...METRICS).chain(method => step(inner, `HttpEndpointDestination.${method}`, 'topic', metricOptions(method), (_, options, world, [, made]) => {
    if (made) alarmOn(world, made.destination[method](made.stream, options));
  })),
).map(steps => [BEFORE, ...steps]);

export const HTTP_ENDPOINTS: Family[] = [
  { name: 'HTTP endpoints and direct put', share: { valid: 60, fault: 90, wild: 60 }, steps: endpoints },
];
