import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { formatAsJson, formatForPeople, isOfRequest } from '../../../tools/cli/shared/logLine';
import { until } from '../../../tools/until';
import { type FakePrograms, fakePrograms } from './support/fakePrograms';
import { addFakePulumi, addGoodMachine, type FakePulumi } from './support/fakePulumi';
import { copyProject, type Outcome, type Project } from './support/project';

const objects = {
  items: [
    {
      kind: 'Pod',
      metadata: { name: 'web-1' },
      status: { containerStatuses: [{ ready: true, restartCount: 2, state: {} }] },
    },
    {
      kind: 'Pod',
      metadata: { name: 'web-2' },
      status: {
        containerStatuses: [{ ready: false, restartCount: 0, state: { waiting: { reason: 'ImagePullBackOff' } } }],
      },
    },
    {
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'web' },
      spec: { minReplicas: 2, maxReplicas: 5, metrics: [{ resource: { target: { averageUtilization: 70 } } }] },
      status: {
        currentReplicas: 2,
        desiredReplicas: 3,
        currentMetrics: [{ resource: { current: { averageUtilization: 91 } } }],
      },
    },
    {
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'mongo-a1' },
      spec: { resources: { requests: { storage: '1Gi' } } },
      status: { phase: 'Bound' },
    },
  ],
};

