import Router from '@koa/router';
import { probes } from '../contract';
import type { Dependencies } from '../dependencies';
import { live, ready } from './health';
import { listData } from './listData';
import { postData } from './postData';
import { welcome } from './welcome';

/** All endpoints. */
export function createRoutes(dependencies: Dependencies): Router {
  return new Router()
    .get('/', welcome)
    .get('/data', listData(dependencies))
    .post('/data', postData(dependencies))
    .get('/health', ready(dependencies))
    .get(probes.live, live)
    .get(probes.ready, ready(dependencies));
}
