import { openapi } from './example/openapi';
import { limits, routes, settings } from './example/routes';
import { createService } from './platform/createService';

/** This service: the example on the platform. For one of your own, delete `example/` and put your routes in its place. */
export const service = createService({ limits, openapi, routes, settings });
