const { client, collection } = require('../peers/database');

/** The driver alone: its cursor, and `JSON.stringify` of each document. Prints documents per second. */
async function main() {
  const readAll = async () => {
    const begin = performance.now();
    let count = 0;
    let length = 0;
    for await (const document of collection.find()) {
      length += JSON.stringify(document).length;
      count += 1;
    }
    if (length === 0) throw new Error('The collection is empty.');
    return (count / (performance.now() - begin)) * 1000;
  };

  await readAll(); // the warm-up
  console.log(await readAll());
  await client.close();
}

main();
