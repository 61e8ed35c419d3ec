import { ENDPOINTS } from './support/families/endpoints';
import { everyDraw } from './support/runs';

ENDPOINTS.forEach(everyDraw);
