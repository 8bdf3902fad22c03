import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { run } from '../../../stack/preflight/system';
import { type FakePrograms, fakePrograms } from './support/fakePrograms';
import { addFakePulumi, addGoodMachine, type FakePulumi } from './support/fakePulumi';
import { copyProject, type Outcome, type Project } from './support/project';

const url = 'http://127.0.0.1:30500';

describe('npm run up and npm run down', function () {
  this.timeout(60_000); // each command compiles and loads Pulumi's SDK anew
  let project: Project;
  let programs: FakePrograms;
  let pulumi: FakePulumi;
  beforeEach(async () => {
    [project, programs] = await Promise.all([copyProject(), fakePrograms()]);
    pulumi = await addFakePulumi(programs, { url });
    await addGoodMachine(programs);
  });
  afterEach(() => Promise.all([project.remove(), programs.remove()]));

  const npm = (
    command: 'up' | 'down' | 'pulumi',
    environment: NodeJS.ProcessEnv = {},
    ...args: string[]
  ): Promise<Outcome> => project.run({ PATH: programs.path, ...environment }, command, ...args);
  const at = (name: string): string => join(project.folder, name);
  const settings = (): Promise<string> => readFile(at('Pulumi.dev.yaml'), 'utf8');

  it('make a stack, tell its URL, and leave nothing of it', async () => {
    const before = await settings();
    const up = await npm('up');
    assert.equal(up.code, 0, up.output);
    assert.ok(up.output.includes('progress of up') && up.output.includes(`It answers at ${url}\n`), up.output);
    assert.equal(up.output.match(/^ {2}curl /gm)?.length, 3);
    const passphrase = await readFile(at('.pulumi-passphrase'), 'utf8');
    assert.match(passphrase, /^[0-9a-f]{64}$/);
    assert.equal((await stat(at('.pulumi-passphrase'))).mode & 0o777, 0o600);
    assert.equal(await settings(), before);

    assert.equal((await npm('up')).code, 0);
    assert.equal(await readFile(at('.pulumi-passphrase'), 'utf8'), passphrase);

    const down = await npm('down');
    assert.equal(down.code, 0, down.output);
    assert.match(await pulumi.calls(), /^stack rm --yes --preserve-config dev/m);
    assert.equal(await settings(), before);
    assert.deepEqual([existsSync(at('.pulumi')), existsSync(at('.pulumi-passphrase'))], [false, false]);
    assert.deepEqual(await npm('down'), { code: 0, output: "There is no stack 'dev' here: nothing to take down.\n" });
  });

  it("refuse a stack whose passphrase is gone, and take the user's own", async () => {
    assert.equal((await npm('up', { PULUMI_CONFIG_PASSPHRASE: '' })).code, 0);
    assert.equal(existsSync(at('.pulumi-passphrase')), false);
    const { code, output } = await npm('up');
    assert.deepEqual([code, output.split(' is gone')[0]], [1, `The passphrase file ${at('.pulumi-passphrase')}`]);
  });

  it("drop the salt of somebody else's passphrase", async () => {
    const before = await settings();
    await writeFile(at('Pulumi.dev.yaml'), `${before}encryptionsalt: v1:theirs\n`);
    const { code, output } = await npm('up');
    assert.equal(code, 0, output);
    assert.equal(await settings(), before);
  });

  it('take away the lock of a run that was killed, and no other', async () => {
    const ended = Number((await run('sh', ['-c', 'echo $$']))?.stdout);
    await pulumi.lock(hostname(), ended);
    const over = await npm('up');
    assert.equal(over.code, 0, over.output);
    assert.match(over.output, /An earlier run was killed and left its lock/);

    for (const [host, pid] of [
      [hostname(), process.pid],
      ['elsewhere', ended],
    ] as const) {
      await pulumi.lock(host, pid);
      const { code, output } = await npm('up');
      assert.equal(code, 1);
      assert.ok(output.includes(`Stack 'dev' is locked by process ${pid} on ${host}. Wait for its end.`), output);
    }
  });

  it('say what to do after a failure, without a stack trace', async () => {
    const { code, output } = await npm('up', { FAIL: '1' });
    assert.equal(code, 1);
    assert.match(output, /^error: the update failed\n\nIt did not succeed; the reason is above\..*: npm run up\n/m);
    assert.doesNotMatch(output, /^\s+at /m);
  });

  it('tell everything that is missing at once, before anything is made', async () => {
    const bare = await fakePrograms();
    const { code, output } = await project.run({ PATH: bare.path }, 'up');
    await bare.remove();
    assert.equal(code, 1);
    for (const text of [
      'no docker on PATH',
      'no minikube on PATH',
      'no pulumi on PATH',
      'npm run up -- --fetch',
      'npm start',
      'Nothing was changed',
    ]) {
      assert.ok(output.includes(text), `${text}\n${output}`);
    }
    assert.doesNotMatch(output, /^\s+at /m);
    assert.deepEqual([existsSync(at('.pulumi')), existsSync(at('.pulumi-passphrase'))], [false, false]);
  });

  it('pulumi takes the stack wherever it is named, and makes one to be configured', async () => {
    for (const args of [
      ['--stack', 'other', 'config', 'set', 'cpus', '2'],
      ['config', 'set', 'cpus', '2', '--stack', 'other'],
    ]) {
      const before = (await pulumi.calls()).length;
      assert.equal((await npm('pulumi', {}, ...args)).code, 0);
      const calls = (await pulumi.calls()).slice(before);
      assert.match(calls, /^stack (init|select) .*\bother\b/m);
      assert.match(calls, /^config set cpus 2$/m);
    }
  });

  it('refuse a name that is none, and an option that is none', async () => {
    assert.match((await npm('up', {}, '--stack', 'a b')).output, /^'a b' can't name a stack: /m);
    const { code, output } = await npm('down', {}, '--force');
    assert.equal(code, 1);
    assert.match(output, /^Unknown option '--force'/);
    assert.doesNotMatch(output, /^\s+at /m);
  });
});
