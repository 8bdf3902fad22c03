import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { updates } from '../../../tools/drill/drills/badUpdate';

describe('the bad updates of the drill', () => {
  for (const { name, file, edits } of updates) {
    it(`${name}: ${file} has what is replaced`, async () => {
      const source = await readFile(file, 'utf8');
      for (const before of Object.keys(edits)) assert.ok(source.includes(before), before);
    });
  }
});
