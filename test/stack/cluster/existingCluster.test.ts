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
  const { KUBECONFIG } = process.env;
  beforeEach(() => delete process.env.KUBECONFIG);
  after(() => {
    if (KUBECONFIG !== undefined) process.env.KUBECONFIG = KUBECONFIG;
    else delete process.env.KUBECONFIG;
  });
  before(() => pulumi.runtime.setMocks({ newResource: ({ name }) => ({ id: name, state: {} }), call: () => ({}) }));

  it('has what kubectl reads for its context alone', async () => {
    await programs().add('kubectl', `echo "{\\"args\\":\\"$*\\"}"`);
    assert.equal(await read(), '{"args":"config view --minify --flatten --output=json --context=prod"}');
    assert.match(await read('/etc/config'), / --kubeconfig=\/etc\/config"}$/);
    assert.ok((await read('~/config')).endsWith(` --kubeconfig=${homedir()}/config"}`));
  });

  it('has absolute paths of a token and of a command, which kubectl takes from the folder of the kubeconfig', async () => {
    const config = (tokenFile: string, command: string): string =>
      JSON.stringify({ users: [{ name: 'me', user: { tokenFile, exec: { command } } }] });
    await programs().add('kubectl', `echo '${config('keys/token', './login')}'`);
    assert.equal(await read('/etc/k/config'), config('/etc/k/keys/token', '/etc/k/login'));
    process.env.KUBECONFIG = '/etc/one';
    assert.equal(await read(), config('/etc/keys/token', '/etc/login'));
    process.env.KUBECONFIG = '/etc/one:/srv/two';
    await assert.rejects(read(), /tokenFile 'keys\/token' must be an absolute path in the kubeconfig/);
    await programs().add('kubectl', `echo '${config('/token', 'bin/login')}'`);
    await assert.rejects(read(), /exec\.command 'bin\/login' must be an absolute path/);
    await programs().add('kubectl', `echo '${config('/token', 'aws')}'`);
    assert.equal(await read(), config('/token', 'aws'));
  });

  it('says why a context can not be used, and what to do', async () => {
    await assert.rejects(read(), /Context 'prod' can't be used: .*kubectl ENOENT.* must be on PATH/);
    await programs().add('kubectl', 'echo "error: no context exists with the name: prod" >&2; exit 1');
    await assert.rejects(read(), /no context exists with the name: prod\. Nothing was changed\..* get-contexts$/);
  });
});
