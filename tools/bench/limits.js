const { createServer } = require('node:http');
const { readFileSync } = require('node:fs');
const { MongoClient } = require('mongodb');

const client = new MongoClient(process.env.MONGODB_URI);
const collection = client.db().collection('data');
const connections = client.options.maxPoolSize;

/** Documents per second of several workers after a warm-up. `work` resolves to a number of documents. */
async function rateOf([warmupSeconds, seconds], workers, work) {
  const runFor = async (duration) => {
    const begin = performance.now();
    let count = 0;
    const worker = async () => {
      while (performance.now() - begin < duration * 1000) {
        const done = await work();
        count += done; // `count += await …` would lose the counts of other workers
      }
    };
    await Promise.all(Array.from({ length: workers }, worker));
    return (count / (performance.now() - begin)) * 1000;
  };
  await runFor(Number(warmupSeconds));
  return runFor(Number(seconds));
}

/** The driver alone. Each limit prints one number. */
const limits = {
  /** One document per command, on all connections. */
  insertOne(text, ...times) {
    const document = JSON.parse(text);
    return rateOf(times, connections, async () => {
      await collection.insertOne({ ...document });
      return 1;
    });
  },

  /** Like the service's insert queue: two concurrent commands, which share the documents of one client per connection. */
  insertGrouped(text, ...times) {
    const document = JSON.parse(text);
    return rateOf(times, 2, async () => {
      const documents = Array.from({ length: connections / 2 }, () => ({ ...document }));
      return (await collection.insertMany(documents, { ordered: false })).insertedCount;
    });
  },

  /** Documents in memory, 1000 per command. */
  async insertMany(file) {
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    const insertAll = async () => {
      await client.db().dropDatabase();
      const documents = lines.map((line) => JSON.parse(line));
      const begin = performance.now();
      for (let at = 0; at < documents.length; at += 1000) await collection.insertMany(documents.slice(at, at + 1000));
      return (documents.length / (performance.now() - begin)) * 1000;
    };
    await insertAll(); // the warm-up
    return insertAll();
  },

  /** The cursor, and `JSON.stringify` of each document. */
  read: (...times) =>
    rateOf(times, 1, async () => {
      let [count, length] = [0, 0];
      for await (const document of collection.find()) {
        length += JSON.stringify(document).length;
        count += 1;
      }
      if (length === 0) throw new Error('The collection is empty.');
      return count;
    }),
};

async function main([name, ...args]) {
  if (name === 'connected') {
    // The limit of a cold start: a bare Node server that responds once its driver is connected.
    await client.db().command({ ping: 1 });
    createServer((_request, response) => response.end('ok')).listen(Number(process.env.HTTP_PORT), '127.0.0.1');
    return;
  }
  console.log(await limits[name](...args));
  await client.close();
}

main(process.argv.slice(2));
