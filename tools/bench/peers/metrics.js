const { collectDefaultMetrics, Histogram, register } = require('prom-client');

collectDefaultMetrics();
const seconds = new Histogram({
  name: 'http_request_duration_seconds',
  help: 'Time of a request.',
  labelNames: ['method', 'route', 'status'],
});

/** What every Node peer counts, as prom-client's documentation has it: a histogram by method, route and status. */
exports.observe = (method, route, status, milliseconds) =>
  seconds.observe({ method, route, status }, milliseconds / 1000);
exports.register = register;
