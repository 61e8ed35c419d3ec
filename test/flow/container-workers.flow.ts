import { itFinds, itLosesNothing } from './container-checks';
import { TYPESCRIPT } from './container-programs';
import { describe } from './runner';

// 10,000 messages, message groups, the other faults, and the worker in Python: `npm run test:clients`.
describe('the workers of the example container-workers', () => {
  itLosesNothing(TYPESCRIPT, { messages: 1_000, processes: 3, ends: 3 });
  itFinds(TYPESCRIPT, 'deletes before it works');
}, { concurrency: 2 });
