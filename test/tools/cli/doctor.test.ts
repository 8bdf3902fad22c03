import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Check } from '../../../stack/preflight/check';
import { readProject } from '../../../tools/cli/shared/configuration';
import { profilesIn } from '../../../tools/cli/shared/pulumi';
import { type FakePrograms, fakePrograms } from './support/fakePrograms';
import { addGoodMachine } from './support/fakePulumi';
import { copyProject, type Project } from './support/project';

describe('npm run doctor', function () {
  this.timeout(60_000);
  let project: Project;
  let programs: FakePrograms;
  before(async () => {
    [project, programs] = await Promise.all([copyProject(), fakePrograms()]);
  });
  after(() => Promise.all([project.remove(), programs.remove()]));

  it('fails on a machine where everything is missing, with a remedy for each, and changes nothing', async () => {
    const { code, output } = await project.run({ PATH: programs.path }, 'doctor', '--json');
    assert.equal(code, 1);
    const checks = JSON.parse(output) as Check[];
    const failed = checks.filter((check) => check.fatal);
    assert.deepEqual(
      failed.map(({ name }) => name),
      ['Pulumi CLI', 'Docker', 'Minikube'],
    );
    assert.ok(failed.every(({ remedy }) => remedy !== ''));
    assert.equal(existsSync(join(project.folder, '.pulumi')), false);

    const table = await project.run({ PATH: programs.path }, 'doctor');
    assert.equal(table.code, 1);
    assert.match(table.output, /^FAILS {2}Minikube +no minikube on PATH +1\.34\.0 or later$/m);
    assert.match(table.output, new RegExp(`Not ready: 3 of ${checks.length} checks fail`));
  });

  it('reports every fault of a machine with all programs', async () => {
    const bad = await fakePrograms();
    const { name } = await readProject(project.folder);
    const info = {
      ServerVersion: '19.3.0',
      NCPU: 1,
      MemTotal: 2 ** 30,
      CgroupVersion: '1',
      DockerRootDir: '/',
      Name: 'vm',
      SystemTime: '2020-01-01T00:00:00Z',
    };
    await bad.add(
      'docker',
      `case "$1" in
      info) echo '${JSON.stringify(info)}';; context) echo tcp://10.0.0.9:2376;; volume) echo ${name}-dev;;
      ps) echo 'other 127.0.0.1:${project.nodePort}->80/tcp';; esac`,
    );
    await bad.add('minikube', 'case "$1" in version) echo v1.20.0;; *) exit 1;; esac');
    await bad.add('pulumi', 'echo v3.1.0');
    const environment = {
      PATH: bad.path,
      HTTPS_PROXY: 'http://user:word@proxy:1',
      NODE_EXTRA_CA_CERTS: '/nowhere.pem',
    };
    const { code, output } = await project.run(environment, 'doctor');
    await bad.remove();
    assert.equal(code, 1);
    const marked = (mark: string): string[] =>
      [...output.matchAll(new RegExp(`^${mark} +(\\S+( \\S+)*)  `, 'gm'))].map(([, name]) => name ?? '');
    assert.deepEqual(marked('FAILS'), [
      'Pulumi CLI',
      'Minikube',
      "Docker's CPUs",
      "Docker's memory",
      `port ${project.nodePort}`,
      'Minikube profile',
    ]);
    assert.deepEqual(marked('note'), ['Docker host', 'clock', 'proxy', 'private CA']);
    for (const name of [...marked('FAILS'), ...marked('note')])
      assert.match(output, new RegExp(`^  - ${name}: found .+; needed .+\\.\\n    .`, 'm'));
    assert.doesNotMatch(output, /word|^ok .*not known/m);
  });

  it('shows a long message of Docker below the table', async () => {
    const away = await fakePrograms();
    const reason = 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?';
    await away.add('docker', `echo '${reason}' >&2; exit 1`);
    const { output } = await project.run({ PATH: away.path }, 'doctor');
    await away.remove();
    assert.match(output, /^FAILS {2}Docker +Cannot connect .{30,40}… {2}an engine/m);
    assert.ok(output.includes(`\n  - Docker: found ${reason}; needed an engine`), output);
    assert.match(output, /^\? +Minikube profile +not known/m);
  });

  it('shows its table with any output of Docker, Minikube and Pulumi', async () => {
    const broken = await fakePrograms();
    // Docker's CLI 20.10 with the daemon down; a Minikube that reports more than its list; a state that can't be decrypted
    await broken.add('docker', `echo '{"ServerVersion":"","NCPU":0,"MemTotal":0,"ServerErrors":["Cannot connect"]}'`);
    const list = '{"valid":[],"invalid":[]}';
    await broken.add(
      'minikube',
      `case "$1" in version) echo v1.38.1;; *) echo '${list}'; echo '* Update {now}';; esac`,
    );
    await broken.add(
      'pulumi',
      'case "$1" in version) echo v3.259.0;; *) echo "incorrect passphrase" >&2; exit 255;; esac',
    );
    const { name } = await readProject(project.folder);
    const stacks = join(project.folder, '.pulumi/.pulumi/stacks', name);
    await mkdir(stacks, { recursive: true });
    await writeFile(join(stacks, 'dev.json'), '{}');
    const { code, output } = await project.run({ PATH: broken.path }, 'doctor');
    await Promise.all([broken.remove(), rm(join(project.folder, '.pulumi'), { recursive: true })]);
    assert.equal(code, 1);
    assert.match(output, /^FAILS {2}Docker +Cannot connect /m);
    assert.match(output, /^FAILS {2}Minikube profile +no state of the stack: /m);
    assert.match(output, /incorrect passphrase/);
    assert.match(output, /Not ready: 2 of \d+ checks fail/);
    assert.doesNotMatch(output, /NaN|undefined/);
  });

  it('passes a good machine with programs in .local/bin', async () => {
    await addGoodMachine(programs);
    await programs.add('pulumi', 'case "$1" in version) echo v3.259.0;; esac');
    const { code, output } = await project.run({ PATH: programs.path }, 'doctor');
    assert.equal(code, 0, output);
    assert.match(output, /This machine is ready: npm run up/);
  });

  it('reads the profiles of a stack from its state', () => {
    assert.deepEqual(profilesIn(undefined), []);
    assert.deepEqual(
      profilesIn({
        deployment: {
          resources: [
            { urn: 'a', type: 'pulumi:pulumi:Stack' },
            { urn: 'b', type: 'pulumi-nodejs:dynamic/minikube:Profile', inputs: { profile: 'ours' } },
            { urn: 'c', type: 'pulumi-nodejs:dynamic/minikube:Start', inputs: { profile: 'started' } },
          ],
        },
      }),
      ['ours'],
    );
  });
});
