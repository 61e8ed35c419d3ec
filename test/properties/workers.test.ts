import { WORKERS } from './support/families/workers';
import { everyDraw } from './support/runs';

WORKERS.forEach(everyDraw);
