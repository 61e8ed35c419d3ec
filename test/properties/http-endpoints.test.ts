import { HTTP_ENDPOINTS } from './support/families/http-endpoints';
import { everyDraw } from './support/runs';

HTTP_ENDPOINTS.forEach(everyDraw);
