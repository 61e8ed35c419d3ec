import assert from 'node:assert/strict';
import { Engine } from './engine';
import { itIsDeployed } from './example';
import { collect } from './inbox';
import { Requester, durableReplyQueue } from '../../examples/request-response/requester';
import { Responder } from '../../examples/request-response/responder';
import { counts, send } from '../flow/messages';
import { describe, it } from '../flow/runner';

const BRANCHES = ['Accra', 'Bergen', 'Cork', 'Dakar', 'Essen', 'Fargo', 'Genoa', 'Havana', 'Izmir', 'Juneau'];
const REQUESTS_EACH = 3;
/** An engine is slower than the emulator, but not by so many empty receives. */
const ROUNDS = 20;

describe('the example request-response, deployed to LocalStack', () => {
  const engine = Engine.running('LocalStack');
  const stack = itIsDeployed(engine, 'request-response');
  const requests = () => stack().id('QuotesRequestsQueue');
  const nameOfReplies = (branch: string) => stack().id(`Quotes${branch}Queue`).split('/').pop()!;
  const responder = () => new Responder(engine.sqs, requests(), async request => `${request}, answered`, error => { throw error; });
  const answer = async (expected: number) => {
    const actuary = responder();
    let answered = 0;
    for (let round = 0; round < ROUNDS && answered < expected; round += 1) answered += await actuary.receive(1);
    assert.equal(answered, expected);
  };

  it('brings each reply to the branch that asked, by the code of the example', async () => {
    const found = Object.fromEntries(await Promise.all(BRANCHES.map(async branch => {
      const requester = new Requester(engine.sqs, requests(), await durableReplyQueue(engine.sqs, nameOfReplies(branch)));
      return [branch, { requester, replies: Array.from({ length: REQUESTS_EACH }, (_, number) => requester.request(`${branch} ${number}`)) }] as const;
    })));
    await answer(BRANCHES.length * REQUESTS_EACH);
    for (const [branch, { requester, replies }] of Object.entries(found)) {
      let open = replies.length;
      replies.forEach(reply => void reply.then(() => { open -= 1; }));
      for (let round = 0; round < ROUNDS && open > 0; round += 1) assert.deepEqual(await requester.receive(1), []);
      assert.equal(open, 0, branch);
      assert.deepEqual(await Promise.all(replies), Array.from({ length: REQUESTS_EACH }, (_, number) => `${branch} ${number}, answered`));
    }
    assert.deepEqual(await counts(engine, requests()), { visible: 0, inFlight: 0, delayed: 0 });
  });

  it('finishes a request whose reply queue does not exist', async () => {
    await send(engine, requests(), { body: 'from a branch that has closed', attributes: { ReplyTo: 'closed', CorrelationId: '1' } });
    await answer(1);
    assert.deepEqual(await counts(engine, requests()), { visible: 0, inFlight: 0, delayed: 0 });
    assert.deepEqual(await collect(engine, stack().id('QuotesRequestsDeadLetterQueue'), 0), []);
  });
});
