import { ServiceSource } from '../../src/access';
import { FanOut, FifoFanOut } from '../../src/fanout';

/** A fan-out to which services may publish. */
export function letIn<T extends FanOut | FifoFanOut>(fanOut: T, ...sources: ServiceSource[]): T {
  sources.forEach(source => fanOut.allowService(source));
  return fanOut;
}
