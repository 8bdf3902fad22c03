import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import type * as pulumi from '@pulumi/pulumi';
import { RandomPassword } from '@pulumi/random';
import { causes, guardData, isGuarded } from '../../stack/dataGuard';
import { recordResources } from './support/record';

describe('guardData(loseData, build)', () => {
  const type = 'random:index/randomPassword:RandomPassword';
  const states = { [`urn:pulumi:test::p::webstack:workloads:MongoDatabase$${type}::mongo-key`]: { type, outputs: {} } };
  const guarded = async (names: readonly string[], opts: pulumi.CustomResourceOptions = {}, loseData = false) => {
    const build = () => names.map((name) => new RandomPassword(name, { length: 32 }, opts));
    const { resources } = await recordResources(() => guardData(loseData, build), states);
    return resources.map(({ name }) => name);
  };

  it('refuses a program without a resource that holds data, unless data may be lost', async () => {
    await assert.rejects(
      guarded(['other']),
      /^Error: This would delete RandomPassword 'mongo-key'\. .*nothing was deleted/,
    );
    assert.deepEqual(await guarded(['other'], {}, true), ['other']);
  });

  it('knows a resource by its name, also under another parent, or by that of an alias', async () => {
    assert.deepEqual(await guarded(['other', 'mongo-key']), ['other', 'mongo-key']);
    assert.deepEqual(await guarded(['renamed'], { aliases: [{ name: 'mongo-key' }] }), ['renamed']);
  });

  for (const [stack, olds] of [
    ['a new stack', {}],
    ['a stack with data', states],
  ] as const) {
    it(`makes nothing of ${stack} before it is ready`, async () => {
      const order: string[] = [];
      const build = () => new RandomPassword('mongo-key', { length: 32 }).urn.apply(() => order.push('made'));
      const ready = setTimeout(100).then(() => order.push('ready')); // mocks make a resource within a few ms
      await recordResources(() => guardData(false, build, ready), olds);
      assert.deepEqual(order, ['ready', 'made']);

      const refused = recordResources(() => guardData(false, build, Promise.reject(new Error('not ready'))), olds);
      await assert.rejects(refused, /not ready/);
      assert.equal(order.length, 2);
    });
  }
});

describe('causes(olds, news)', () => {
  it('names the keys of the configuration, of a namespace and of what is in one', () => {
    assert.equal(
      causes({ metadata: { name: 'a' } }, { metadata: { name: 'b' } }),
      ", as namespace changes from 'a' to 'b'",
    );
    const old = { metadata: { name: 'mongo-1', namespace: 'a' }, spec: { storageClassName: 'slow' } };
    assert.equal(
      causes(old, { metadata: { name: 'mongo-2', namespace: 'a' }, spec: { storageClassName: 'fast' } }),
      ", as storageClass changes from 'slow' to 'fast'",
    );
    assert.equal(causes(old, { metadata: { namespace: 'a' }, spec: {} }), '');
  });
});

describe('isGuarded(state)', () => {
  const type = 'kubernetes:core/v1:PersistentVolumeClaim';

  it("is true of a volume's claim, unless another one holds the same", () => {
    assert.equal(isGuarded({ type, outputs: { metadata: { name: 'mongo-1' } } }), true);
    assert.equal(isGuarded({ type, outputs: { metadata: { labels: { 'webstack/copy': 'true' } } } }), false);
  });
  it('is true of a password, unless a rotation made it, and not of what can be made again', () => {
    const password = 'random:index/randomPassword:RandomPassword';
    assert.equal(isGuarded({ type: password, outputs: {} }), true);
    assert.equal(isGuarded({ type: password, outputs: { keepers: { generation: '2' } } }), false);
    assert.equal(isGuarded({ type: 'kubernetes:core/v1:Service', outputs: {} }), false);
  });
});
