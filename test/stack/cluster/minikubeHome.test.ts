import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { minikubeHome, ownsContainer, readProfiles } from '../../../stack/cluster/minikubeHome';
import { useFakePrograms } from '../../tools/cli/support/fakePrograms';

describe("Minikube's folder", () => {
  const programs = useFakePrograms();

  it('has the profiles that Minikube lists amid its messages; fails without a list', async () => {
    assert.deepEqual(await readProfiles(), []);
    const list = '{"invalid":[{"Name":"broken"}],"valid":[{"Name":"dev","Config":{"Name":"dev"}}]}';
    await programs().add('minikube', `echo '* {new} version'; printf '${list}'; echo '* To update {it}: …'`);
    assert.deepEqual(await readProfiles(), ['dev', 'broken']);
    await programs().add('minikube', 'echo "{\\"error\\":{}}"; echo "! permission denied" >&2; exit 80');
    await assert.rejects(readProfiles(), /^Error: ! permission denied$/);
  });

  it('owns a container by its certificate authority', async () => {
    const home = await mkdtemp(join(tmpdir(), 'minikube-'));
    await mkdir(join(home, '.minikube'));
    await writeFile(join(home, '.minikube/ca.crt'), 'ours\n');
    const owns = (): Promise<boolean | undefined> => ownsContainer('koa', { MINIKUBE_HOME: home });
    assert.equal(await owns(), undefined);
    await programs().add(
      'docker',
      '[ "$*" = "cp koa:/var/lib/minikube/certs/ca.crt -" ] && printf "ca.crt\\0ours\\n\\0"',
    );
    assert.equal(await owns(), true);
    await programs().add('docker', 'printf "ca.crt\\0theirs\\n\\0"');
    assert.equal(await owns(), false);
    await rm(home, { recursive: true });
  });

  it('is where Minikube has it', () => {
    assert.equal(minikubeHome({ MINIKUBE_HOME: '/x' }), join('/x', '.minikube'));
    assert.equal(minikubeHome({ MINIKUBE_HOME: '/x/.minikube' }), '/x/.minikube');
    assert.equal(minikubeHome({ MINIKUBE_HOME: '' }), join(homedir(), '.minikube'));
  });
});
