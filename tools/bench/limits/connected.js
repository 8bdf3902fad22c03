const { createServer } = require('node:http');
const { client } = require('../peers/database');

/** The limit for a cold start: a bare Node server that answers once its driver is connected. */
async function main() {
  await client.db().command({ ping: 1 });
  createServer((_request, response) => response.end('ok')).listen(Number(process.env.HTTP_PORT), '127.0.0.1');
}

main();
