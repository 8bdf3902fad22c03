// The Pulumi program, for Pulumi's own `require`.
module.exports = require('./load')('index.ts');

// Pulumi reads a stack trace for each resource and promise. Mapping all of them to TypeScript lines takes 0.4 s, so this waits for the
// first error.
const mapped = Error.prepareStackTrace;
Error.prepareStackTrace = undefined;
for (const event of ['uncaughtException', 'unhandledRejection']) {
  process.prependListener(event, () => (Error.prepareStackTrace = mapped));
}
