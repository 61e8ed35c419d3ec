import { EVENTS } from './support/families/events';
import { everyDraw } from './support/runs';

EVENTS.forEach(everyDraw);
