import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { minikubeLocationProvider } from '../../../stack/cluster/minikubeLocation';
import { minikubeProfileProvider } from '../../../stack/cluster/minikubeProfile';
import { nodeImageProvider } from '../../../stack/cluster/nodeImage';
import { type FakePrograms, fakePrograms } from '../../tools/cli/support/fakePrograms';

const inputs = { profile: 'p', nodePort: 30500, containerRuntime: 'containerd', loseData: false };

describe("the cluster's providers", () => {
  const { PATH, MINIKUBE_HOME } = process.env;
  let programs: FakePrograms;
  /** Minikube with this profile, and a Docker engine of this id with this container. Both note the commands that change something. */
  const machine = async ({ profile = '', container = '', engine = 'E' } = {}): Promise<void> => {
    const note = `echo "$0 $*" | sed 's|.*/||' >> '${join(programs.folder, 'calls')}'`;
    await programs.add('minikube', note);
    if (profile) await mkdir(join(programs.folder, '.minikube/profiles', profile), { recursive: true });
    await programs.add(
      'docker',
      `case "$1" in info) echo ${engine};; context) echo unix:///sock;; ps) echo '${container}';; volume) ;; exec) echo 'not found' >&2; exit 1;; *) ${note};; esac`,
    );
  };
  const calls = (): Promise<string> => readFile(join(programs.folder, 'calls'), 'utf8').catch(() => '');
  beforeEach(async () => {
    programs = await fakePrograms();
    process.env.PATH = `${programs.folder}:${PATH}`;
    process.env.MINIKUBE_HOME = programs.folder;
    await machine();
  });
  afterEach(async () => {
    process.env.PATH = PATH;
    if (MINIKUBE_HOME === undefined) delete process.env.MINIKUBE_HOME;
    else process.env.MINIKUBE_HOME = MINIKUBE_HOME;
    await programs.remove();
  });
  /** The state of a cluster that was made on this machine. */
  const created = async () => (await minikubeProfileProvider.check!({} as never, inputs)).inputs!;
  const faultsOf = async (olds: object, change: object): Promise<readonly unknown[]> =>
    (await minikubeProfileProvider.check!(olds as never, { ...inputs, ...change })).failures ?? [];

  it("refuse a profile that exists already, or another user's container", async () => {
    const taken = /already has a profile 'p', which this stack did not create/;
    await machine({ container: 'id' });
    await assert.rejects(minikubeProfileProvider.create(inputs), taken);
    await machine({ profile: 'p' });
    await assert.rejects(minikubeProfileProvider.create(inputs), taken);
    assert.equal(await calls(), '');
  });

  it('refuse at preview a change that would delete the cluster, unless data may be lost', async () => {
    const olds = await created();
    assert.deepEqual(await faultsOf(olds, {}), []);
    const [fault, ...others] = (await faultsOf(olds, { nodePort: 30501 })) as { property: string; reason: string }[];
    assert.deepEqual([fault?.property, others], ['nodePort', []]);
    assert.match(fault!.reason, /It was '30500', and a cluster keeps it: a new cluster would be created/);
    assert.deepEqual(await faultsOf(olds, { nodePort: 30501, loseData: true }), []);
    const [earlier] = (await faultsOf({ ...olds, containerRuntime: 'docker' }, {})) as { reason: string }[];
    assert.match(earlier!.reason, /It was 'docker'.* return to the version of this project that created the cluster/);
  });

  it('refuse to update or delete on another Docker engine, and delete nothing there', async () => {
    const olds = await created();
    await machine({ engine: 'other' });
    const moved = /was created elsewhere: Docker's engine is at/;
    assert.match(JSON.stringify(await faultsOf(olds, {})), moved);
    await assert.rejects(async () => minikubeProfileProvider.delete!('p', olds as never), moved);
    await assert.rejects(async () => minikubeLocationProvider.delete!('p', olds as never), moved);
    assert.equal(await calls(), '');
  });

  it('delete the cluster where it was made', async () => {
    const olds = await created();
    await minikubeLocationProvider.delete!('p', olds as never);
    assert.equal(await calls(), '');
    await minikubeProfileProvider.delete!('p', olds as never);
    assert.equal(await calls(), 'docker kill p\nminikube delete --profile=p\n');
  });

  it('make a deleted cluster again', async () => {
    const { changes, replaces } = await minikubeProfileProvider.diff!('p', (await created()) as never, inputs);
    assert.deepEqual([changes, replaces], [true, ['identity']]);
  });

  it('name an image that the node can not pull', async () => {
    const image = { profile: 'p', image: 'shop/web:1', identity: 'i' };
    await assert.rejects(nodeImageProvider.create(image), /Image 'shop\/web:1' can't be pulled.*not found/s);
  });
});
