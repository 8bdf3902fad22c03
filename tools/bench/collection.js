const { MongoClient } = require('mongodb');

/** What every peer stores in: a pool of the service's size, and its promise, on disk at the majority. */
exports.client = new MongoClient(process.env.MONGODB_URI, {
  maxPoolSize: Number(process.env.MAX_POOL_SIZE),
  writeConcern: { w: 'majority', journal: true },
});
exports.collection = exports.client.db().collection('data');
