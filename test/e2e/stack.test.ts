import assert from 'node:assert/strict';
import { until } from '../../stack/cluster/until';
import type { ProjectCopy } from '../../tools/projectCopy';
import { audit, useOwnSettings } from './support/audit';
import { copyProject, ports, profile, skipUnlessRunnable, stack, url } from './support/project';

/** A program for a pod's Node: prints which of its arguments, HOST:PORT, take a connection within ten seconds. */
const connect = `
const reach = (address) => new Promise((resolve) => {
  const [host, port] = address.split(':');
  const socket = require('net').connect({ host, port, timeout: 10_000 }, () => resolve(address));
  for (const event of ['error', 'timeout']) socket.on(event, () => resolve(socket.destroy() && undefined));
});
Promise.all(process.argv.slice(1).map(reach)).then((open) => {
  console.log('open: ' + open.filter(Boolean).join(' '));
  process.exit();
});`;

describe('the stack on a real Minikube', () => {
  let project: ProjectCopy;
  let earlier: Awaited<ReturnType<typeof audit>>;
  let id: string;
  /** Resources of the stack. */
  let count: string;

  /** The name in the stored document, or why it can't be read. */
  const stored = (): Promise<unknown> =>
    fetch(`${url}/data/${id}`, { signal: AbortSignal.timeout(5000) }).then(
      async (answer) => (answer.status === 200 ? ((await answer.json()) as { name: string }).name : answer.status),
      String,
    );
  const resources = async (): Promise<string> => /(\d+ unchanged)/.exec(await project.up())?.[0] ?? 'something changed';

  before(async function () {
    skipUnlessRunnable(this);
    await useOwnSettings();
    earlier = await audit();
    project = await copyProject();
  });

  after(async () => {
    if (!project) return;
    await project.npm('down', '--yes').catch(() => undefined); // where a test failed before it came to that
    await project.remove();
  });

  it('previews in a fresh clone, with no cluster', async () => {
    await project.pulumi('stack', 'init');
    const told = await project.pulumi('preview');
    count = /\+ (\d+) to create/.exec(told)?.[1] ?? assert.fail(told);
  });

  it('goes from nothing to a URL with plain `pulumi up`', async () => {
    await project.up();
    assert.equal((await project.pulumi('stack', 'output', 'url')).trim(), url);
    assert.match(await project.pulumi('stack', 'output', 'imageDigest'), /@sha256:[0-9a-f]{64}/);
  });

  it('serves each endpoint', async () => {
    const welcome = (await (await fetch(url)).json()) as { message: string; time: string };
    assert.match(welcome.message, /Welcome/);
    assert.ok(Date.parse(welcome.time) > 0);
    const post = await fetch(`${url}/data`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: '{"name":"kept","value":123}',
    });
    assert.equal(post.status, 201);
    ({ id } = (await post.json()) as { id: string });
    assert.deepEqual(await (await fetch(`${url}/data`)).json(), [{ _id: id, name: 'kept', value: 123 }]);
    assert.equal(await stored(), 'kept');
    for (const path of ['/health', '/health/live', '/health/ready', '/openapi.json']) {
      assert.equal((await fetch(url + path)).status, 200, path);
    }
    assert.equal((await fetch(`${url}/metrics`)).status, 404);
    const other = (await (
      await fetch(`${url}/data`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/x-ndjson' },
        body: '{"name":"a"}\n{"name":"b"}\n',
      })
    ).json()) as { inserted: number };
    assert.equal(other.inserted, 2);
    const [last] = (await (await fetch(`${url}/data?filter={"name":"b"}`)).json()) as [{ _id: string }];
    assert.equal((await fetch(`${url}/data/${last._id}`, { method: 'DELETE' })).status, 204);
  });

  it('autoscales on real metrics', async () => {
    const conditions = (): Promise<string> =>
      project.kubectl('get', 'hpa', 'web', '-o', 'jsonpath={.status.conditions}');
    const isActive = (): Promise<boolean> =>
      conditions().then(
        (text) => /"status":"True","type":"ScalingActive"/.test(text),
        () => false,
      );
    await until('it is active', isActive, 30_000, 500);
  });

  it('resolves the name mongo in a pod', async () => {
    const lookUp =
      "require('dns').lookup('mongo', (error, address) => { if (error) throw error; console.log(address); })";
    assert.match(await project.kubectl('exec', 'deploy/web', '--', 'node', '-e', lookUp), /\d+\.\d+\.\d+\.\d+/);
  });

  it('changes nothing when nothing changed, with `npm run up` either', async () => {
    assert.equal(await resources(), `${count} unchanged`);
    const told = await project.npm('up');
    assert.ok(told.includes(`${count} unchanged`), told);
    assert.match(told, new RegExp(`The service is ready at ${url}`));
    assert.match(await project.run('git', ['status', '--porcelain']), new RegExp(`^M Pulumi.${stack}.yaml$|^$`)); // what Pulumi itself writes
  });

  it('lets only the service reach the database, and the service nothing else', async function () {
    const service = (
      await project.kubectl('get', 'deploy/web', '-o', 'jsonpath={.spec.template.spec.containers[0].image}')
    ).trim();
    const address = (
      await project.kubectl(
        'get',
        'pods',
        '-l',
        'app.kubernetes.io/name=web',
        '-o',
        'jsonpath={.items[0].status.podIP}',
      )
    ).trim();
    const from = `${profile}.svc.cluster.local`;
    const openOf = (printed: string): string[] =>
      (/open: (.*)/.exec(printed) ?? assert.fail(printed))[1]?.split(' ').filter(Boolean) ?? [];
    const pod = (...args: string[]): Promise<string> => project.kubectl('--namespace=default', ...args);
    const targets = [`mongo.${from}:27017`, `web.${from}:5000`, `${address}:9464`];
    // Not `run --rm --stdin`: it loses what is printed before it is attached.
    await pod(
      'run',
      'connect',
      `--image=${service}`,
      '--restart=Never',
      '--command',
      '--',
      'node',
      '-e',
      connect,
      ...targets,
    );
    await pod('wait', '--for=jsonpath={.status.phase}=Succeeded', '--timeout=60s', 'pod/connect');
    const elsewhere = openOf(await pod('logs', 'connect'));
    await pod('delete', 'pod', 'connect');
    if (elsewhere.includes(`mongo.${from}:27017`) && elsewhere.includes(`${address}:9464`)) {
      console.log('      skipped: the CNI of this Minikube enforces no NetworkPolicy');
      this.skip();
    }
    assert.deepEqual(elsewhere, [`web.${from}:5000`]);
    const inService = ['exec', 'deploy/web', '--', 'node', '-e', connect, 'mongo:27017', 'kubernetes.default:443'];
    assert.deepEqual(openOf(await project.kubectl(...inService)), ['mongo:27017']);
  });

  it('refuses to lose data, in the preview too', async () => {
    for (const [key, value] of [
      ['namespace', 'another'],
      ['nodePort', '30601'],
    ] as const) {
      const before = key === 'nodePort' ? ports.nodePort : '';
      await project.pulumi('config', 'set', key, value);
      await assert.rejects(project.pulumi('preview'), /data of this stack would be lost/);
      await assert.rejects(project.up(), /data of this stack would be lost/);
      await project.pulumi('config', 'set', key, before);
    }
    assert.equal(await resources(), `${count} unchanged`);
    assert.equal(await stored(), 'kept');
  });

  it('stops where the cluster can not be seen', async () => {
    const elsewhere = { ...project.environment, MINIKUBE_HOME: project.folder };
    for (const command of ['preview', 'destroy']) {
      const args = [
        command,
        '--stack',
        stack,
        '--non-interactive',
        ...(command === 'destroy' ? ['--yes', '--skip-preview'] : []),
      ];
      await assert.rejects(project.run('pulumi', args, elsewhere), /MINIKUBE_HOME/);
    }
    assert.equal(await stored(), 'kept');
  });

  it('keeps the data when mongo-0 is deleted', async () => {
    await project.kubectl('delete', 'pod', 'mongo-0');
    await until('the document is back', async () => (await stored()) === 'kept', 120_000, 500);
  });

  it('makes a changed line live', async () => {
    await project.edit('service/example/welcome.ts', '"message":"Welcome"', '"message":"Welcome again"');
    await project.up();
    await until(
      'the new welcome',
      async () => (await (await fetch(url)).text()).includes('Welcome again'),
      120_000,
      500,
    );
  });

  it('starts a stopped cluster again, with its data', async () => {
    const environment = { ...project.environment, KUBECONFIG: `${project.folder}/kubeconfig` };
    await project.run('minikube', ['stop', `--profile=${profile}`], environment);
    await project.up();
    await until('the document is back', async () => (await stored()) === 'kept', 120_000, 500);
    const properties = ['systemctl', 'show', '--property=ExecStartPost', 'containerd'];
    const started = await project.run('docker', ['exec', profile, ...properties]);
    assert.match(started, /crictl version/); // so Minikube finds it ready
  });

  it("refuses a pod's connection to the API server until kube-proxy forwards it, in place of losing it", async () => {
    const route = ['ip', 'route', 'get', '10.96.0.1', 'from', '10.244.0.99', 'iif', 'eth0'];
    await assert.rejects(project.run('docker', ['exec', profile, ...route]), /unreachable/);
    await project.run('docker', ['exec', profile, ...route.slice(0, 4)]); // from the node, kube-proxy's rules come later
  });

  it('fails with the reason and the log of a pod that crashes, the old version still serving', async () => {
    await project.edit('service/main.ts', 'import', "throw new Error('broken on purpose');\nimport");
    await assert.rejects(project.up(), /broken on purpose/);
    assert.equal((await fetch(url)).status, 200);
    await project.edit('service/main.ts', "throw new Error('broken on purpose');\n", '');
    await project.up();
  });

  it('loses no request and no write by an update, a lost pod, a lost database or a lack of memory', async () => {
    const told = await project.npm('drill', '--quick', '--only=rolling-update,pod-loss,database-loss,out-of-memory');
    assert.match(told, /4 of 4 drills passed/);
  });

  it('leaves nothing behind', async () => {
    await project.pulumi('destroy', '--yes', '--skip-preview');
    await project.npm('down', '--yes');
    assert.deepEqual(await audit(), earlier);
  });
});
