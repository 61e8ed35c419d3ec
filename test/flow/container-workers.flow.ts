import { itFinds, itKeepsOrder, itLosesNothing } from './container-checks';
import { TYPESCRIPT } from './container-programs';
import { describe } from './runner';

// 10,000 messages, the other faults, and the worker in Python: `npm run test:clients`.
describe('the workers of the example container-workers', () => {
  itLosesNothing(TYPESCRIPT, 1_000, 3);
  itKeepsOrder(TYPESCRIPT);
  itFinds(TYPESCRIPT, 'deletes before it works');
}, { concurrency: 3 });
