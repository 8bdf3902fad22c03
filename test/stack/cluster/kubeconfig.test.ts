import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { parse, stringify } from 'yaml';
import { type Kubeconfig, minify, readKubeconfig } from '../../../stack/cluster/kubeconfig';

const entry = (name: string, server: string, user: object): object => ({
  contexts: [{ name, context: { cluster: `${name}-cluster`, user: `${name}-user` } }],
  clusters: [{ name: `${name}-cluster`, cluster: { server, 'certificate-authority': 'ca.crt' } }],
  users: [{ name: `${name}-user`, user }],
  'current-context': name,
});

describe('readKubeconfig(path, environment) and minify(kubeconfig, context)', () => {
  let folder: string;
  const at = (...names: string[]): string => join(folder, ...names);
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kubeconfig-'));
    await mkdir(at('a'));
    await mkdir(at('b'));
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: './bin/login', args: ['--eks'] };
    const staging = { 'client-certificate': 'me.crt', 'client-key': '/keys/me.key', tokenFile: 'token', exec };
    await writeFile(at('a', 'config'), stringify(entry('prod', 'https://prod', { token: 'of prod' })));
    await writeFile(at('b', 'config'), stringify(entry('staging', 'https://staging', staging)));
    await writeFile(at('b', 'other'), stringify(entry('prod', 'https://wrong', { token: 'wrong' })));
  });
  after(() => rm(folder, { recursive: true }));
  const listed = (...files: string[]): NodeJS.ProcessEnv => ({ KUBECONFIG: files.join(delimiter) });
  const contextOf = (kubeconfig: Kubeconfig, context: string): unknown => parse(minify(kubeconfig, context));

  it("have one context's cluster and user, of a file that KUBECONFIG lists, and no other credentials", () => {
    const kubeconfig = readKubeconfig(undefined, listed(at('a', 'config'), at('missing'), at('b', 'config')));
    const text = minify(kubeconfig, 'staging');
    assert.doesNotMatch(text, /prod/);
    assert.deepEqual(parse(text), {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'staging',
      contexts: [{ name: 'staging', context: { cluster: 'staging-cluster', user: 'staging-user' } }],
      clusters: [
        {
          name: 'staging-cluster',
          cluster: { server: 'https://staging', 'certificate-authority': at('b', 'ca.crt') },
        },
      ],
      users: [
        {
          name: 'staging-user',
          user: {
            'client-certificate': at('b', 'me.crt'),
            'client-key': '/keys/me.key',
            tokenFile: at('b', 'token'),
            exec: {
              apiVersion: 'client.authentication.k8s.io/v1',
              command: at('b', 'bin', 'login'),
              args: ['--eks'],
            },
          },
        },
      ],
    });
  });

  it('take the first of several entries with one name, as kubectl does', () => {
    const kubeconfig = readKubeconfig(undefined, listed(at('a', 'config'), at('b', 'other')));
    assert.match(minify(kubeconfig, 'prod'), /https:\/\/prod/);
    assert.doesNotMatch(minify(kubeconfig, 'prod'), /wrong/);
  });

  it('prefer the configured file to KUBECONFIG, and know ~', () => {
    const environment = listed(at('b', 'config'));
    assert.match(JSON.stringify(contextOf(readKubeconfig(at('a', 'config'), environment), 'prod')), /of prod/);
    assert.throws(() => readKubeconfig('~/no/such/file', environment), { message: new RegExp(join(homedir(), 'no')) });
  });

  it('set the namespace, and name the contexts that there are where one is missing', () => {
    const kubeconfig = readKubeconfig(at('a', 'config'), {});
    assert.match(minify(kubeconfig, 'prod', 'space'), /namespace: space/);
    assert.throws(() => minify(kubeconfig, 'staging'), /it has no context 'staging'; it has: prod/);
  });
});
