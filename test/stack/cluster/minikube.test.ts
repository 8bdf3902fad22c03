import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { parseEvent, start } from '../../../stack/cluster/minikube';
import { useFakePrograms } from '../../tools/cli/support/fakePrograms';

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

describe('start(profile, args, images)', () => {
  const programs = useFakePrograms();
  afterEach(() => mock.restoreAll());
  const run = async (code: number) => {
    const lines = ['warning', 'error'].map((kind) =>
      JSON.stringify({ type: `io.k8s.sigs.minikube.${kind}`, data: { message: `the ${kind}` } }),
    );
    const echo = lines.map((line) => `echo '${line}'`).join('\n');
    await programs().add('minikube', `echo config > "$KUBECONFIG"\n${echo}\nexit ${code}`);
    const log = mock.method(console, 'log', () => undefined);
    const outcome = await start('missing-profile', [], []).catch(({ message }: Error) => message);
    return { outcome, printed: log.mock.calls.map(({ arguments: [line] }) => line) };
  };

  it('prints the errors after which Minikube went on', async () => {
    const { outcome, printed } = await run(0);
    assert.equal(outcome, 'config\n');
    assert.deepEqual(printed, ['minikube: the warning', 'minikube: the error']);
  });

  it('throws the errors of a start that failed, and does not print them too', async () => {
    const { outcome, printed } = await run(80);
    assert.equal(outcome, 'minikube start --profile=missing-profile failed (exit code 80).\nthe error');
    assert.deepEqual(printed, ['minikube: the warning']);
  });
});
