import { openapi } from './example/openapi';
import { limits, routes, settings } from './example/routes';
import { createService } from './platform/createService';

/** This service: the example on the platform. For your own, delete `example/` and pass your routes. */
export const service = createService({ limits, openapi, routes, settings });