describe('the commands that look into the cluster', function () {
  this.timeout(60_000);
  let project: Project;
  let programs: FakePrograms;
  let pulumi: FakePulumi;
  let service: Server;
  let url: string;
  let healthy = true;
  before(async () => {
    [project, programs] = await Promise.all([copyProject(), fakePrograms()]);
    service = createServer((request, response) => {
      response.statusCode = healthy && request.url === '/health/ready' ? 200 : 503;
      response.end('{"status":"as told"}');
    }).listen(0, '127.0.0.1');
    await once(service, 'listening');
    url = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
    pulumi = await addFakePulumi(programs, {
      url,
      kubeconfig: 'the kubeconfig',
      namespace: 'space',
      profile: 'koa',
      imageDigest: 'web@sha256:1',
    });
    await addGoodMachine(programs);
  });
  after(async () => {
    service.close();
    await Promise.all([project.remove(), programs.remove()]);
  });
  const at = (name: string): string => join(programs.folder, name);
  /** A kubectl that notes its arguments, and its kubeconfig's path and content, then runs `script`. */
  const addKubectl = (script: string): Promise<void> =>
    programs.add(
      'kubectl',
      `
    echo "$*" >> '${at('kubectl.calls')}'; echo "$KUBECONFIG" > '${at('kubeconfig.path')}'; cat "$KUBECONFIG" > '${at('kubeconfig.text')}'
    ${script}`,
    );
  const npm = async (command: string, ...args: string[]): Promise<Outcome> =>
    project.run({ PATH: programs.path, PULUMI_CONFIG_PASSPHRASE: '', KUBECONFIG: '/the/users/own' }, command, ...args);

  it('say that there is no stack, and how to make it', async () => {
    assert.deepEqual(await npm('status'), { code: 1, output: "There is no stack 'dev' here. Make it: npm run up\n" });
  });

  it('kubectl hands on arguments and exit code, and leaves no kubeconfig', async () => {
    await pulumi.makeStack();
    await addKubectl('case "$1" in get) echo pods; exit 3;; esac');
    assert.deepEqual(await npm('kubectl', 'get', 'pods', '--help'), { code: 3, output: 'pods\n' });
    assert.equal(
      await readFile(at('kubectl.calls'), 'utf8'),
      'config set-context --current --namespace=space\nget pods --help\n',
    );
    assert.equal(await readFile(at('kubeconfig.text'), 'utf8'), 'the kubeconfig');
    const path = (await readFile(at('kubeconfig.path'), 'utf8')).trim();
    assert.notEqual(path, '/the/users/own');
    assert.equal(existsSync(path), false);
  });

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    it(`end what they started, and leave no kubeconfig, at ${signal}`, async () => {
      await addKubectl('case "$1" in get) echo watching; exec /bin/sleep 600;; esac');
      const child = project.start(
        { PATH: programs.path, PULUMI_CONFIG_PASSPHRASE: '' },
        'kubectl',
        'get',
        'pods',
        '--watch',
      );
      await until('kubectl watches', () => child.output() !== '');
      child.kill(signal);
      assert.deepEqual(await child.outcome, { code: 1, output: 'watching\n' }); // all that held the output have ended
      assert.equal(existsSync((await readFile(at('kubeconfig.path'), 'utf8')).trim()), false);
    });
  }

  it('a question to the cluster ends at a signal too', async () => {
    await addKubectl('case "$1" in get) echo; exec /bin/sleep 600;; esac');
    const child = project.start({ PATH: programs.path, PULUMI_CONFIG_PASSPHRASE: '' }, 'shell');
    await until('kubectl is asked', () => readFileSync(at('kubectl.calls'), 'utf8').includes('get pods mongo-0'));
    child.kill('SIGTERM');
    assert.equal((await child.outcome).code, 1);
    assert.equal(existsSync((await readFile(at('kubeconfig.path'), 'utf8')).trim()), false);
  });

  it("kubectl is Minikube's where there is none on PATH", async () => {
    await rm(at('kubectl'));
    await programs.add(
      'minikube',
      `echo "$*" >> '${at('minikube.calls')}'; [ "$4" = config ] || { cat "$KUBECONFIG"; exit 4; }`,
    );
    assert.deepEqual(await npm('kubectl', 'get', 'pods'), { code: 4, output: 'the kubeconfig' });
    assert.equal(
      (await readFile(at('minikube.calls'), 'utf8')).split('\n').at(-2),
      'kubectl --profile=koa -- get pods',
    );

    await rm(at('minikube'));
    assert.deepEqual(await npm('kubectl', 'get', 'pods'), {
      code: 1,
      output: 'There is no kubectl on PATH. Install it: https://kubernetes.io/docs/tasks/tools\n',
    });
    await addGoodMachine(programs);
  });

  it('status shows all on one screen, and fails while the service is not well', async () => {
    await addKubectl(`case "$1" in get) echo '${JSON.stringify(objects)}';; exec) printf '20480\\t/data/db\\n';; esac`);
    const { code, output } = await npm('status');
    assert.equal(code, 0, output);
    assert.equal(
      output,
      [
        `service   ${url}: 200 {"status":"as told"}`,
        'cluster   Minikube profile koa, Running',
        'image     web@sha256:1',
        'scaling   2 pods, 3 wanted (2 to 5); 91 % of requested CPU, 70 % aimed at',
        'volume    mongo-a1: 20 MiB used of 1Gi, Bound',
        '',
        'pod    state             restarts',
        'web-1  ready             2',
        'web-2  ImagePullBackOff  0',
        '',
      ].join('\n'),
    );
    await programs.add(
      'minikube',
      'echo Running; echo; echo "WARNING: Your kubectl is pointing to stale minikube-vm."; exit 4',
    );
    assert.equal((await npm('status')).output, output);
    await programs.add('minikube', 'echo \'* Profile "koa" not found.\'; exit 85');
    assert.match((await npm('status')).output, /^cluster {3}Minikube profile koa, not there any more$/m);
    healthy = false;
    const ill = await npm('status');
    assert.equal(ill.code, 1);
    assert.match(ill.output, /: 503 /);
  });

  it('tell how to start a cluster that does not answer', async () => {
    await addKubectl('case "$1" in get) echo "connection refused" >&2; exit 1;; esac');
    const { code, output } = await npm('status');
    assert.equal(code, 1);
    assert.match(output, /Its API does not answer\. Start it, with all data: npm run up/);
    assert.match(
      (await npm('shell')).output,
      /^kubectl get failed: connection refused\nIf the cluster is stopped.*npm run up\n$/,
    );
  });

  it('shell runs mongosh in the pod, its password in no argument', async () => {
    await addKubectl('case "$1" in get) echo pod/mongo-0;; exec) echo "in the pod";; esac');
    assert.deepEqual(await npm('shell'), { code: 0, output: 'in the pod\n' });
    const call = (await readFile(at('kubectl.calls'), 'utf8'))
      .split('\n')
      .find((line) => line.startsWith('exec --stdin mongo-0'));
    assert.match(call ?? '', /mongosh .*process\.env\.MONGO_INITDB_ROOT_PASSWORD/);
    await addKubectl('');
    assert.match((await npm('shell')).output, /^Stack 'dev' has no pod mongo-0/);
  });

  it('logs follow all pods, and pick out a request', async () => {
    await addKubectl(`case "$1" in
      get) echo pod/web-1; echo pod/web-2;;
      logs) echo "{\\"level\\":30,\\"time\\":0,\\"requestId\\":\\"of $4\\",\\"msg\\":\\"request\\"}"; exec /bin/sleep 60;;
    esac`);
    const environment = { PATH: programs.path, PULUMI_CONFIG_PASSPHRASE: '' };
    const child = project.start(environment, 'logs', '--request', 'of pod/web-2');
    await until('the line is shown', () => child.output().includes('requestId'));
    child.kill('SIGTERM');
    assert.deepEqual(await child.outcome, {
      code: 0,
      output: '00:00:00.000  info   web-2  request  requestId=of pod/web-2\n',
    });
  });

  for (const command of ['status', 'logs']) {
    it(`${command} ends well when its reader has seen enough`, async () => {
      await addKubectl(`case "$1" in
        get) [ "$2" = pods ] && echo pod/web-1 || echo '${JSON.stringify(objects)}';;
        logs) while echo a line; do /bin/sleep 0.1; done;;
      esac`);
      healthy = true;
      const script = `{ node --import tsx tools/cli/${command}.ts; echo "code $?" >&2; } | { read line; echo "read $line"; }`;
      const environment = { PATH: programs.path, PULUMI_CONFIG_PASSPHRASE: '' };
      const outcome = await promisify(execFile)('/bin/sh', ['-c', script], { cwd: project.folder, env: environment });
      assert.match(outcome.stdout, /^read .+\n$/);
      assert.equal(outcome.stderr, 'code 0\n');
      assert.equal(existsSync((await readFile(at('kubeconfig.path'), 'utf8')).trim()), false);
    });
  }
});

describe('a line of the log', () => {
  const line = { pod: 'web-1', text: '{"level":40,"time":1000,"msg":"slow","requestId":"r","traceId":"t","ms":7}' };
  it("is of a request by its id, or its trace's", () => {
    assert.ok(isOfRequest(line, 'r') && isOfRequest(line, 't'));
    assert.ok(!isOfRequest(line, 'slow') && !isOfRequest({ pod: 'p', text: 'r' }, 'r'));
  });
  it('is shown for people, and as JSON', () => {
    assert.equal(formatForPeople(line), '00:00:01.000  warn   web-1  slow  requestId=r  traceId=t  ms=7');
    assert.equal(formatForPeople({ pod: 'p', text: 'plain' }), 'p  plain');
    assert.deepEqual(JSON.parse(formatAsJson(line)), { pod: 'web-1', ...(JSON.parse(line.text) as object) });
    assert.deepEqual(JSON.parse(formatAsJson({ pod: 'p', text: '[1]' })), { pod: 'p', msg: '[1]' });
  });
});
