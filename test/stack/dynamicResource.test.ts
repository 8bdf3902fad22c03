import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { pullCommand } from '../../stack/cluster/minikube';
import { explainMove, replacements } from '../../stack/cluster/minikubeProfile';
import { type Graph, graphOf } from './support/graph';

describe('the dynamic resources', function () {
  this.timeout(60_000);
  let graph: Graph;
  before(async () => {
    graph = await graphOf();
  });

  // Pulumi runs what stands in the state: this text has to work with every later version.
  it('have a provider in the state that loads the code of today', () => {
    const dynamic = graph.resources.filter(({ type }) => type.startsWith('pulumi-nodejs:dynamic/'));
    assert.equal(dynamic.length, 7);
    for (const { type, inputs } of dynamic) {
      const text = String(inputs.__provider);
      const name = type.slice('pulumi-nodejs:dynamic/'.length);
      assert.equal(text, `exports.handler = () => require(process.cwd() + '/stack/dynamicProvider.js')('${name}');`);
      const loaded: { handler?: () => Record<string, unknown> } = {};
      new Function('exports', 'require', text)(loaded, require);
      assert.equal(typeof loaded.handler?.().diff, 'function', name);
    }
  });
});

describe('explainMove(profile, recorded, current)', () => {
  const current = { home: '/b/.minikube', engine: 'E', endpoint: 'unix:///b' };
  it('is undefined where the cluster was made, and for a state that does not say', () => {
    assert.equal(explainMove('p', current, current), undefined);
    assert.equal(explainMove('p', { ...current, endpoint: 'unix:///b-moved' }, current), undefined);
    assert.equal(explainMove('p', {}, current), undefined);
  });
  it('says what to go back to', () => {
    assert.match(
      explainMove('p', { ...current, home: '/a/.minikube' }, current) ?? '',
      /MINIKUBE_HOME is \/b\/.minikube, and was \/a\/.minikube/,
    );
    assert.match(
      explainMove('p', { ...current, engine: 'D', endpoint: 'unix:///a' }, current) ?? '',
      /engine is at unix:\/\/\/b, and was at unix:\/\/\/a/,
    );
  });
});

describe('replacements(olds, news, exists)', () => {
  const inputs = { profile: 'p', nodePort: 30500, containerRuntime: 'containerd', loseData: false };
  it('does not mind a permission to lose data, nor the sizes in an older state', () => {
    const olds = { ...inputs, identity: 'i', cpus: 4, memory: 4096 };
    assert.deepEqual(replacements(olds, { ...inputs, loseData: true }, true), []);
  });
});

describe('pullCommand(image)', () => {
  it('runs no part of the image as a command: it comes from the configuration, and runs as root on the node', () => {
    const image = '$(echo injected >&2); `echo injected >&2`; "; echo injected >&2 #';
    const [shell, ...args] = pullCommand(image);
    const crictl = 'crictl() { if [ "$1" = pull ]; then echo "$2"; else false; fi; }';
    const { stdout, stderr } = spawnSync(shell!, args.with(1, `${crictl}; ${args[1]}`), { encoding: 'utf8' });
    assert.deepEqual([stdout, stderr], [`${image}\n`, '']);
  });
});
