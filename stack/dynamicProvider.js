// The state of every stack loads this file: its path and its export must never change.
const { dynamicProviders } = require('./load')('dynamicProviders.ts');

module.exports = (type) => dynamicProviders[type];
