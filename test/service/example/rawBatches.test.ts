import assert from 'node:assert/strict';
import { BSON } from 'mongodb';
import { readBatch } from '../../../service/example/rawBatches';

describe('readBatch', () => {
  for (const [title, name, documents, id] of [
    ['first documents', 'firstBatch', [{ a: 1 }, {}, { nested: { b: ['c'] } }], 7n],
    [
      'more than ten, whose names in the array have two digits',
      'nextBatch',
      Array.from({ length: 12 }, (_, n) => ({ n })),
      2n ** 60n,
    ],
    ['none, and no more', 'nextBatch', [], 0n],
  ] as const) {
    it(`finds ${title}`, () => {
      const bson = Buffer.from(BSON.serialize({ [name]: documents, id, partialResultsReturned: true, ns: 'a.b' }));
      const { starts, cursor } = readBatch(bson);
      assert.equal(cursor, id);
      assert.deepEqual(
        starts.map((start) => BSON.deserialize(bson.subarray(start, start + bson.readInt32LE(start)))),
        documents,
      );
    });
  }
});
