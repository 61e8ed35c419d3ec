import assert from 'node:assert/strict';
import { CreateAccessKeyCommand, CreateUserCommand } from '@aws-sdk/client-iam';
import { AssumeRoleCommand } from '@aws-sdk/client-sts';
import { Engine } from './engine';
import { DeployedStack } from './stack';

/** The engine, called by a role of the stack. */
export async function asRole(engine: Engine, stack: DeployedStack, name: string): Promise<Engine> {
  const { Credentials } = await engine.sts.send(new AssumeRoleCommand({ RoleArn: stack.arn(name), RoleSessionName: 'test' }));
  const { AccessKeyId, SecretAccessKey, SessionToken } = Credentials!;
  return engine.as({ accessKeyId: AccessKeyId!, secretAccessKey: SecretAccessKey!, sessionToken: SessionToken! });
}

/** The engine, called by a user of the account who may do nothing. */
export async function asStranger(engine: Engine, UserName: string): Promise<Engine> {
  await engine.iam.send(new CreateUserCommand({ UserName }));
  const { AccessKey } = await engine.iam.send(new CreateAccessKeyCommand({ UserName }));
  return engine.as({ accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! });
}

/** Has moto ask the policies of whoever calls, for as long as the body takes. Otherwise it lets everybody do everything. */
export async function withPolicies(engine: Engine, body: () => Promise<void>): Promise<void> {
  const enforceAfter = async (count: string) => {
    const { ok } = await fetch(`${engine.endpoint}/moto-api/reset-auth`, { method: 'POST', body: count });
    assert.ok(ok);
  };
  await enforceAfter('0');
  try {
    await body();
  } finally {
    await enforceAfter('inf');
  }
}

/** The call is let through by the policies. */
export async function assertAllowed(call: Promise<unknown>): Promise<void> {
  await call.catch(error => { throw statusOf(error) === 403 ? new Error('refused with status 403') : error; });
}

/** The call is refused by a policy. */
export async function assertRefused(call: Promise<unknown>): Promise<void> {
  await assert.rejects(call, error => {
    assert.equal(statusOf(error), 403);
    return true;
  });
}

/** Moto refuses in XML, also where the client takes JSON. The status is then in the answer that the client could not read. */
function statusOf(error: unknown): number | undefined {
  const { $response, $metadata } = error as { $response?: { statusCode?: number }; $metadata?: { httpStatusCode?: number } };
  return $response?.statusCode ?? $metadata?.httpStatusCode;
}
