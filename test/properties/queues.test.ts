import { QUEUES } from './support/families/queues';
import { everyDraw } from './support/runs';

QUEUES.forEach(everyDraw);
