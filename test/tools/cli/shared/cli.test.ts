import assert from 'node:assert/strict';
import { chooseNames } from '../../../../tools/cli/shared/cli';

describe('chooseNames(only, names)', () => {
  const names = ['load-step', 'drift', 'pod-loss'];

  it('keeps the order of the list, and returns all of it without `only`', () => {
    assert.deepEqual(chooseNames('pod-loss, load-step', names), ['load-step', 'pod-loss']);
    assert.deepEqual(chooseNames(undefined, names), names);
  });

  it('rejects an unknown name with the valid ones', () => {
    assert.throws(
      () => chooseNames('drift,flood', names),
      /--only has 'flood'\. Valid names: load-step,drift,pod-loss/,
    );
  });
});
