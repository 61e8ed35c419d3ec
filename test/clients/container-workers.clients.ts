import { itFinds, itKeepsOrder, itLosesNothing } from '../flow/container-checks';
import { Fault, TYPESCRIPT, pythonProgram } from '../flow/container-programs';
import { describe } from '../flow/runner';

const PYTHON = pythonProgram(process.env.CDK_DECOUPLE_PYTHON!);
const FAULTS: Fault[] = ['deletes before it works', 'sends no heartbeat', 'ignores SIGTERM', 'receives without protection'];

for (const program of [TYPESCRIPT, PYTHON]) {
  describe(`the worker of the example container-workers in ${program.language}`, () => {
    itLosesNothing(program, { messages: 10_000, processes: 4, ends: 30 });
    itKeepsOrder(program);
    FAULTS.forEach(fault => itFinds(program, fault));
  });
}
