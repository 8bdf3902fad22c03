import { environment } from '../../../service/contract';
import { Database } from '../../../service/platform/database';
import { MemoryBudget } from '../../../service/platform/memory';
import { createBoundedServer, listen } from '../../../service/platform/server';
import { service } from '../../../service/service';

/** The service with neither logs nor metrics: the same app and server, without an observer. */
const { mongoUri, limits, httpPort } = service.readConfiguration(process.env);
const database = new Database(mongoUri, limits);
const app = service.createApp({
  database,
  limits,
  memory: new MemoryBudget(limits),
  draining: new AbortController().signal,
});
void listen(createBoundedServer(limits, app.callback()), httpPort, environment.httpPort, '127.0.0.1');
