import assert from 'node:assert/strict';
import { parseConfiguration } from '../../../../stack/configuration/parse';
import { lostData } from '../../../../tools/cli/shared/lostData';
import { source } from '../../../stack/support/source';

const configuration = (changes: Record<string, string> = {}) => parseConfiguration(source(changes), 'dev');
const profile = {
  profile: 'shop-dev',
  cpus: 4,
  memory: 4096,
  nodePort: 30500,
  registryPort: 5500,
  containerRuntime: 'containerd',
  identity: 'i',
};
const claim = {
  type: 'kubernetes:core/v1:PersistentVolumeClaim',
  inputs: { metadata: { namespace: 'shop-dev' }, spec: {} },
};
const onMinikube = [{ type: 'pulumi-nodejs:dynamic/minikube:Profile', inputs: profile as object }, claim];
const elsewhere = [{ type: 'pulumi:providers:kubernetes', inputs: { context: 'prod' } }, claim];
const existing = { cluster: 'existing', context: 'prod', registry: 'ghcr.io/me', host: '10.0.0.1' };

describe('lostData(resources, configuration)', () => {
  it('is nothing where nothing changed, or what changed keeps the database', () => {
    assert.deepEqual(lostData(onMinikube, configuration()), []);
    assert.deepEqual(
      lostData(onMinikube, configuration({ maxReplicas: '9', mongoMemory: '900', kubernetesVersion: 'v1.36.0' })),
      [],
    );
    assert.deepEqual(lostData(elsewhere, configuration(existing)), []);
  });

  it('is nothing before there is a database', () => {
    assert.deepEqual(lostData([], configuration({ cpus: '2' })), []);
    assert.deepEqual(lostData(onMinikube.slice(0, 1), configuration({ cpus: '2' })), []);
  });

  for (const [key, value, told] of [
    ['cpus', '2', "cpus from '4' to '2'"],
    ['profile', 'other', "profile from 'shop-dev' to 'other'"],
    ['nodePort', '30501', "nodePort from '30500' to '30501'"],
    ['namespace', 'other', "namespace from 'shop-dev' to 'other'"],
    ['storageClass', 'fast', "storageClass from '' to 'fast'"],
    ['mongoUri', 'mongodb://db/app', 'mongoUri, which names another database'],
  ] as const) {
    it(`names ${key}`, () => {
      assert.deepEqual(lostData(onMinikube, configuration({ [key]: value })), [told]);
    });
  }

  it('names another kind of cluster, and another context', () => {
    assert.deepEqual(lostData(onMinikube, configuration(existing)), ["cluster from 'minikube' to 'existing'"]);
    assert.deepEqual(lostData(elsewhere, configuration({ ...existing, context: 'other' })), [
      "context from 'prod' to 'other'",
    ]);
  });
});
