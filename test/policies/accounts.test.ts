import { ADMINISTRATOR, OTHER_ACCOUNT, Request, World, allowing, canDeliver, expectAllowedWithTwins, expectDelivered, legsToConsume, legsToSend, reportAtEnd } from './harness';
import { read } from '../docs/blocks';
import { Built, build, recipeBlocks } from '../docs/recipes';
import { buildExample } from '../support/examples';

type Json = any;

reportAtEnd('accounts');

// Each test builds two apps and decides some hundred requests.
jest.setTimeout(30_000);

/** The accounts of the recipes: the owner, and two others of which the first is in the organization. */
const [OWNER, PARTNER, CONSUMER] = ['111122223333', '444455556666', '777788889999'];
const REGION = 'eu-west-1';
const ORGANIZATION = 'o-1234567890';
const IN_ORGANIZATION = { 'aws:PrincipalOrgID': ORGANIZATION };
/** The key of the owner as the other account writes it before it knows it. */
const KEY = `arn:aws:kms:${REGION}:${OWNER}:key/11111111-2222-4333-8444-555555555555`;

const deployed = ({ app, templates }: Built) => app.synth().stacks.map(({ stackName, environment: { account, region } }) => (
  { template: templates[stackName], deployed: { stackName, account, region } }));

const asWritten = (code: string) => code;

/** Both apps of a recipe, as deployed one after the other. */
async function bothApps(title: string, changeOwner = asWritten, changeOther = asWritten): Promise<World> {
  const [owner, other] = recipeBlocks(title);
  const ofOwner = deployed(build({ ...owner, code: changeOwner(owner.code) }));
  const [key] = (await World.ofTemplates(ofOwner)).arns('AWS::KMS::Key');
  expect(other.code).toContain(KEY);
  const ofOther = deployed(build({ ...other, code: changeOther(other.code).replace(KEY, key) }));
  return World.ofTemplates([...ofOwner, ...ofOther], {}, ['kms:ReEncrypt*', 'kms:GenerateDataKey*']);
}

/** Replaces a part of a recipe, which has to be there. */
const replacing = (what: string, by: string) => (code: string) => {
  expect(code).toContain(what);
  return code.split(what).join(by);
};

const only = (arns: string[]) => {
  expect(arns).toHaveLength(1);
  return arns[0];
};
const named = (world: World, type: string, name: string) => only(world.arns(type).filter(arn => arn.includes(name)));
const withoutAllows = (policy: Json) => ({ ...policy, Statement: policy.Statement.filter(({ Effect, Action }: Json) => Effect === 'Deny' || Action === 'kms:*') });

/** Expects that a request from another account is allowed by both sides together, and by neither alone; nor for a role of a third account. */
async function expectBothSides(world: World, request: Request): Promise<void> {
  await expectAllowedWithTwins(world, request);
  const policies = world.policiesFor(request);
  expect(policies.identityPolicies.length).toBeGreaterThan(0);
  expect(await world.decide(request, { ...policies, identityPolicies: [] })).toBe('ImplicitlyDenied');
  expect(await world.decide(request, { ...policies, resourcePolicy: withoutAllows(policies.resourcePolicy) })).toBe('ImplicitlyDenied');
  const third = { ...request, principal: request.principal.replace(/\d{12}/, OTHER_ACCOUNT), context: {}, identityPolicies: [ADMINISTRATOR] };
  expect(await world.may(third)).toBe('ImplicitlyDenied');
}

/** The statements that an account without the CDK pastes, from the JSON of the recipe. */
function pasted(title: string, key: string): Json[] {
  const [, after] = read('docs/cookbook.md').split(`\n## ${title}\n`);
  return JSON.parse(/```json\n([^]*?)```/.exec(after)![1].split(KEY).join(key));
}
const asPolicies = (statements: Json[]) => [{ Version: '2012-10-17', Statement: statements }];

