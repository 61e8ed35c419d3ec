import { STACKS } from './support/families/stacks';
import { everyDraw } from './support/runs';

STACKS.forEach(everyDraw);
