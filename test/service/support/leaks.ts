import assert from 'node:assert/strict';
import { MongoClient } from 'mongodb';
import { until } from './until';

/** Clients that were connected and not closed, with where that was. */
const open = new Map<MongoClient, string>();
const { connect, close } = MongoClient.prototype;

MongoClient.prototype.connect = function (this: MongoClient) {
  if (!open.has(this)) open.set(this, new Error('connected here').stack ?? '');
  return connect.call(this);
};
MongoClient.prototype.close = function (this: MongoClient, ...options: Parameters<typeof close>) {
  open.delete(this);
  return close.apply(this, options);
};

// Hooks of the whole run, since this file is imported outside of any suite.
after('no MongoClient is left open', () => {
  assert.deepEqual([...open.values()], []);
});
after('no server, connection or process is left open', async () => {
  const left = (): string =>
    process
      .getActiveResourcesInfo()
      .filter((kind) => /^(TCP|Process)/.test(kind))
      .join();
  await until('none is left open', () => left() === '').catch((error: Error) =>
    assert.fail(`${error.message}: ${left()}`),
  );
});
