import { BUCKET_EVENTS } from './support/families/bucket-events';
import { everyDraw } from './support/runs';

BUCKET_EVENTS.forEach(everyDraw);
