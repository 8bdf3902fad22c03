const { json, text } = require('node:stream/consumers');
const Router = require('@koa/router');
const Koa = require('koa');
const pinoLogger = require('koa-pino-logger');
const { collection } = require('./database');
const { observe, register } = require('./metrics');

/** Koa and its router as their documentation uses them, with koa-pino-logger and prom-client. */
const router = new Router()
  .get('/', (context) => {
    context.body = { message: 'Welcome', time: new Date().toISOString() };
  })
  .get('/metrics', async (context) => {
    context.type = register.contentType;
    context.body = await register.metrics();
  })
  .get('/data', async (context) => {
    context.body = await collection.find().toArray();
  })
  .post('/data', async (context) => {
    if (context.is('application/x-ndjson')) {
      const lines = (await text(context.req)).trimEnd().split('\n');
      const { insertedCount } = await collection.insertMany(lines.map((line) => JSON.parse(line)));
      context.body = { insertedCount };
    } else {
      const { insertedId } = await collection.insertOne(await json(context.req));
      context.body = { id: insertedId };
    }
    context.status = 201;
  });

new Koa()
  .use(pinoLogger())
  .use(async (context, next) => {
    const begin = performance.now();
    await next();
    observe(context.method, context._matchedRoute ?? 'none', context.status, performance.now() - begin);
  })
  .use(router.routes())
  .listen(Number(process.env.HTTP_PORT), '127.0.0.1');
