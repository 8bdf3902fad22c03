import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { until } from '../../stack/cluster/until';
import type { ProjectCopy } from '../../tools/projectCopy';
import { addDocumentedServices } from '../stack/support/documentedServices';
import { audit, useOwnSettings } from './support/audit';
import { copyProject, skipUnlessRunnable, url } from './support/project';

/** A program for a pod's Python: prints the first line that HOST:PORT answers to a text, or why there is none. */
const talk = `
import socket, sys
host, port, text = sys.argv[1:]
try:
  with socket.create_connection((host, int(port)), timeout=3) as connection:
    connection.sendall(text.encode().decode('unicode_escape').encode())
    print(connection.recv(100).split(b'\\r')[0].decode())
except OSError as error:
  print(type(error).__name__)`;

describe('a service in another language, on a real Minikube', () => {
  let project: ProjectCopy;
  let earlier: Awaited<ReturnType<typeof audit>>;
  const post = (): Promise<Response> =>
    fetch(`${url}/data`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: '{"name":"kept","value":123}',
    });
  const inPod = (deployment: string, ...command: string[]): Promise<string> =>
    project.kubectl('exec', `deploy/${deployment}`, '--', ...command);

  before(async function () {
    skipUnlessRunnable(this);
    project = await copyProject();
    const [, base = ''] = /^FROM (.*)/m.exec(await readFile('examples/flask/Dockerfile', 'utf8')) ?? [];
    const docker = (...args: string[]) => project.run('docker', args);
    const image = docker('image', 'inspect', base).catch(() => docker('pull', base));
    await image.catch(() => skipUnlessRunnable(this, [`the image ${base}`]));
    await useOwnSettings();
    earlier = await audit();
  });

  after(async () => {
    if (!project) return;
    await project.npm('down', '--yes').catch(() => undefined); // where a test failed before it came to that
    await project.remove();
  });

  it('runs by one line of configuration', async () => {
    await project.npm('pulumi', 'config', 'set', 'service', './examples/flask');
    await project.npm('pulumi', 'config', 'set', 'extraNodePorts', '30601');
    await project.npm('pulumi', 'config', 'set', '--path', 'serviceEnv.GREETING', 'hello');
    await project.npm('pulumi', 'config', 'set', '--path', '--secret', 'serviceEnv.TOKEN', 'hush');
    await project.npm('pulumi', 'config', 'set', 'maxReplicas', '2'); // room for the others on two CPUs
    assert.match(await project.npm('up'), new RegExp(`The service is ready at ${url}`));
    assert.match(await project.npm('status'), /^service .*: 200 \{"status":"available"\}$/m);
  });

  it('answers, and keeps data', async () => {
    const welcome = (await (await fetch(url)).json()) as { message: string; time: string };
    assert.equal(welcome.message, 'Welcome');
    assert.ok(Date.parse(welcome.time) > 0);
    const answer = await post();
    assert.equal(answer.status, 201);
    const { id } = (await answer.json()) as { id: string };
    assert.deepEqual(await (await fetch(`${url}/data`)).json(), [{ _id: id, name: 'kept', value: 123 }]);
    assert.equal((await fetch(`${url}/health`)).status, 200);
  });

  it('gets the variables of serviceEnv', async () => {
    assert.equal(await inPod('web', 'printenv', 'GREETING', 'TOKEN'), 'hello\nhush');
    assert.doesNotMatch(await project.kubectl('get', 'deployment', 'web', '-o', 'yaml'), /hush/);
  });

  it('runs as a user that is not root, and can write to /tmp alone', async () => {
    assert.equal((await inPod('web', 'id', '-u')).trim(), '1000');
    await inPod('web', 'touch', '/tmp/file');
    await assert.rejects(inPod('web', 'touch', '/app/file'), /Read-only file system/);
  });

  it('is scaled by its CPU use', async () => {
    const conditions = (): Promise<string> =>
      project.kubectl('get', 'hpa', 'web', '-o', 'jsonpath={.status.conditions}');
    const active = async (): Promise<boolean> => /"status":"True","type":"ScalingActive"/.test(await conditions());
    await until('the autoscaler is active', active, 60_000, 1000);
  });

  it('loses no request while all its pods are replaced', async () => {
    const outcomes: number[] = [];
    let replaced = false;
    const client = async (): Promise<void> => {
      while (!replaced)
        outcomes.push(
          await fetch(`${url}/health/live`).then(
            ({ status }) => status,
            () => 0,
          ),
        );
    };
    const clients = [client(), client()];
    await project.kubectl('rollout', 'restart', 'deploy/web');
    await project.kubectl('rollout', 'status', 'deploy/web', '--timeout=120s');
    const pods = (): Promise<string> =>
      project.kubectl('get', 'pods', '-l', 'app.kubernetes.io/name=web', '-o', 'name');
    const count = async (): Promise<boolean> => (await pods()).trim().split('\n').length === 2;
    await until('the old pods have ended', count, 60_000, 1000);
    replaced = true;
    await Promise.all(clients);
    assert.deepEqual(
      outcomes.filter((status) => status !== 200),
      [],
      `of ${outcomes.length} requests`,
    );
  });

  it('is joined by another service, a worker and Redis, as the documentation has it', async () => {
    await addDocumentedServices(project);
    assert.match(await project.npm('up'), /^shop is ready at http:\/\/127\.0\.0\.1:30601$/m);
    assert.match(await project.npm('status'), /^service {3}shop http:\/\/127\.0\.0\.1:30601: 200/m);
    const log = async (): Promise<boolean> => /"documents":1\b/.test(await project.kubectl('logs', 'deploy/worker'));
    await until('the worker has counted the documents', log, 60_000, 1000);
  });

  it('reaches what it is connected to, by name, and nothing else', async () => {
    const from = async (deployment: string, host: string, port: number, text: string): Promise<string> =>
      (await inPod(deployment, 'python', '-c', talk, host, String(port), text)).trim();
    const [http, ping] = ['GET /health/live HTTP/1.0\\r\\n\\r\\n', 'PING\\r\\n'];
    assert.match(await from('shop', 'web', 5000, http), /^HTTP\/1\.[01] 200/);
    assert.match(await from('shop', 'redis', 6379, ping), /^-NOAUTH/);
    const blocked = [await from('web', 'redis', 6379, ping), await from('web', 'shop', 5000, http)];
    if (blocked[0]?.startsWith('-NOAUTH'))
      return console.log('      (the CNI of this Minikube enforces no NetworkPolicy)');
    for (const outcome of blocked) assert.match(outcome, /^(TimeoutError|ConnectionRefusedError)$/); // dropped, or rejected: as the CNI has it
    const uri = await inPod('shop', 'python', '-c', "import os; print(os.environ['REDIS_URL'])");
    const password = /redis:\/\/:(\w+)@/.exec(uri)?.[1] ?? '';
    assert.equal(await from('shop', 'redis', 6379, `AUTH ${password}\\r\\n`), '+OK');
  });

  it('is refused as root, the old version still serving', async () => {
    await project.edit('examples/flask/Dockerfile', 'USER 1000\n', '');
    await assert.rejects(project.npm('up'), /Dockerfile runs as root.*Add `USER 1000`/);
    assert.equal((await fetch(url)).status, 200);
  });

  it('leaves nothing behind', async () => {
    await project.npm('down', '--yes');
    assert.deepEqual(await audit(), earlier);
  });
});
