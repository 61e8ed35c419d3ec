import { DELIVERIES } from './support/families/deliveries';
import { everyDraw } from './support/runs';

DELIVERIES.forEach(everyDraw);