describe('a queue shared with other accounts', () => {
  const TITLE = 'Share a queue with another account';
  const roleOf = (account: string, role: string) => `new iam.AccountPrincipal('${account}').withConditions({ ArnEquals: { 'aws:PrincipalArn': 'arn:aws:iam::${account}:role/${role}' } })`;
  const bySending = replacing(`new iam.AccountPrincipal('${PARTNER}')`, `new iam.OrganizationPrincipal('${ORGANIZATION}')`);
  const byConsuming = replacing(`new iam.AccountPrincipal('${CONSUMER}')`, `new iam.OrganizationPrincipal('${ORGANIZATION}')`);
  const producersAndConsumers: [string, (code: string) => string, (code: string) => string, (principal: string) => Request['context']][] = [
    ['an account each', asWritten, asWritten, () => ({})],
    ['an organization', code => byConsuming(bySending(code)), asWritten, () => IN_ORGANIZATION],
    ['one role each, which need not exist yet',
      code => replacing(`new iam.AccountPrincipal('${CONSUMER}')`, roleOf(CONSUMER, 'archiver'))(replacing(`new iam.AccountPrincipal('${PARTNER}')`, roleOf(PARTNER, 'checkout'))(code)),
      code => replacing("'Archiver', {", "'Archiver', { roleName: 'archiver',")(replacing("'Checkout', {", "'Checkout', { roleName: 'checkout',")(code)), principal => ({ 'aws:PrincipalArn': principal })],
  ];

  test.each(producersAndConsumers)('%s: both sides are needed, on the queue and on its key', async (what, owner, other, contextOf) => {
    const world = await bothApps(TITLE, owner, other);
    const queue = named(world, 'AWS::SQS::Queue', ':invoices');
    const [producer, consumer] = [PARTNER, CONSUMER].map(account => only(world.arns('AWS::IAM::Role').filter(arn => arn.includes(account))));
    for (const leg of [...legsToSend(world, producer, queue), ...legsToConsume(world, consumer, queue)]) {
      // The organization may both send and receive: two statements allow the action on the key that is common to them.
      if (what === 'an organization' && leg.action === 'kms:Decrypt') continue;
      await expectBothSides(world, { ...leg, context: contextOf(leg.principal) });
    }
    for (const [principal, action] of [[producer, 'sqs:ReceiveMessage'], [consumer, 'sqs:SendMessage']]) {
      expect(await world.may({ principal, action, resource: queue, context: contextOf(principal) })).toBe('ImplicitlyDenied');
    }
  });

  test('another organization and another role of the account are kept out', async () => {
    const [, [, byOrganization, sameCode], [, byRole, named2]] = producersAndConsumers;
    const world = await bothApps(TITLE, byOrganization, sameCode);
    const queue = named(world, 'AWS::SQS::Queue', ':invoices');
    const ask = (principal: string, context: Request['context']) => ({ principal, action: 'sqs:SendMessage', resource: queue, context, identityPolicies: [ADMINISTRATOR] });
    const producer = named(world, 'AWS::IAM::Role', 'Checkout');
    expect(await world.may(ask(producer, IN_ORGANIZATION))).toBe('Allowed');
    expect(await world.may(ask(producer, { 'aws:PrincipalOrgID': 'o-0987654321' }))).toBe('ImplicitlyDenied');
    expect(await world.may(ask(producer, {}))).toBe('ImplicitlyDenied');

    const strict = await bothApps(TITLE, byRole, named2);
    expect(await strict.may(ask(`arn:aws:iam::${PARTNER}:role/checkout`, {}))).toBe('Allowed');
    expect(await strict.may(ask(`arn:aws:iam::${PARTNER}:role/other`, {}))).toBe('ImplicitlyDenied');
  });

  test('without CDK, the pasted statements are enough, and each is needed', async () => {
    const world = await bothApps(TITLE);
    const queue = named(world, 'AWS::SQS::Queue', ':invoices');
    const [send, sendWithKey, consume, consumeWithKey] = pasted(TITLE, only(world.arns('AWS::KMS::Key')));
    const theirs = (account: string) => `arn:aws:iam::${account}:role/Theirs`;
    for (const leg of legsToSend(world, theirs(PARTNER), queue, asPolicies([send, sendWithKey]))) await expectAllowedWithTwins(world, leg);
    for (const leg of legsToConsume(world, theirs(CONSUMER), queue, asPolicies([consume, consumeWithKey]))) await expectAllowedWithTwins(world, leg);
  });
});

