// The Pulumi program, for Pulumi's own `require`.
module.exports = require('./load')('index.ts');
