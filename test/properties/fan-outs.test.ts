import { FAN_OUTS } from './support/families/fan-outs';
import { everyDraw } from './support/runs';

FAN_OUTS.forEach(everyDraw);
