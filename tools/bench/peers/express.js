const express = require('express');
const pinoHttp = require('pino-http');
const { collection } = require('./database');
const { observe, register } = require('./metrics');

/** Express 5 as its documentation uses it, with pino-http and prom-client. */
express()
  .use(pinoHttp())
  .use((request, response, next) => {
    const begin = performance.now();
    response.on('finish', () => {
      observe(request.method, request.route?.path ?? 'none', response.statusCode, performance.now() - begin);
    });
    next();
  })
  .use(express.json())
  .use(express.text({ type: 'application/x-ndjson', limit: '1gb' }))
  .get('/', (_request, response) => {
    response.json({ message: 'Welcome', time: new Date().toISOString() });
  })
  .get('/metrics', async (_request, response) => {
    response.type(register.contentType).send(await register.metrics());
  })
  .get('/data', async (_request, response) => {
    response.json(await collection.find().toArray());
  })
  .post('/data', async (request, response) => {
    if (request.is('application/x-ndjson')) {
      const lines = request.body.trimEnd().split('\n');
      const { insertedCount } = await collection.insertMany(lines.map((line) => JSON.parse(line)));
      response.status(201).json({ insertedCount });
    } else {
      const { insertedId } = await collection.insertOne(request.body);
      response.status(201).json({ id: insertedId });
    }
  })
  .listen(Number(process.env.HTTP_PORT), '127.0.0.1');
