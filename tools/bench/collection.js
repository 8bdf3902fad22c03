const { MongoClient } = require('mongodb');

/** The collection of every peer, with the pool size and the write concern of the service. */
exports.client = new MongoClient(process.env.MONGODB_URI, {
  maxPoolSize: Number(process.env.MAX_POOL_SIZE),
  writeConcern: { w: 'majority', journal: true },
});
exports.collection = exports.client.db().collection('data');
