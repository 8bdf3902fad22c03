// The code that every stack's state holds of its dynamic resources loads this file: it keeps its path and what it exports.
const { dynamicProviders } = require('./load')('dynamicProviders.ts');

module.exports = (type) => dynamicProviders[type];
