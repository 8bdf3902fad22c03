import assert from 'node:assert/strict';
import type { V1Pod } from '@kubernetes/client-node';
import { describeRunningCode, readRunningCode } from '../../../../tools/cli/shared/pods';

const pod = (name: string, volume?: string): V1Pod => ({
  metadata: { name },
  spec: { containers: [{ name: 'web' }], ...(volume !== undefined && { volumes: [{ name: volume }] }) },
});
const pods = [pod('web-1', 'dev-launcher'), pod('web-2', 'dev-launcher'), pod('mongo-0', 'data'), pod('other')];

describe('what pods run', () => {
  it('is read from the pods in dev mode, and from no other', async () => {
    const asked: string[][] = [];
    const exec = async (...[name, container, command]: [string, string, readonly string[]]): Promise<string> => {
      asked.push([name, container, command.join(' ')]);
      return '{"code":"0123456789ab"}';
    };
    const codes = await readRunningCode({ exec }, pods);
    assert.deepEqual(Object.fromEntries(codes), { 'web-1': '0123456789ab', 'web-2': '0123456789ab' });
    assert.deepEqual(
      asked,
      ['web-1', 'web-2'].map((name) => [name, 'web', 'cat /dev-code/state.json']),
    );
  });

  it('is not known of a pod that does not say it', async () => {
    const exec = async (pod: string): Promise<string> => (pod === 'web-1' ? '' : assert.fail('cat: no such file'));
    assert.deepEqual([...(await readRunningCode({ exec }, pods)).values()], ['not known', 'not known']);
  });

  it('is told with the way back', () => {
    assert.equal(describeRunningCode(new Map(), 'npm run up'), undefined);
    const codes = new Map([
      ['web-1', 'image'],
      ['web-2', '0123456789ab'],
    ]);
    assert.equal(
      describeRunningCode(codes, 'npm run up'),
      'dev mode, 1 of 2 pods run other code than the image. Back to the image alone: npm run up',
    );
  });
});