describe('a topic shared with other accounts', () => {
  const TITLE = 'Share a topic with other accounts';
  const ENDPOINT = `arn:aws:sqs:${REGION}:${PARTNER}:Invoices`;
  const OF_QUEUES = "organization.withConditions({ StringEquals: { 'sns:Protocol': 'sqs' } })";
  const subscribing = (principal: string) => replacing(OF_QUEUES, principal);
  /** The policy of a topic denies only publishing without TLS. */
  const SUBSCRIBING = { notOurs: true };
  const conditions = `StringEquals: { 'sns:Protocol': 'sqs' }, StringLike: { 'sns:Endpoint': 'arn:aws:sqs:*:${PARTNER}:*' }`;
  const subscribers: [string, (code: string) => string, Request['context']][] = [
    ['an organization', asWritten, { ...IN_ORGANIZATION, 'sns:Protocol': 'sqs' }],
    ['an account, for its own queues', subscribing(`new iam.AccountPrincipal('${PARTNER}').withConditions({ ${conditions} })`), { 'sns:Protocol': 'sqs', 'sns:Endpoint': ENDPOINT }],
    ['one role', subscribing(`new iam.AccountPrincipal('${PARTNER}').withConditions({ ArnEquals: { 'aws:PrincipalArn': 'arn:aws:iam::${PARTNER}:role/deploy' }, ${conditions} })`),
      { 'aws:PrincipalArn': `arn:aws:iam::${PARTNER}:role/deploy`, 'sns:Protocol': 'sqs', 'sns:Endpoint': ENDPOINT }],
  ];

  test.each(subscribers)('%s subscribes with the permission of both sides, and only what the conditions allow', async (_, owner, context) => {
    const world = await bothApps(TITLE, owner);
    const topic = only(world.arns('AWS::SNS::Topic'));
    const request = { principal: `arn:aws:iam::${PARTNER}:role/deploy`, action: 'sns:Subscribe', resource: topic, context, identityPolicies: [allowing(['sns:Subscribe'], topic)] };
    await expectAllowedWithTwins(world, request, SUBSCRIBING);
    expect(await world.may({ ...request, identityPolicies: [] })).toBe('ImplicitlyDenied');
    const policies = world.policiesFor(request);
    expect(await world.decide(request, { ...policies, resourcePolicy: withoutAllows(policies.resourcePolicy) })).toBe('ImplicitlyDenied');
    const others: Request['context'][] = [{ 'sns:Protocol': 'https' }, 'sns:Endpoint' in context! ? { 'sns:Endpoint': ENDPOINT.replace(PARTNER, OTHER_ACCOUNT) } : { 'aws:PrincipalOrgID': 'o-0987654321' }];
    for (const other of others) expect(await world.may({ ...request, context: { ...context, ...other } })).toBe('ImplicitlyDenied');
    // Whoever subscribes may not change the topic, nor publish because of it.
    const administrator = { ...request, principal: `arn:aws:iam::${PARTNER}:role/deploy`, identityPolicies: [ADMINISTRATOR] };
    expect(await world.allowed(administrator)).toEqual(['sns:Publish', 'sns:Subscribe']);
  });

  test('publishes with the permission of both sides, on the topic and on its key', async () => {
    const world = await bothApps(TITLE);
    const topic = only(world.arns('AWS::SNS::Topic'));
    const publisher = named(world, 'AWS::IAM::Role', 'Billing');
    expect(publisher).toContain(PARTNER);
    const legs = legsToSend(world, publisher, topic);
    expect(legs).toHaveLength(3);
    for (const leg of legs) await expectBothSides(world, leg);
    expect(await world.matrix(publisher)).toEqual({ [topic]: ['sns:Publish'], [legs[1].resource]: ['kms:Decrypt', 'kms:GenerateDataKey'] });
  });

  test.each<[string, string, Request['context']]>([
    ['an organization', `new iam.OrganizationPrincipal('${ORGANIZATION}')`, IN_ORGANIZATION],
    ['one role', `new iam.AccountPrincipal('${PARTNER}').withConditions({ ArnEquals: { 'aws:PrincipalArn': 'arn:aws:iam::${PARTNER}:role/billing' } })`,
      { 'aws:PrincipalArn': `arn:aws:iam::${PARTNER}:role/billing` }],
  ])('%s publishes, too', async (_, principal, context) => {
    const world = await bothApps(TITLE, replacing(`grantPublish(new iam.AccountPrincipal('${PARTNER}'))`, `grantPublish(${principal})`), replacing("'Billing', { assumedBy", "'Billing', { roleName: 'billing', assumedBy"));
    const topic = only(world.arns('AWS::SNS::Topic'));
    for (const leg of legsToSend(world, `arn:aws:iam::${PARTNER}:role/billing`, topic)) await expectBothSides(world, { ...leg, context });
  });

  test('delivers to the queue of the other account and to its dead letters, under the key of that account', async () => {
    const world = await bothApps(TITLE);
    const source = only(world.arns('AWS::SNS::Topic'));
    const queues = world.arns('AWS::SQS::Queue');
    expect(queues.map(arn => arn.split(':')[4])).toEqual([PARTNER, PARTNER]);
    for (const to of queues) {
      await expectDelivered(world, { service: 'sns.amazonaws.com', source, to });
      // The confused deputy: a topic of the same name in another account.
      expect(await canDeliver(world, { service: 'sns.amazonaws.com', source: source.replace(OWNER, OTHER_ACCOUNT), to })).toBe(false);
    }
  });

  test('without CDK, the pasted statements are enough, and each is needed', async () => {
    const world = await bothApps(TITLE);
    const topic = only(world.arns('AWS::SNS::Topic'));
    const [subscribe, publish, useKey] = pasted(TITLE, legsToSend(world, '', topic)[1].resource);
    const principal = `arn:aws:iam::${PARTNER}:role/Theirs`;
    const toSubscribe = { principal, action: 'sns:Subscribe', resource: topic, context: { ...IN_ORGANIZATION, 'sns:Protocol': 'sqs' }, identityPolicies: asPolicies([subscribe]) };
    await expectAllowedWithTwins(world, toSubscribe, SUBSCRIBING);
    for (const leg of legsToSend(world, principal, topic, asPolicies([publish, useKey]))) await expectAllowedWithTwins(world, leg);
  });
});

