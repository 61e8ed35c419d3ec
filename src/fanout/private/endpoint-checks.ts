import { Stack, Token } from 'aws-cdk-lib';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Binding } from './bind-subscription';
import { PROTOCOLS } from './protocols';
import { arnProblems } from '../../private/arn';
import { withoutPasswords } from '../../private/describe';
import { knownApart } from '../../private/environment';
import { Problem, at, unless } from '../../private/problems';
import { warn } from '../../private/warnings';

/** What SNS does not accept as the endpoint of a protocol. The ARN of a subscribed queue is a problem of the queue. */
export function endpointProblems(binding: Binding): Problem[] {
  const { queue, config: { protocol, endpoint } } = binding;
  const { arnOf, form } = PROTOCOLS[protocol];
  return [
    ...arnOf && !queue ? at('endpoint', arnProblems(endpoint, arnOf)) : [],
    ...unless(arnOf === undefined || Token.isUnresolved(endpoint) || /^arn:/.test(endpoint), () => ({
      prop: 'endpoint', got: `'${endpoint}'`, allowed: `an ARN of ${arnOf}`, fix: 'Specify the ARN of the resource, not its name or URL.',
    })),
    ...unless(form === undefined || Token.isUnresolved(endpoint) || form.accepts(endpoint), () => ({
      prop: 'endpoint', got: `'${endpoint}'`, allowed: form!.allowed, fix: form!.fix,
    })),
    ...protocol === sns.SubscriptionProtocol.APPLICATION ? platformEndpointProblems(binding) : [],
  ];
}

/** A platform endpoint is not the platform application that it belongs to. SNS does not deliver to one of another Region. */
function platformEndpointProblems({ topic, config: { endpoint } }: Binding): Problem[] {
  const [, , service, region, , resource] = endpoint.split(':');
  const isKnown = service === 'sns' && resource !== undefined && !Token.isUnresolved(resource);
  return [
    ...unless(!isKnown || /^endpoint\/[^/]+\/[^/]+\/[^/]+$/.test(resource), () => ({
      prop: 'endpoint',
      got: `'${endpoint}'`,
      allowed: 'the ARN of a platform endpoint, such as arn:aws:sns:eu-west-1:111122223333:endpoint/GCM/shop/<id>',
      fix: 'Create the endpoint of a device with CreatePlatformEndpoint, and use its ARN.',
    })),
    ...unless(region === undefined || !knownApart(topic.env.region, region), () => ({
      prop: 'topic',
      got: `a topic in Region ${topic.env.region}, and a platform endpoint in Region ${region}`,
      allowed: 'a platform endpoint in the Region of the topic',
      fix: 'SNS delivers only to queues and functions in other Regions; use a topic in the Region of the platform application.',
    })),
  ];
}

/** Warns if messages are sent in plain text, and if the template contains a password. */
export function warnOfEndpoint({ place, config: { protocol, endpoint } }: Binding): void {
  const isToken = Token.isUnresolved(endpoint);
  if (protocol === sns.SubscriptionProtocol.HTTP) {
    warn(place, 'FanOut.plainText',
      `SNS delivers to ${isToken ? 'this URL' : endpoint} in plain text, although the topic accepts only TLS; use a URL that starts with https://.`);
  }
  const isUrl = protocol === sns.SubscriptionProtocol.HTTP || protocol === sns.SubscriptionProtocol.HTTPS;
  if (isUrl && !isToken && withoutPasswords(endpoint) !== endpoint) {
    warn(place, 'FanOut.credentials',
      `the template of '${Stack.of(place).node.path}' contains the password in ${endpoint} as plain text. Build the URL with a SecretValue, which CloudFormation reads from `
      + 'AWS Secrets Manager, and set the protocol of the subscription.');
  }
}
