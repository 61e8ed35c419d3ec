import { SQSClient } from '@aws-sdk/client-sqs';
import { Actor } from './actor';
import { ACCOUNT, REGION } from './emulator';

/** What SQS answers where no policy allows a request. */
export class AccessDenied extends Error {
  public readonly name = 'AccessDenied';
}

/** The end of a process, wherever it is at that moment. */
export class Crash extends Error {}

type Json = any;

/**
 * A client of the emulator that asks IAM before each request whether a role may make it, as SQS does, and that can crash before and after the request.
 */
export function actingAs(sqs: SQSClient, actor: Actor, crashes: () => boolean = () => false): SQSClient {
  const decisions = new Map<string, Promise<string[]>>();
  const lacks = (action: string, resource: string, context: Record<string, string>) => {
    const key = JSON.stringify([action, resource, Object.keys(context)]);
    if (!decisions.has(key)) decisions.set(key, actor.lacks([action], resource, context));
    return decisions.get(key)!;
  };
  const send = async (command: Json) => {
    for (const { action, resource, context } of requestsOf(command)) {
      const lacking = await lacks(action, resource, context);
      if (lacking.length > 0) throw new AccessDenied(lacking.join('; '));
    }
    if (crashes()) throw new Crash();
    const result = await sqs.send(command);
    if (crashes()) throw new Crash();
    return result;
  };
  return new Proxy(sqs, { get: (client, member) => member === 'send' ? send : Reflect.get(client, member) });
}

/** What a call asks IAM for. The tags of a new queue are a request of their own. */
function requestsOf({ constructor, input }: Json): { action: string; resource: string; context: Record<string, string> }[] {
  const action = `sqs:${constructor.name.replace(/Command$/, '')}`;
  if (action === 'sqs:ListQueues') return [{ action, resource: '*', context: {} }];
  const name: string = input.QueueName ?? new URL(input.QueueUrl).pathname.split('/').pop();
  const resource = `arn:aws:sqs:${REGION}:${ACCOUNT}:${name}`;
  const tags: Record<string, string> | undefined = input.tags ?? input.Tags;
  const context = Object.fromEntries(Object.entries(tags ?? {}).map(([key, value]) => [`aws:RequestTag/${key}`, value]));
  return [action, ...action === 'sqs:CreateQueue' && tags ? ['sqs:TagQueue'] : []].map(one => ({ action: one, resource, context }));
}
