import { Change } from './change';
import { CHANGES_ACCESS } from './changes-access';
import { CHANGES_DELIVERY } from './changes-delivery';
import { CHANGES_FANOUT } from './changes-fanout';
import { CHANGES_HTTP_ENDPOINT } from './changes-http-endpoint';
import { CHANGES_QUEUES } from './changes-queues';
import { CHANGES_WORKERS } from './changes-workers';

/** A change of every prop of every construct. */
export const CHANGES: Change[] = [
  ...CHANGES_QUEUES, ...CHANGES_FANOUT, ...CHANGES_WORKERS, ...CHANGES_DELIVERY, ...CHANGES_HTTP_ENDPOINT, ...CHANGES_ACCESS,
];
