const { client, collection } = require('../peers/database');

/** The driver alone: its cursor, and `JSON.stringify` of each document, again and again. Prints documents per second. */
async function main([warmupSeconds, seconds]) {
  const readFor = async (least) => {
    const begin = performance.now();
    let [count, length] = [0, 0];
    while (performance.now() - begin < least * 1000) {
      for await (const document of collection.find()) {
        length += JSON.stringify(document).length;
        count += 1;
      }
      if (length === 0) throw new Error('The collection is empty.');
    }
    return (count / (performance.now() - begin)) * 1000;
  };

  await readFor(Number(warmupSeconds));
  console.log(await readFor(Number(seconds)));
  await client.close();
}

main(process.argv.slice(2));
