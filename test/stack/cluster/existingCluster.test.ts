import assert from 'node:assert/strict';
import { homedir } from 'node:os';
import * as pulumi from '@pulumi/pulumi';
import { ExistingCluster } from '../../../stack/cluster/existingCluster';
import { useFakePrograms } from '../../tools/cli/support/fakePrograms';

describe('new ExistingCluster(name, args)', () => {
  const programs = useFakePrograms();
  const registry = { push: 'ghcr.io/me', pull: 'ghcr.io/me' };
  const read = (kubeconfig?: string): Promise<string> =>
    new Promise((resolve) => {
      new ExistingCluster('cluster', { context: 'prod', kubeconfig, registry }).kubeconfig.apply(resolve);
    });
  before(() => pulumi.runtime.setMocks({ newResource: ({ name }) => ({ id: name, state: {} }), call: () => ({}) }));

  it('has what kubectl reads for its context alone', async () => {
    await programs().add('kubectl', 'echo "$@"');
    assert.equal(await read(), 'config view --minify --flatten --context=prod\n');
    assert.match(await read('/etc/config'), / --kubeconfig=\/etc\/config$/m);
    assert.ok((await read('~/config')).endsWith(` --kubeconfig=${homedir()}/config\n`));
  });

  it('says why a context can not be used, and what to do', async () => {
    await assert.rejects(read(), /Context 'prod' can't be used: .*kubectl ENOENT.* must be on PATH/);
    await programs().add('kubectl', 'echo "error: no context exists with the name: prod" >&2; exit 1');
    await assert.rejects(read(), /no context exists with the name: prod\. Nothing was changed\..* get-contexts$/);
  });
});
