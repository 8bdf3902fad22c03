import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { explainMove, minikubeHome, ownsContainer, readProfiles } from '../../../stack/cluster/minikubeLocation';
import { useFakePrograms } from '../../tools/cli/support/fakePrograms';

describe("Minikube's folder", () => {
  const programs = useFakePrograms();
  const { MINIKUBE_HOME } = process.env;
  let home: string;
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'minikube-'));
    process.env.MINIKUBE_HOME = home;
  });
  afterEach(async () => {
    await rm(home, { recursive: true });
    if (MINIKUBE_HOME === undefined) delete process.env.MINIKUBE_HOME;
    else process.env.MINIKUBE_HOME = MINIKUBE_HOME;
  });

  it('has the profiles that Minikube has folders for; none without a folder', async () => {
    assert.deepEqual(await readProfiles(), []);
    for (const name of ['broken', 'dev']) await mkdir(join(home, '.minikube/profiles', name), { recursive: true });
    assert.deepEqual([...(await readProfiles())].sort(), ['broken', 'dev']);
  });

  it('fails where its profiles can not be read', async () => {
    await mkdir(join(home, '.minikube'));
    await writeFile(join(home, '.minikube/profiles'), '');
    await assert.rejects(readProfiles(), /ENOTDIR.*profiles/);
  });

  it('owns a container by its certificate authority', async () => {
    await mkdir(join(home, '.minikube'));
    await writeFile(join(home, '.minikube/ca.crt'), 'ours\n');
    assert.equal(await ownsContainer('koa'), undefined);
    await programs().add(
      'docker',
      '[ "$*" = "cp koa:/var/lib/minikube/certs/ca.crt -" ] && printf "ca.crt\\0ours\\n\\0"',
    );
    assert.equal(await ownsContainer('koa'), true);
    await programs().add('docker', 'printf "ca.crt\\0theirs\\n\\0"');
    assert.equal(await ownsContainer('koa'), false);
  });

  it('is where Minikube has it', () => {
    assert.equal(minikubeHome({ MINIKUBE_HOME: '/x' }), join('/x', '.minikube'));
    assert.equal(minikubeHome({ MINIKUBE_HOME: '/x/.minikube' }), '/x/.minikube');
    assert.equal(minikubeHome({ MINIKUBE_HOME: '' }), join(homedir(), '.minikube'));
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
