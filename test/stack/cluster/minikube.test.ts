import assert from 'node:assert/strict';
import { parseEvent } from '../../../stack/cluster/minikube';

describe('parseEvent(line)', () => {
  const event = (type: string, data: object): string => JSON.stringify({ type: `io.k8s.sigs.minikube.${type}`, data });
  for (const kind of ['step', 'warning']) {
    it(`reads a ${kind}`, () => {
      const text = 'Pulling base image ...';
      assert.deepEqual(parseEvent(event(kind, { message: `${text}\n` })), { kind, text });
    });
  }
  it('reads an error with its advice, if it has one', () => {
    assert.deepEqual(parseEvent(event('error', { message: 'No disk', advice: 'Make room' })), {
      kind: 'error',
      text: 'No disk\nMake room',
    });
    assert.deepEqual(parseEvent(event('error', { message: 'No disk' })), { kind: 'error', text: 'No disk' });
  });
  it('lets any other line pass, JSON or not', () => {
    assert.equal(parseEvent(event('download.progress', { progress: '1' })).kind, 'other');
    for (const line of ['', 'warning: x', '{}', 'null'])
      assert.deepEqual(parseEvent(line), { kind: 'other', text: line });
  });
});
