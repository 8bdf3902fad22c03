import assert from 'node:assert/strict';
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
      assert.equal(typeof loaded.handler?.().create, 'function', name);
    }
  });
});
