import assert from 'node:assert/strict';
import { deploy } from './deployment';
import { Emulator } from './emulator';
import { Refusal } from './gate';
import { counts, drain, publish } from './messages';
import { after, describe, it } from './runner';
import { templateOf } from './templates';
import { Encryption } from '../../src/access';
import { FanOut } from '../../src/fanout';

type Json = any;

/** A fan-out to one queue with a customer key; made anew each time, so that a control can break its own. */
const fanOut = () => templateOf(stack => { new FanOut(stack, 'Orders').addQueue('Billing', { encryption: Encryption.customerManaged() }); });

const QUEUE = 'OrdersBillingQueue';
const SNS = 'sns.amazonaws.com';
const QUEUE_POLICY: Refusal[] = [{ what: 'sqs:SendMessage', why: 'ImplicitlyDenied' }];
const KEY: Refusal[] = [{ what: 'kms:GenerateDataKey', why: 'ImplicitlyDenied' }, { what: 'kms:Decrypt', why: 'ImplicitlyDenied' }];

interface Control {
  readonly name: string;
  readonly refusals: Refusal[];
  /** Breaks the template, and nothing else of it. */
  break(template: Json): void;
}

const CONTROLS: Control[] = [
  { name: 'a queue without a policy', refusals: QUEUE_POLICY, break: t => { delete t.Resources[queuePolicyId(t)]; } },
  { name: 'a queue policy without the statement for SNS', refusals: QUEUE_POLICY, break: t => drop(queuePolicy(t), forSns) },
  { name: 'a queue policy for another topic', refusals: QUEUE_POLICY, break: t => set(queuePolicy(t), 'ArnLike', 'aws:SourceArn', 'arn:aws:sns:eu-west-1:000000000000:other') },
  { name: 'a queue policy for a topic of that name in another account', refusals: QUEUE_POLICY, break: t => set(queuePolicy(t), 'StringEquals', 'aws:SourceAccount', '999999999999') },
  { name: 'a queue policy for another service', refusals: QUEUE_POLICY, break: t => { forSnsIn(queuePolicy(t)).Principal = { Service: 's3.amazonaws.com' }; } },
  { name: 'a queue policy for another action', refusals: QUEUE_POLICY, break: t => { forSnsIn(queuePolicy(t)).Action = 'sqs:ReceiveMessage'; } },
  {
    name: 'a queue policy that denies SNS',
    refusals: [{ what: 'sqs:SendMessage', why: 'ExplicitlyDenied' }],
    break: t => { queuePolicy(t).Statement.push({ ...forSnsIn(queuePolicy(t)), Effect: 'Deny' }); },
  },
  { name: 'a key without a grant', refusals: KEY, break: t => drop(keyPolicy(t), forSns) },
  { name: 'a key that grants another topic', refusals: KEY, break: t => set(keyPolicy(t), 'ArnLike', 'aws:SourceArn', 'arn:aws:sns:eu-west-1:000000000000:other') },
  { name: 'a key that grants topics of another account', refusals: KEY, break: t => set(keyPolicy(t), 'StringEquals', 'aws:SourceAccount', '999999999999') },
  { name: 'a key without kms:Decrypt', refusals: [KEY[1]], break: t => { forSnsIn(keyPolicy(t)).Action = 'kms:GenerateDataKey'; } },
  { name: 'a key without kms:GenerateDataKey', refusals: [KEY[0]], break: t => { forSnsIn(keyPolicy(t)).Action = 'kms:Decrypt'; } },
  {
    name: 'the key that AWS manages (KMS_MANAGED)',
    refusals: KEY.map(({ what }) => ({ what, why: 'AWS managed key' })),
    break: t => { byName(t, QUEUE).Properties.KmsMasterKeyId = 'alias/aws/sqs'; },
  },
];

describe('the gate', () => {
  // The positive twin of each control below, which starts from it and changes one thing.
  it('lets the template through as it is, and the message arrives', async () => {
    assert.deepEqual(await delivered(fanOut(), true), { refusals: [], messages: ['an order'] });
  });

  for (const control of CONTROLS) {
    it(`stops ${control.name}`, async () => {
      const template = fanOut();
      control.break(template);
      assert.notDeepEqual(template, fanOut());
      assert.deepEqual(await delivered(template, true), { refusals: control.refusals, messages: [] });
      // The control of the control: nothing but the gate has stopped it.
      assert.deepEqual(await delivered(template, false), { refusals: [], messages: ['an order'] });
    });
  }

  it('does not take a second policy on a queue, of which one would overwrite the other', async () => {
    const template = fanOut();
    template.Resources.Second = structuredClone(template.Resources[queuePolicyId(template)]);
    await assert.rejects(delivered(template, true), /2 queue policies overwrite one another/);
  });

  it('does not take a dead-letter queue that lets another queue use it', async () => {
    const template = fanOut();
    byName(template, 'OrdersBillingDeadLetterQueue').Properties.RedriveAllowPolicy.sourceQueueArns = ['arn:aws:sqs:eu-west-1:000000000000:other'];
    await assert.rejects(delivered(template, true), /allows only arn:aws:sqs:eu-west-1:000000000000:other/);
  });

  after(() => console.info(`flow: ${CONTROLS.length} negative controls stopped by the gate, each delivered without it`));
});

/** What becomes of one message. */
async function delivered(template: Json, gate: boolean): Promise<{ refusals: Refusal[]; messages: string[] }> {
  const emulator = await Emulator.start();
  try {
    const deployment = await deploy(emulator, template, { gate });
    await publish(emulator, deployment.topic('OrdersTopic'), { body: 'an order' });
    assert.deepEqual(await counts(emulator, deployment.queue('OrdersBillingDeadLetterQueue')), { visible: 0, inFlight: 0, delayed: 0 });
    const messages = await drain(emulator, deployment.queue(QUEUE));
    return { refusals: deployment.refused.flatMap(({ refusals }) => refusals), messages: messages.map(({ Body }) => JSON.parse(Body!).Message) };
  } finally {
    await emulator.stop();
  }
}

function idOf(template: Json, name: string): string {
  const [id, ...others] = Object.keys(template.Resources).filter(key => new RegExp(`^${name}[0-9A-F]{8}$`).test(key));
  assert.ok(id && others.length === 0, name);
  return id;
}

function byName(template: Json, name: string): Json {
  return template.Resources[idOf(template, name)];
}

function queuePolicyId(template: Json): string {
  return idOf(template, 'OrdersBillingQueuePolicy');
}

function queuePolicy(template: Json): Json {
  return template.Resources[queuePolicyId(template)].Properties.PolicyDocument;
}

function keyPolicy(template: Json): Json {
  return byName(template, 'OrdersBillingKey').Properties.KeyPolicy;
}

function forSns(statement: Json): boolean {
  return statement.Principal.Service === SNS;
}

function forSnsIn(policy: Json): Json {
  const found = policy.Statement.filter(forSns);
  assert.equal(found.length, 1);
  return found[0];
}

function drop(policy: Json, which: (statement: Json) => boolean) {
  const before = policy.Statement.length;
  policy.Statement = policy.Statement.filter((statement: Json) => !which(statement));
  assert.equal(policy.Statement.length, before - 1);
}

function set(policy: Json, operator: string, key: string, value: string) {
  const { Condition } = forSnsIn(policy);
  assert.ok(Condition[operator][key]);
  Condition[operator][key] = value;
}
