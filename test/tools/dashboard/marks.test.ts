import assert from 'node:assert/strict';
import { appendFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../../tools/cli/shared/cli';
import { followMarks, recordMark } from '../../../tools/dashboard/marks';

describe('marks on the time axis', () => {
  const stack = 'marks-test';
  const file = join(root, '.local', 'marks', `${stack}.jsonl`);
  const mark = { kind: 'save', object: 'web-1', text: 'abc' };
  let end: AbortController;
  let readMarks: ReturnType<typeof followMarks>;

  beforeEach(() => {
    end = new AbortController();
    readMarks = followMarks(stack, end.signal);
  });
  afterEach(() => end.abort());

  it('are read from complete lines only', () => {
    recordMark(stack, mark, 1);
    appendFileSync(file, '{"at": 2, "kind"');
    assert.deepEqual(readMarks(), [{ at: 1, ...mark }]);
    appendFileSync(file, ': "save"}\n');
    assert.deepEqual(readMarks()[1], { at: 2, kind: 'save' });
  });

  it('are recorded only while a dashboard is open', () => {
    end.abort();
    recordMark(stack, mark);
    assert.equal(existsSync(file), false);
    assert.deepEqual(readMarks(), []);
  });
});