describe('the example order-bus, in two accounts', () => {
  const context = { billingAccount: PARTNER, topicArn: `arn:aws:sns:${REGION}:${OWNER}:order-bus` };
  const synthesized = (example: string, account: string, more = {}) => buildExample(example, { ...context, ...more }).synth().stacks
    .map(({ template, stackName }) => ({ template, deployed: { stackName, account, region: REGION } }));
  let world: World;
  const topic = () => only(world.arns('AWS::SNS::Topic'));
  const queuesOf = (account: string) => world.arns('AWS::SQS::Queue').filter(arn => arn.includes(account));

  beforeAll(async () => {
    const bus = synthesized('order-bus', OWNER);
    const [keyArn] = (await World.ofTemplates(bus)).arns('AWS::KMS::Key');
    world = await World.ofTemplates([...bus, ...synthesized('order-bus-billing', PARTNER, { keyArn })]);
  });

  test('the topic of the one is the topic of the other', () => {
    expect(topic()).toBe(context.topicArn);
    expect([queuesOf(OWNER), queuesOf(PARTNER)].map(({ length }) => length)).toEqual([2, 2]);
  });

  test('billing subscribes its own queues, and nothing else', async () => {
    const [endpoint] = queuesOf(PARTNER);
    const asked = { 'sns:Protocol': 'sqs', 'sns:Endpoint': endpoint };
    const request = { principal: `arn:aws:iam::${PARTNER}:role/Deployment`, action: 'sns:Subscribe', resource: topic(), context: asked, identityPolicies: [allowing(['sns:Subscribe'], topic())] };
    await expectAllowedWithTwins(world, request, { notOurs: true });
    expect(await world.may({ ...request, identityPolicies: [] })).toBe('ImplicitlyDenied');
    for (const other of [{ 'sns:Protocol': 'https' }, { 'sns:Endpoint': queuesOf(OWNER)[0] }, { 'sns:Endpoint': endpoint.replace(PARTNER, CONSUMER) }]) {
      expect(await world.may({ ...request, context: { ...asked, ...other } })).toBe('ImplicitlyDenied');
    }
  });

  test('billing publishes and receives, the shop publishes, and the auditor receives; each that alone', async () => {
    const role = (name: string) => named(world, 'AWS::IAM::Role', `OrderBus${name}`);
    const [billing, shop, auditor] = [named(world, 'AWS::IAM::Role', 'OrderBusBilling-Billing'), role('-Shop'), role('-Auditor')];
    for (const leg of legsToSend(world, billing, topic())) await expectBothSides(world, leg);
    const key = only(world.arns('AWS::KMS::Key'));
    const publishing = { [topic()]: ['sns:Publish'], [key]: ['kms:Decrypt', 'kms:GenerateDataKey'] };
    const CONSUME = ['sqs:ChangeMessageVisibility', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:GetQueueUrl', 'sqs:ReceiveMessage'];
    const queueNamed = (name: string) => named(world, 'AWS::SQS::Queue', name);
    expect(await world.matrix(billing)).toEqual({ ...publishing, [queueNamed('Orders-ToBill')]: CONSUME });
    expect(await world.matrix(shop)).toEqual(publishing);
    expect(await world.matrix(auditor)).toEqual({ [queueNamed('Orders-Audit')]: CONSUME });
  });

  test('the bus delivers to the queues and dead letters of both accounts', async () => {
    for (const to of [...queuesOf(OWNER), ...queuesOf(PARTNER)]) await expectDelivered(world, { service: 'sns.amazonaws.com', source: topic(), to });
  });
});
