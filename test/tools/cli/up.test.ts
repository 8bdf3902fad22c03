import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { run } from '../../../stack/cluster/run';
import { readProject } from '../../../tools/cli/shared/configuration';
import { type FakePrograms, fakePrograms } from './support/fakePrograms';
import { addFakePulumi, addGoodMachine, type FakePulumi } from './support/fakePulumi';
import { copyProject, type Outcome, type Project } from './support/project';

const url = 'http://127.0.0.1:30500';

describe('npm run up and npm run down', function () {
  this.timeout(120_000); // each command compiles and loads Pulumi's SDK anew
  let project: Project;
  let programs: FakePrograms;
  let pulumi: FakePulumi;
  beforeEach(async () => {
    [project, programs] = await Promise.all([copyProject(), fakePrograms()]);
    pulumi = await addFakePulumi(programs, project.folder, { url });
    await addGoodMachine(programs);
  });
  afterEach(() => Promise.all([project.remove(), programs.remove()]));

  const npm = (
    command: 'up' | 'down' | 'dev' | 'rotate' | 'pulumi' | 'status' | 'doctor',
    environment: NodeJS.ProcessEnv = {},
    ...args: string[]
  ): Promise<Outcome> => project.run({ PATH: programs.path, ...environment }, command, ...args);
  const at = (name: string): string => join(project.folder, name);
  const settings = (): Promise<string> => readFile(at('Pulumi.dev.yaml'), 'utf8');
  const endedProcess = async (): Promise<number> => Number((await run('sh', ['-c', 'echo $$']))?.stdout);

  it('create a stack, show its URL, and leave nothing of it', async () => {
    const before = await settings();
    const up = await npm('up');
    assert.equal(up.code, 0, up.output);
    assert.ok(
      up.output.includes('progress of up') && up.output.includes(`The service is ready at ${url}\n`),
      up.output,
    );
    assert.equal(up.output.match(/^ {2}curl /gm)?.length, 3);
    assert.match(up.output, /\nTime: [\d.]+ s for checks, [\d.]+ s for pulumi up, web after [\d.]+\.\n$/);
    const passphrase = await readFile(at('.pulumi-passphrase'), 'utf8');
    assert.match(passphrase, /^[0-9a-f]{64}$/);
    assert.equal((await stat(at('.pulumi-passphrase'))).mode & 0o777, 0o600);
    assert.equal(await settings(), before);

    assert.equal((await npm('up')).code, 0);
    assert.equal(await readFile(at('.pulumi-passphrase'), 'utf8'), passphrase);

    const down = await npm('down', {}, '--yes');
    assert.equal(down.code, 0, down.output);
    assert.match(await pulumi.calls(), /^stack rm dev --yes --preserve-config/m);
    assert.equal(await settings(), before);
    assert.deepEqual(await readdir(at('.pulumi')), []); // the folder itself is in git
    assert.equal(existsSync(at('.pulumi-passphrase')), false);
    assert.deepEqual(await npm('down'), { code: 0, output: "There is no stack 'dev': nothing to delete.\n" });
  });

  it('rotate raises the generation of the passwords before the update, and never that of another stack', async () => {
    const absent = await npm('rotate');
    assert.deepEqual(absent, { code: 1, output: "There is no stack 'dev'. To create it: npm run up\n" });
    await pulumi.makeStack();
    await writeFile(at('Pulumi.dev.yaml'), (await settings()).replace(/^config:/m, 'config:\n  mongoPasswords: 4'));
    const { code, output } = await npm('rotate', { PULUMI_CONFIG_PASSPHRASE: 'mine' });
    assert.equal(code, 0, output);
    assert.match(await pulumi.calls(), /^config set mongoPasswords 5 --stack dev .*^up --yes .*--stack dev$/ms);
    await writeFile(at('Pulumi.dev.yaml'), 'config: {mongoUri: mongodb://u:p@h/app}\n');
    assert.match((await npm('rotate')).output, /^The stack does not own the database at mongoUri/);
  });

  it('show how to use the endpoints of the example service only, and the URLs of other services', async () => {
    const services = { shop: { url: 'http://127.0.0.1:30501' }, web: { url } }; // sorted, as Pulumi has them
    await addFakePulumi(programs, project.folder, { url, services });
    await mkdir(at('mine'));
    await writeFile(at('mine/Dockerfile'), '');
    await writeFile(at('Pulumi.dev.yaml'), (await settings()).replace(/^config:/m, 'config:\n  service: mine'));
    const { code, output } = await npm('up');
    assert.equal(code, 0, output);
    assert.equal(output.match(/^ {2}curl /gm)?.length, 1);
    assert.match(output, /^shop is ready at http:\/\/127\.0\.0\.1:30501$/m);
    assert.doesNotMatch(output, /^web answers/m);
  });

  it('start the Pulumi CLI no more often than necessary, always with the name of the stack, and select none', async () => {
    await npm('up', { PULUMI_STACK: 'staging' }, '--stack', 'dev');
    const first = (await pulumi.calls()).trim().split('\n');
    assert.deepEqual(
      first.map((call) => call.split(' ').slice(0, 2).join(' ')),
      ['version', 'stack init', 'up --yes', 'stack export'],
    );
    await npm('up', { PULUMI_STACK: 'dev' });
    await npm('down', { PULUMI_STACK: 'staging' }, '--yes', '--stack', 'dev');
    const calls = (await pulumi.calls()).trim().split('\n');
    const unnamed = calls.filter((call) => !/^version|--stack dev\b|^stack (init|rm) dev /.test(call));
    assert.deepEqual(unnamed, []);
    assert.deepEqual(
      calls.filter((call) => /^stack (select|init (?!.*--no-select))/.test(call)),
      [],
    );
  });

  it('work on the stack of PULUMI_STACK without --stack', async () => {
    await writeFile(at('Pulumi.staging.yaml'), await settings());
    const { code, output } = await npm('up', { PULUMI_STACK: 'staging' });
    assert.equal(code, 0, output);
    assert.ok((await pulumi.readState('staging')) !== undefined);
    assert.match((await npm('status')).output, /no stack 'dev'/);
  });

  it('allows one update to lose data with --lose-data, and no later one', async () => {
    const before = await settings();
    const { code, output } = await npm('up', {}, '--lose-data');
    assert.equal(code, 0, output);
    const { name } = await readProject(project.folder);
    const given = parse(await pulumi.configFile()) as { readonly config: Readonly<Record<string, string>> };
    assert.equal(given.config[`${name}:loseData`], 'true');
    assert.equal(given.config[`${name}:nodePort`], project.nodePort);
    assert.equal(await settings(), before);
    const [, copy = ''] = /--config-file (\S+)/.exec(await pulumi.calls()) ?? [];
    assert.equal(existsSync(copy), false);
  });

  it('change nothing if the backup is missing or damaged', async () => {
    const missing = await npm('up', {}, '--restore', 'saved.gz');
    assert.equal(missing.code, 1);
    assert.match(missing.output, /saved\.gz can't be restored: .*no such file.*Nothing was changed/);
    await writeFile(at('saved.gz'), 'cut');
    const manifest = { format: 'mongodump --archive --gzip', bytes: 1000 };
    await writeFile(at('saved.gz.json'), JSON.stringify(manifest));
    assert.match(
      (await npm('up', {}, '--restore', 'saved.gz')).output,
      /it has 3 bytes instead of 1000: .*Nothing was changed/,
    );
    assert.doesNotMatch(await pulumi.calls(), /^(stack init|up) /m);
  });

  it('previews without an update', async () => {
    const { code, output } = await npm('up', {}, '--preview');
    assert.equal(code, 0, output);
    assert.match(output, /progress of preview\n$/);
    assert.doesNotMatch(await pulumi.calls(), /^up /m);
  });

  it('down requires a terminal or --yes', async () => {
    await pulumi.makeStack();
    await writeFile(at('.pulumi-passphrase'), 'p');
    const { code, output } = await npm('down');
    assert.equal(code, 1);
    assert.match(
      output,
      /no terminal for a confirmation\. Nothing was changed\. To delete it: npm run down -- --yes\n$/,
    );
    assert.doesNotMatch(await pulumi.calls(), /destroy/);
  });

  it('need no Minikube on an existing cluster, and dev mode is refused there', async () => {
    await rm(join(programs.folder, 'minikube'));
    const config = 'config: { cluster: existing, context: kind-kind, registry: "localhost:5001", host: 127.0.0.1 }\n';
    await writeFile(at('Pulumi.dev.yaml'), config);
    assert.match((await npm('dev')).output, /^Dev mode is for Minikube.* After a change: npm run up\n$/);
    assert.equal(await pulumi.calls(), '');
    const up = await npm('up');
    assert.equal(up.code, 0, up.output);
    assert.match((await npm('down')).output, /^This would delete stack 'dev' with all its data, /);
    const down = await npm('down', {}, '--yes');
    assert.equal(down.code, 0, down.output);

    const type = 'pulumi-nodejs:dynamic/minikube:Profile';
    const profile = { type, urn: `urn:pulumi:dev::p::${type}::minikube`, inputs: { profile: 'mine' } };
    await pulumi.makeStack({ resources: [profile] });
    assert.match((await npm('down')).output, /^There is no minikube on PATH/);
  });

  it('down removes nothing that stacks of another project need', async () => {
    await pulumi.makeStack();
    await writeFile(at('.pulumi-passphrase'), 'p');
    const { name } = await readProject(project.folder);
    await writeFile(at('Pulumi.yaml'), (await readFile(at('Pulumi.yaml'), 'utf8')).replace(name, 'renamed'));
    const nothing = await npm('down', {}, '--yes');
    assert.equal(nothing.code, 0);
    assert.ok(nothing.output.endsWith(`Stacks in .pulumi, as PROJECT/STACK: ${name}/dev\n`), nothing.output);

    const renamed = await addFakePulumi(programs, project.folder, { url });
    await renamed.makeStack();
    const { code, output } = await npm('down', {}, '--yes');
    assert.equal(code, 0, output);
    await pulumi.readState();
    await assert.rejects(renamed.readState());
    assert.equal(await readFile(at('.pulumi-passphrase'), 'utf8'), 'p');
  });

  it("refuse a stack whose passphrase is gone, and take the user's own", async () => {
    assert.equal((await npm('up', { PULUMI_CONFIG_PASSPHRASE: '' })).code, 0);
    assert.equal(existsSync(at('.pulumi-passphrase')), false);
    const { code, output } = await npm('up');
    assert.equal(code, 1);
    assert.ok(output.startsWith(`${at('.pulumi-passphrase')} is missing, and `), output);
    assert.match(output, /\/dev can't be read without its passphrase\. Set PULUMI_CONFIG_PASSPHRASE/);
  });

  it('treat an empty variable as not set', async () => {
    const { code, output } = await npm('up', { PULUMI_CONFIG_PASSPHRASE_FILE: '', PULUMI_BACKEND_URL: '' });
    assert.equal(code, 0, output);
    assert.ok(existsSync(at('.pulumi-passphrase')));
  });

  it('show once why a backend refuses, without a stack trace', async () => {
    const refusal = 'error: PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI sessions';
    await programs.add('pulumi', `case "$1" in version) echo v3.259.0;; *) echo '${refusal}' >&2; exit 255;; esac`);
    for (const command of ['up', 'down', 'status'] as const) {
      const { code, output } = await npm(command, { PULUMI_BACKEND_URL: 'https://api.pulumi.com' });
      assert.equal(code, 1);
      assert.equal(output.match(/PULUMI_ACCESS_TOKEN/g)?.length, 1, output);
      assert.match(output, /Log in: pulumi login https:\/\/api\.pulumi\.com\. Or unset PULUMI_BACKEND_URL/);
    }
    const doctor = await npm('doctor', { PULUMI_BACKEND_URL: 'https://api.pulumi.com' });
    assert.equal(doctor.code, 1);
    assert.match(doctor.output, /^ok +Pulumi CLI /m); // the table is shown
    assert.match(doctor.output, /PULUMI_ACCESS_TOKEN/);
  });

  it('drop the salt of another passphrase', async () => {
    const before = await settings();
    await writeFile(at('Pulumi.dev.yaml'), `${before}encryptionsalt: v1:theirs\n`);
    const { code, output } = await npm('up');
    assert.equal(code, 0, output);
    assert.equal(await settings(), before);
  });

  it('remove the lock of a run that was killed, and no other', async () => {
    await npm('up');
    const ended = await endedProcess();
    await pulumi.lock(hostname(), ended);
    const over = await npm('up');
    assert.equal(over.code, 0, over.output);
    assert.match(over.output, /The lock of a killed run was removed/);

    for (const [host, pid] of [
      [hostname(), process.pid],
      ['elsewhere', ended],
    ] as const) {
      await pulumi.lock(host, pid);
      const { code, output } = await npm('up');
      assert.equal(code, 1);
      assert.ok(
        output.includes(`Stack 'dev' is locked by process ${pid} on ${host}. Wait until it has ended.`),
        output,
      );
    }
  });

  it('clear the pending operations of a killed run, with encrypted secrets', async () => {
    const urn = 'urn:pulumi:dev::p::webstack:workloads:WebService$kubernetes:core/v1:Secret::web';
    const metadata = { name: 'web-1', namespace: 'app', annotations: { 'pulumi.com/autonamed': 'true' } };
    const state = {
      resources: [{ urn, type: 'kubernetes:core/v1:Secret' }],
      pending_operations: [{ resource: { urn, inputs: { kind: 'Secret', metadata } }, type: 'creating' }],
    };
    await pulumi.makeStack(state);
    await writeFile(at('.pulumi-passphrase'), 'p');
    const { code, output } = await npm('up');
    assert.equal(code, 0, output);
    assert.match(output, /An earlier run was killed while it worked on: kubernetes:core\/v1:Secret web\./);
    const calls = await pulumi.calls();
    assert.match(calls, /^stack import --stack dev --non-interactive$/m); // Pulumi leaves pending operations out of what it imports
    assert.doesNotMatch(calls, /export.*show-secrets|--file/);
    assert.deepEqual(await pulumi.readState(), { version: 3, deployment: state });
    assert.match(
      output,
      /Secret\/web-1 may be left over from the killed run\. Delete it: npm run kubectl -- delete Secret\/web-1 --namespace=app/,
    );
  });

  it('show the next step after a failure, without a stack trace', async () => {
    const { code, output } = await npm('up', { FAIL: '1' });
    assert.equal(code, 1);
    assert.match(output, /^error: the update failed\n\nThe update failed; the reason is above\..*: npm run up\n/m);
    assert.doesNotMatch(output, /^\s+at /m);
  });

  it('say after a failed preview that nothing was changed', async () => {
    const { code, output } = await npm('up', { FAIL: '1' }, '--preview');
    assert.equal(code, 1);
    assert.match(output, /\nThe preview failed; the reason is above\. Nothing was changed\.\n$/);
  });

  it('report all missing requirements at once, before any change', async () => {
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

  it('doctor and status create no state, passphrase or selection', async () => {
    await mkdir(at('.pulumi'));
    assert.equal((await npm('doctor')).code, 0);
    assert.equal((await npm('status')).code, 1);
    assert.deepEqual([await readdir(at('.pulumi')), existsSync(at('.pulumi-passphrase'))], [[], false]);
    assert.doesNotMatch(await pulumi.calls(), /select|init/);
  });

  it('pulumi accepts --stack at any position, and creates a stack to configure it', async () => {
    for (const args of [
      ['--stack', 'other', 'config', 'set', 'cpus', '2'],
      ['config', 'set', 'cpus', '2', '--stack', 'other'],
    ]) {
      const before = (await pulumi.calls()).length;
      const { code, output } = await npm('pulumi', { PULUMI_STACK: 'staging' }, ...args);
      assert.equal(code, 0, output); // the fake takes the stack from the environment, as Pulumi does, and fails if it is missing
      assert.match((await pulumi.calls()).slice(before), /^config set cpus 2$/m);
    }
    assert.match(await pulumi.calls(), /^stack init other --no-select/m);
    assert.match((await npm('pulumi', {}, 'up')).output, /no stack named 'dev' found/);
  });

  it('pulumi creates a stack with the passphrase of the project, and leaves no salt', async () => {
    assert.equal((await npm('pulumi', {}, 'version')).code, 0);
    assert.equal(existsSync(at('.pulumi-passphrase')), false, 'no stack is created');
    for (const args of [['other'], ['--stack', 'another'], ['--no-select', 'third']]) {
      const { code, output } = await npm('pulumi', {}, 'stack', 'init', ...args);
      assert.equal(code, 0, output);
    }
    await Promise.all([pulumi.readState('other'), pulumi.readState('another')]);
    assert.match(await readFile(at('.pulumi-passphrase'), 'utf8'), /^[0-9a-f]{64}$/);
    for (const name of ['other', 'another', 'third']) assert.equal(existsSync(at(`Pulumi.${name}.yaml`)), false, name);
  });

  it('refuse an invalid name and an unknown option', async () => {
    assert.match((await npm('up', {}, '--stack', 'a b')).output, /^'a b' is not a valid stack name: /m);
    const { code, output } = await npm('down', {}, '--force');
    assert.equal(code, 1);
    assert.match(output, /^Unknown option '--force'/);
    assert.doesNotMatch(output, /^\s+at /m);
  });
});
