import { createApp } from '../../../service/app';
import { readConfiguration } from '../../../service/configuration';
import { environment } from '../../../service/contract';
import { Database } from '../../../service/database/database';
import { createBoundedServer, listen } from '../../../service/http/server';

/** The service with neither logs nor metrics: the same app and server, without an observer. */
const { mongoUri, limits, httpPort } = readConfiguration(process.env);
const database = new Database(mongoUri, limits);
const app = createApp({ database, limits, draining: new AbortController().signal });
void listen(createBoundedServer(limits, app.callback()), httpPort, environment.httpPort, '127.0.0.1');
