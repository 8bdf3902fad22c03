const { createServer } = require('node:http');

/** The limit for `GET /`: what Node itself does, with no framework and no routing. */
createServer((_request, response) => {
  const body = JSON.stringify({ message: 'Welcome', time: new Date().toISOString() });
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}).listen(Number(process.env.HTTP_PORT), '127.0.0.1');
