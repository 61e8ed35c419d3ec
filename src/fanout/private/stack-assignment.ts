import { createHash } from 'crypto';

/**
 * The number of the stack that an id belongs to: 1 to `count`.
 *
 * It depends only on the id and the count, so other ids can be added and removed. With one more stack, only the ids that belong to the new stack leave theirs
 * (rendezvous hashing). The result is part of the public contract: a queue in another stack is another queue.
 */
export function assignedStack(id: string, count: number): number {
  let assigned = 1;
  let highest = '';
  for (let candidate = 1; candidate <= count; candidate++) {
    const weight = createHash('sha256').update(`${candidate}/${id}`).digest('hex');
    if (weight > highest) [assigned, highest] = [candidate, weight];
  }
  return assigned;
}
