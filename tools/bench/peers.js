const { json, text } = require('node:stream/consumers');

const listenOn = { port: Number(process.env.HTTP_PORT), host: '127.0.0.1' };
const ndjson = 'application/x-ndjson';
const welcome = () => ({ message: 'Welcome', time: new Date().toISOString() });

/** Common to three peers, and loaded by them only. */
function shared() {
  const { MongoClient } = require('mongodb');
  const { collectDefaultMetrics, Histogram } = require('prom-client');
  const collection = new MongoClient(process.env.MONGODB_URI).db().collection('data');
  collectDefaultMetrics();
  const labelNames = ['method', 'route', 'status'];
  const seconds = new Histogram({ name: 'http_request_duration_seconds', help: 'Time of a request.', labelNames });
  return {
    /** A histogram by method, route and status, as in prom-client's documentation. */
    observe: (method, route, status, ms) => seconds.observe({ method, route: route ?? 'none', status }, ms / 1000),
    list: () => collection.find().toArray(),
    storeOne: async (document) => ({ id: (await collection.insertOne(document)).insertedId }),
    async storeLines(lines) {
      const documents = lines.trimEnd().split('\n');
      const { insertedCount } = await collection.insertMany(documents.map((line) => JSON.parse(line)));
      return { insertedCount };
    },
  };
}

const peers = {
  /** The limit for `GET /`: Koa with a single middleware. */
  bareKoa() {
    const Koa = require('koa');
    const app = new Koa().use((context) => {
      context.body = welcome();
    });
    app.listen(listenOn);
  },

  /** Koa and its router as in their documentation, with koa-pino-logger and prom-client. */
  koaRouter() {
    const Koa = require('koa');
    const Router = require('@koa/router');
    const { observe, list, storeOne, storeLines } = shared();
    const router = new Router()
      .get('/', (context) => {
        context.body = welcome();
      })
      .get('/data', async (context) => {
        context.body = await list();
      })
      .post('/data', async (context) => {
        const { req } = context;
        context.body = context.is(ndjson) ? await storeLines(await text(req)) : await storeOne(await json(req));
        context.status = 201;
      });
    const app = new Koa()
      .use(require('koa-pino-logger')())
      .use(async (context, next) => {
        const begin = performance.now();
        await next();
        observe(context.method, context._matchedRoute, context.status, performance.now() - begin);
      })
      .use(router.routes());
    app.listen(listenOn);
  },

  /** Express 5 as in its documentation, with pino-http and prom-client. */
  express() {
    const express = require('express');
    const { observe, list, storeOne, storeLines } = shared();
    express()
      .use(require('pino-http')())
      .use((request, response, next) => {
        const begin = performance.now();
        response.on('finish', () => {
          observe(request.method, request.route?.path, response.statusCode, performance.now() - begin);
        });
        next();
      })
      .use(express.json())
      .use(express.text({ type: ndjson, limit: '1gb' }))
      .get('/', (_request, response) => response.json(welcome()))
      .get('/data', async (_request, response) => response.json(await list()))
      .post('/data', async (request, response) => {
        const { body } = request;
        response.status(201).json(request.is(ndjson) ? await storeLines(body) : await storeOne(body));
      })
      .listen(listenOn.port, listenOn.host);
  },

  /** Fastify as in its documentation, with its logger, prom-client, and a schema where the shape of the response is known. */
  fastify() {
    const { observe, list, storeOne, storeLines } = shared();
    const app = require('fastify')({ bodyLimit: 2 ** 30, logger: true });
    app.addHook('onResponse', async (request, reply) => {
      observe(request.method, request.routeOptions.url, reply.statusCode, reply.elapsedTime);
    });
    app.addContentTypeParser(ndjson, { parseAs: 'string' }, async (_request, body) => body);
    const shape = { type: 'object', properties: { message: { type: 'string' }, time: { type: 'string' } } };
    app.get('/', { schema: { response: { 200: shape } } }, async () => welcome());
    app.get('/data', list);
    app.post('/data', ({ body }, reply) => {
      reply.code(201);
      return typeof body === 'string' ? storeLines(body) : storeOne(body);
    });
    app.listen(listenOn);
  },
};

peers[process.argv[2]]();
