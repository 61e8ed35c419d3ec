import assert from 'node:assert/strict';
import { DescribeStackResourcesCommand } from '@aws-sdk/client-cloudformation';
import { ListTopicsCommand } from '@aws-sdk/client-sns';
import { GetQueueAttributesCommand, ListQueuesCommand } from '@aws-sdk/client-sqs';
import { assertComplete } from './as-deployed';
import { Assembly, cdk, cdkOrFail } from './assembly';
import { Engine } from './engine';
import { DeployedStack } from './stack';
import { after, it } from '../flow/runner';

export interface Life {
  /** A property of a queue that is changed in a second deployment. */
  readonly change: { readonly resource: string; readonly property: 'VisibilityTimeout' | 'DelaySeconds'; readonly value: number };
  /** Uses one of two stacks, and fails if the other takes part. */
  use(one: DeployedStack, other: DeployedStack): Promise<void>;
}

/** A second stack of the same template beside the first: created, used, compared, changed and destroyed by the CDK CLI. */
export function itHasALife(engine: Engine, example: string, first: () => DeployedStack, { change, use }: Life): void {
  const { resource, property, value } = change;
  const assembly = new Assembly(example);
  const stackName = `${assembly.stackName}Second`;
  assembly.rename(stackName);
  const named = async () => [
    ...(await engine.sqs.send(new ListQueuesCommand({}))).QueueUrls ?? [],
    ...((await engine.sns.send(new ListTopicsCommand({}))).Topics ?? []).map(({ TopicArn }) => TopicArn!),
  ].map(id => id.split(/[/:]/).pop()!).filter(name => name.startsWith(stackName));
  after(() => assembly.delete());

  it('is deployed a second time beside the first, and each has messages of its own', async () => {
    await cdkOrFail(engine, 'deploy', assembly);
    const second = await DeployedStack.of(engine, assembly);
    assertComplete(second);
    assert.notDeepEqual(await named(), []);
    await use(second, first());
    await use(first(), second);
  });

  it('shows no difference after the deployment', async () => {
    await cdkOrFail(engine, 'diff', assembly);
  });

  it('shows a changed property in the diff, and no other', async () => {
    const id = assembly.idOf(resource);
    const { Properties, Metadata } = assembly.template.Resources[id];
    assembly.edit(({ Resources }) => { Resources[id].Properties[property] = value; });
    const { code, output } = await cdk(engine, 'diff', assembly);
    assert.equal(code, 1, output);
    const path = Metadata['aws:cdk:path'].split('/').slice(1, -1).join('/');
    const marked = output.match(/\[[-+~]\].*/g)?.map(line => line.trimEnd());
    assert.deepEqual(marked, [`[~] AWS::SQS::Queue ${path} ${id}`, `[~] ${property}`, `[-] ${Properties[property]}`, `[+] ${value}`], output);
  });

  it('takes the change, and then shows no difference', async () => {
    await cdkOrFail(engine, 'deploy', assembly);
    const second = await DeployedStack.of(engine, assembly);
    const { Attributes = {} } = await engine.sqs.send(new GetQueueAttributesCommand({ QueueUrl: second.id(resource), AttributeNames: ['All'] }));
    assert.equal(Attributes[property], `${value}`);
    await cdkOrFail(engine, 'diff', assembly);
  });

  it('is destroyed, and leaves nothing', async () => {
    await cdkOrFail(engine, 'destroy', assembly);
    await assert.rejects(engine.cloudFormation.send(new DescribeStackResourcesCommand({ StackName: stackName })), /does not exist/);
    assert.deepEqual(await named(), []);
  });
}
