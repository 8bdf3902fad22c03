import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseConfiguration } from '../../../stack/configuration/parse';
import { imageCommand } from '../../../stack/workloads/devMode';
import { type Graph, graphOf } from '../support/graph';
import type { Tree } from '../support/record';
import { source } from '../support/source';

describe('dev mode', function () {
  this.timeout(60_000);
  let plain: Graph;
  let dev: Graph;
  before(async () => {
    plain = await graphOf();
    dev = await graphOf({ dev: 'true' });
  });
  const podOf = (graph: Graph): Tree => graph.one('Deployment', 'web').inputs.spec!.template!.spec!;
  const containerOf = (graph: Graph): Tree => (podOf(graph).containers as unknown as [Tree])[0];

  it('adds the launcher, and changes nothing but the pods of the service', () => {
    const script = dev.one('ConfigMap', 'web-dev');
    assert.equal(script.parent, 'webstack:workloads:WebService web');
    assert.equal(script.inputs.metadata!.name, undefined, 'another launcher needs another name');
    const others = (graph: Graph): unknown =>
      graph.resources
        .filter(({ name, type }) => name !== 'web-dev' && !type.endsWith(':Deployment'))
        .map(({ urn, inputs }) => ({ urn, inputs }));
    assert.deepEqual(others(dev), others(plain));
  });

  it("runs the launcher on the image's own command, with a folder that can be written", () => {
    const { command, volumeMounts } = containerOf(dev);
    assert.deepEqual(Object.keys(dev.one('ConfigMap', 'web-dev').inputs.data!), [
      'launcher.js',
      'runner.js',
      'worker.js',
    ]);
    assert.deepEqual(command, ['node', '/dev-launcher/launcher.js', ...imageCommand('service/Dockerfile')]);
    assert.deepEqual(volumeMounts, [
      { name: 'dev-launcher', mountPath: '/dev-launcher' }, // a ConfigMap is never written to
      { name: 'dev-code', mountPath: '/dev-code' },
    ]);
    assert.deepEqual(podOf(dev).volumes, [
      { name: 'dev-launcher', configMap: { name: 'web-dev-suffix' } },
      { name: 'dev-code', emptyDir: { sizeLimit: '100Mi' } },
    ]);
  });

  it('sets in the pods what npm run dev needs to know about the service', () => {
    const variables = containerOf(dev).env as unknown as readonly { readonly name: string; readonly value: string }[];
    const { source, port, health } = JSON.parse(variables.find(({ name }) => name === 'DEV_LAUNCHER')?.value ?? '');
    assert.deepEqual({ source, port, health }, { source: 'service/main.ts', port: 5000, health: '/health/startup' });
  });

  it('keeps the image, the restrictions, the requests and the readiness of the pods, and their limit of memory', () => {
    for (const key of ['image', 'securityContext', 'readinessProbe', 'startupProbe', 'envFrom', 'ports']) {
      assert.deepEqual(containerOf(dev)[key], containerOf(plain)[key], key);
    }
    assert.deepEqual(containerOf(dev).resources, {
      ...containerOf(plain).resources,
      limits: { memory: containerOf(plain).resources!.limits!.memory },
    });
    const { containers, volumes, ...pod } = podOf(dev);
    const { containers: _, ...plainPod } = podOf(plain);
    assert.deepEqual(pod, plainPod);
  });

  it('is refused on an existing cluster', () => {
    const elsewhere = { cluster: 'existing', context: 'prod', registry: 'ghcr.io/me', host: '10.0.0.7', dev: 'true' };
    assert.throws(
      () => parseConfiguration(source(elsewhere), 'dev'),
      /dev is 'true' and must be false on an existing cluster: .*config set dev false$/,
    );
  });

  it('leaves a service with a Dockerfile as it is', async () => {
    const flask = { service: './examples/flask' };
    const [plain, dev] = [await graphOf(flask), await graphOf({ ...flask, dev: 'true' })];
    assert.deepEqual(podOf(dev), podOf(plain));
  });
});

describe('imageCommand(dockerfile)', () => {
  it('is its CMD, and refuses one that does not start Node', async () => {
    assert.equal(imageCommand('service/Dockerfile').at(-1), 'main.js');
    const folder = await mkdtemp(join(tmpdir(), 'web-'));
    const file = join(folder, 'Dockerfile');
    try {
      for (const line of ['CMD ["python", "app.py"]', 'CMD node main.js', 'CMD ["node", ]']) {
        await writeFile(file, `FROM scratch\n${line}\n`);
        assert.throws(() => imageCommand(file), /Dev mode needs a CMD in .*Dockerfile/, line);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
