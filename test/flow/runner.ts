// The test runner of Node.js, whose functions give promises that matter only to tests within tests.
import * as runner from 'node:test';

export { after, before, beforeEach } from 'node:test';

export function describe(name: string, body: () => void, options: runner.TestOptions = {}): void {
  void runner.describe(name, options, body);
}

export function it(name: string, body: () => void | Promise<void>): void {
  void runner.it(name, body);
}
