const { client, collection } = require('../peers/database');

/** The driver alone: one document a command, as many at once as there are connections. Prints documents per second. */
async function main([warmupSeconds, seconds, text]) {
  const document = JSON.parse(text);

  const insertFor = async (duration) => {
    const begin = performance.now();
    let count = 0;
    const worker = async () => {
      while (performance.now() - begin < duration * 1000) {
        await collection.insertOne({ ...document });
        count += 1;
      }
    };
    await Promise.all(Array.from({ length: Number(process.env.MAX_POOL_SIZE) }, worker));
    return (count / (performance.now() - begin)) * 1000;
  };

  await insertFor(Number(warmupSeconds));
  console.log(await insertFor(Number(seconds)));
  await client.close();
}

main(process.argv.slice(2));
