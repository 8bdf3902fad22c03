const { client, collection } = require('../peers/database');

/**
 * The driver alone, doing what the service's insert queue does: two commands under way, which share all the documents
 * that as many clients as there are connections would have sent. Prints documents per second.
 */
async function main([warmupSeconds, seconds, text]) {
  const document = JSON.parse(text);
  const length = Number(process.env.MAX_POOL_SIZE) / 2;

  const insertFor = async (duration) => {
    const begin = performance.now();
    let count = 0;
    const worker = async () => {
      while (performance.now() - begin < duration * 1000) {
        await collection.insertMany(
          Array.from({ length }, () => ({ ...document })),
          { ordered: false },
        );
        count += length;
      }
    };
    await Promise.all([worker(), worker()]);
    return (count / (performance.now() - begin)) * 1000;
  };

  await insertFor(Number(warmupSeconds));
  console.log(await insertFor(Number(seconds)));
  await client.close();
}

main(process.argv.slice(2));
