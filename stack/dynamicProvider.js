// The code that every stack's state holds of its dynamic resources loads this file: it keeps its path and what it exports.
require('tsx/cjs');

module.exports = (type) => require('./dynamicProviders.ts').dynamicProviders[type];
