const fastify = require('fastify');
const { collection } = require('./database');
const { observe, register } = require('./metrics');

/** Fastify as its documentation uses it, with its logger, prom-client, and a schema where the shape of the answer is known. */
const app = fastify({ bodyLimit: 2 ** 30, logger: true });

app.addHook('onResponse', async (request, reply) => {
  observe(request.method, request.routeOptions.url ?? 'none', reply.statusCode, reply.elapsedTime);
});
app.get('/metrics', (_request, reply) => {
  reply.type(register.contentType);
  return register.metrics();
});

app.addContentTypeParser('application/x-ndjson', { parseAs: 'string' }, async (_request, body) =>
  body
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line)),
);

const welcome = { type: 'object', properties: { message: { type: 'string' }, time: { type: 'string' } } };
app.get('/', { schema: { response: { 200: welcome } } }, async () => ({
  message: 'Welcome',
  time: new Date().toISOString(),
}));

app.get('/data', () => collection.find().toArray());

app.post('/data', async (request, reply) => {
  reply.code(201);
  if (Array.isArray(request.body)) return { insertedCount: (await collection.insertMany(request.body)).insertedCount };
  return { id: (await collection.insertOne(request.body)).insertedId };
});

app.listen({ port: Number(process.env.HTTP_PORT), host: '127.0.0.1' });
