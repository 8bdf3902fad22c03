const { readFileSync } = require('node:fs');
const { client, collection } = require('../peers/database');

/** The driver alone: documents that are in memory already, 1000 a command. Prints documents per second. */
async function main([file]) {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');

  const insertAll = async () => {
    await client.db().dropDatabase();
    const documents = lines.map((line) => JSON.parse(line));
    const begin = performance.now();
    for (let at = 0; at < documents.length; at += 1000) await collection.insertMany(documents.slice(at, at + 1000));
    return (documents.length / (performance.now() - begin)) * 1000;
  };

  await insertAll(); // the warm-up
  console.log(await insertAll());
  await client.close();
}

main(process.argv.slice(2));
