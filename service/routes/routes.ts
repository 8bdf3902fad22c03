import Router from '@koa/router';
import { probes } from '../contract';
import type { Dependencies } from '../dependencies';
import { deleteDocument } from './deleteDocument';
import { getDocument } from './getDocument';
import { getOpenapi } from './getOpenapi';
import { live, ready } from './health';
import { listData } from './listData';
import { postData } from './postData';
import { welcome } from './welcome';

/** All endpoints. */
export function createRoutes(dependencies: Dependencies): Router {
  return new Router()
    .get('/', welcome(dependencies))
    .get('/openapi.json', getOpenapi)
    .get('/data', listData(dependencies))
    .post('/data', postData(dependencies))
    .get('/data/:id', getDocument(dependencies))
    .delete('/data/:id', deleteDocument(dependencies))
    .get('/health', ready(dependencies))
    .get(probes.live, live)
    .get(probes.ready, ready(dependencies));
}
