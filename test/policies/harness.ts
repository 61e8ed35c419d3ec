import { deliveries } from './deliveries';
import { twins } from './twins';
import { FLAG_SET } from '../support/flag-differences';
import { simulations } from '../support/simulator';

/** All that a policy test needs. */
export * from './deliveries';
export * from './twins';
export * from './warnings';
export * from './world';

/** Says at the end of a file how much was proven in it. */
export function reportAtEnd(name: string): void {
  afterAll(() => console.info(`policies ${FLAG_SET}, ${name}: ${simulations()} simulations, ${twins()} twins, ${deliveries()} deliveries`));
}
