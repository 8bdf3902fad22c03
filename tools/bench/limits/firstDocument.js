const { client, collection } = require('../peers/database');

/** The driver alone: the median of the milliseconds to a cursor's first document. What the database itself takes. */
async function main([count]) {
  const times = [];
  for (let request = 0; request < 2 * Number(count); request += 1) {
    const begin = performance.now();
    const cursor = collection.find();
    await cursor.next();
    times.push(performance.now() - begin);
    await cursor.close();
  }
  const measured = times.slice(Number(count)).sort((a, b) => a - b); // the first half is the warm-up
  console.log(measured[Math.floor(measured.length / 2)]);
  await client.close();
}

main(process.argv.slice(2));
