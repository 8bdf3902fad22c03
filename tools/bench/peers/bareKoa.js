const Koa = require('koa');

/** Koa with a single middleware: the framework's own cost. */
new Koa()
  .use((context) => {
    context.body = { message: 'Welcome', time: new Date().toISOString() };
  })
  .listen(Number(process.env.HTTP_PORT), '127.0.0.1');
