import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { V1PersistentVolumeClaim, V1Pod, V2HorizontalPodAutoscaler } from '@kubernetes/client-node';
import { parse } from 'yaml';
import { probes } from '../../../service/contract';
import { until } from '../../../stack/cluster/until';
import { formatAsJson, formatForPeople, isOfRequest } from '../../../tools/cli/shared/followLogs';
import { type FakeKubernetes, fakeKubernetes } from './support/fakeKubernetes';
import { type FakePrograms, fakePrograms } from './support/fakePrograms';
import { addFakePulumi, addGoodMachine, type FakePulumi } from './support/fakePulumi';
import { copyProject, type Outcome, type Project } from './support/project';

const pod = (name: string, ready = true, reason?: string): V1Pod => ({
  metadata: { name, namespace: 'space', resourceVersion: name },
  status: {
    conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
    containerStatuses: [
      {
        name: 'web',
        ready,
        restartCount: ready ? 2 : 0,
        image: '',
        imageID: '',
        state: reason ? { waiting: { reason } } : { running: {} },
        ...(reason === undefined && { containerID: `containerd://${name}` }),
      },
    ],
  },
});
const scaler: V2HorizontalPodAutoscaler = {
  metadata: { name: 'web' },
  spec: {
    scaleTargetRef: { kind: 'Deployment', name: 'web' },
    minReplicas: 2,
    maxReplicas: 5,
    metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } }],
  },
  status: {
    conditions: [],
    currentReplicas: 2,
    desiredReplicas: 3,
    currentMetrics: [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 91 } } }],
  },
};
const claim: V1PersistentVolumeClaim = {
  metadata: { name: 'mongo-a1' },
  spec: { resources: { requests: { storage: '1Gi' } } },
  status: { phase: 'Bound' },
};

describe('the commands that work on the cluster', function () {
  this.timeout(120_000);
  let project: Project;
  let programs: FakePrograms;
  let pulumi: FakePulumi;
  let kubernetes: FakeKubernetes;
  let service: Server;
  let url: string;
  let healthy = true;
  before(async () => {
    [project, programs, kubernetes] = await Promise.all([copyProject(), fakePrograms(), fakeKubernetes()]);
    service = createServer((request, response) => {
      response.statusCode = healthy && request.url === probes.startup ? 200 : 503;
      response.end('{"status":"as told"}');
    }).listen(0, '127.0.0.1');
    await once(service, 'listening');
    url = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
    pulumi = await addFakePulumi(programs, project.folder, {
      url,
      services: { web: { url, health: url + probes.startup } },
      kubeconfig: kubernetes.kubeconfig('koa'),
      namespace: 'space',
      profile: 'koa',
      imageDigest: 'web@sha256:1',
    });
    await Promise.all([pulumi.makeStack(), addGoodMachine(programs)]);
  });
  beforeEach(() => {
    kubernetes.silent = false;
    kubernetes.requests.length = 0;
    kubernetes.set('pods', pod('web-1'), pod('web-2', false, 'ImagePullBackOff'));
    kubernetes.set('horizontalpodautoscalers', scaler);
    kubernetes.set('persistentvolumeclaims', claim);
    healthy = true;
  });
  after(async () => {
    service.close();
    kubernetes.close();
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
  const environment = (): NodeJS.ProcessEnv => ({
    PATH: programs.path,
    PULUMI_CONFIG_PASSPHRASE: '',
    KUBECONFIG: '/the/users/own',
  });
  const npm = (command: string, ...args: string[]): Promise<Outcome> => project.run(environment(), command, ...args);
  const kubeconfigPath = async (): Promise<string> => (await readFile(at('kubeconfig.path'), 'utf8')).trim();

  it('report a missing stack, and how to create it', async () => {
    assert.deepEqual(await npm('status', '--stack', 'none'), {
      code: 1,
      output: "There is no stack 'none'. To create it: npm run up -- --stack none\n",
    });
  });

  it("kubectl passes on arguments and exit code, with the stack's context and namespace alone", async () => {
    await addKubectl('case "$1" in get) echo pods; exit 3;; esac');
    assert.deepEqual(await npm('kubectl', 'get', 'pods', '--help'), { code: 3, output: 'pods\n' });
    assert.equal(await readFile(at('kubectl.calls'), 'utf8'), 'get pods --help\n');
    const text = await readFile(at('kubeconfig.text'), 'utf8');
    const { contexts, users, ...rest } = parse(text) as Record<string, unknown>;
    assert.equal(rest['current-context'], 'koa');
    assert.deepEqual(contexts, [{ name: 'koa', context: { cluster: 'ours', user: 'ours', namespace: 'space' } }]);
    assert.deepEqual(users, [{ name: 'ours', user: { token: 'ours' } }]);
    assert.notEqual(await kubeconfigPath(), '/the/users/own');
    assert.equal(existsSync(await kubeconfigPath()), false);
  });

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    it(`kubectl ends, and leaves no kubeconfig, at ${signal}`, async () => {
      await addKubectl('case "$1" in get) echo watching; exec /bin/sleep 600;; esac');
      const child = project.start(environment(), 'kubectl', 'get', 'pods', '--watch');
      await until('kubectl watches', () => child.output() !== '');
      child.kill(signal);
      assert.deepEqual(await child.outcome, { code: 1, output: 'watching\n' }); // all that held the output have ended
      assert.equal(existsSync(await kubeconfigPath()), false);
    });
  }

  it("kubectl is Minikube's where there is none on PATH", async () => {
    await rm(at('kubectl'));
    await programs.add('minikube', `echo "$*" > '${at('minikube.calls')}'; exit 4`);
    assert.deepEqual(await npm('kubectl', 'get', 'pods'), { code: 4, output: '' });
    assert.equal(await readFile(at('minikube.calls'), 'utf8'), 'kubectl --profile=koa -- get pods\n');

    await rm(at('minikube'));
    assert.deepEqual(await npm('kubectl', 'get', 'pods'), {
      code: 1,
      output: 'There is no kubectl on PATH. Install it: https://kubernetes.io/docs/tasks/tools\n',
    });
    await addGoodMachine(programs);
  });

  it('status shows all on one screen, and fails if the service is unhealthy', async () => {
    await addKubectl("case $1,$2 in exec,mongo-1-0) printf '20480\\t/data/db\\n';; esac");
    const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'mongo-a1' } }];
    const member: V1Pod = { ...pod('mongo-1-0'), spec: { containers: [], volumes } };
    const done: V1Pod = { ...pod('mongo-configure'), status: { phase: 'Succeeded' } };
    kubernetes.set('pods', pod('web-1'), pod('web-2', false, 'ImagePullBackOff'), member, done);
    const { code, output } = await npm('status');
    assert.equal(code, 0, output);
    assert.equal(
      output,
      [
        `service   ${url}: 200 {"status":"as told"}`,
        'cluster   Minikube profile koa, Running',
        'image     web@sha256:1',
        'scaling   2 pods, 3 wanted (2 to 5); 91 % of requested CPU, target 70 %',
        'volume    mongo-a1: 20 MiB used of 1Gi, Bound',
        '',
        'pod        state                      restarts',
        'web-1      ready                      2',
        'web-2      failing, ImagePullBackOff  0',
        'mongo-1-0  ready                      2',
        '',
      ].join('\n'),
    );
    assert.ok(kubernetes.requests.every((path) => path.includes('/namespaces/space/')));
    await programs.add(
      'minikube',
      'echo Running; echo; echo "WARNING: Your kubectl is pointing to stale minikube-vm."; exit 4',
    );
    assert.equal((await npm('status')).output, output);
    await programs.add('minikube', 'echo \'* Profile "koa" not found.\'; exit 85');
    assert.match((await npm('status')).output, /^cluster {3}Minikube profile koa, deleted$/m);
    await programs.add('minikube', 'echo "X Exiting: permission denied" >&2; exit 37');
    assert.match((await npm('status')).output, /^cluster {3}Minikube profile koa, X Exiting: permission denied$/m);
    healthy = false;
    const ill = await npm('status');
    assert.equal(ill.code, 1);
    assert.match(ill.output, /: 503 /);
  });

  it('status names the services if there are several, and fails if one of them is unhealthy', async () => {
    const shop = { url: 'http://127.0.0.1:1', health: 'http://127.0.0.1:1/healthz' };
    const several = { web: { url, health: url + probes.startup }, shop };
    kubernetes.set('horizontalpodautoscalers', scaler, { ...scaler, metadata: { name: 'shop' } });
    const outputs = await readFile(at('outputs'), 'utf8');
    await writeFile(at('outputs'), JSON.stringify({ ...(JSON.parse(outputs) as object), services: several }));
    const { code, output } = await npm('status');
    await writeFile(at('outputs'), outputs);
    assert.equal(code, 1);
    assert.ok(
      output.startsWith(`service   web ${url}: 200 {"status":"as told"}\nservice   shop ${shop.url}: no response`),
    );
    assert.match(output, /^scaling {3}web 2 pods.*\nscaling {3}shop 2 pods/m);
  });

  it('status and shell end with how to start the cluster if it does not answer', async () => {
    kubernetes.silent = true;
    const { code, output } = await npm('status');
    assert.equal(code, 1);
    assert.match(output, /The Kubernetes API does not answer: .+\nStart the cluster, with all data: npm run up\n$/);
    const shell = await npm('shell');
    assert.equal(shell.code, 1);
    assert.match(shell.output, /does not answer: .+\nStart the cluster, with all data: npm run up\n$/);
  });

  it('shell runs mongosh in the pod, without the password in an argument', async () => {
    kubernetes.set('pods', pod('mongo-0'));
    await addKubectl('echo "in the pod"');
    assert.deepEqual(await npm('shell'), { code: 0, output: 'in the pod\n' });
    const call = (await readFile(at('kubectl.calls'), 'utf8'))
      .split('\n')
      .find((line) => line.startsWith('exec --stdin mongo-0'));
    assert.match(call ?? '', /mongosh .*variable\("REPLICA_SET_KEY"\)/);
    kubernetes.set('pods');
    assert.match((await npm('shell')).output, /^Stack 'dev' has no pod mongo-0/);
  });

  it('doctor says which code the pods of a stack in dev mode run, or that the cluster does not answer', async () => {
    const urn = 'urn:pulumi:dev::p::kubernetes:core/v1:ConfigMap::web-dev';
    await pulumi.makeStack({ resources: [{ urn, type: 'kubernetes:core/v1:ConfigMap' }] });
    await addKubectl(`echo '{"code":"image"}'`);
    const spec = { containers: [{ name: 'web' }], volumes: [{ name: 'dev-launcher' }] };
    const inDevMode: V1Pod = { ...pod('web-1'), spec };
    kubernetes.set('pods', inDevMode);
    const answered = await npm('doctor');
    kubernetes.silent = true;
    const silent = await npm('doctor');
    await pulumi.makeStack();
    assert.match(answered.output, /^Stack 'dev': dev mode, 0 of 1 pods run other code.* npm run up$/m);
    assert.match(silent.output, /^Stack 'dev': dev mode; the cluster does not answer.* npm run up$/m);
  });

  it('logs follow current and future pods, and filter by request', async () => {
    const line = (id: string): string => `{"level":30,"time":0,"requestId":"of ${id}","msg":"request"}\n`;
    for (const name of ['web-1', 'web-3']) kubernetes.logs.set(name, { text: line(name), follow: true });
    const child = project.start(environment(), 'logs', '--request', 'of web-3');
    await until('the pods are watched', () => kubernetes.requests.some((path) => path.includes('watch=true')));
    await until('the log of web-1 is followed', () =>
      kubernetes.requests.some((path) => /web-1\/log.*follow/.test(path)),
    );
    kubernetes.set('pods', pod('web-1'), pod('web-3'));
    await until('the line is shown', () => child.output().includes('requestId'));
    child.kill('SIGTERM');
    assert.deepEqual(await child.outcome, {
      code: 0,
      output: '00:00:00.000  info   web-3  request  requestId=of web-3\n',
    });
    assert.ok(kubernetes.requests.some((path) => path.includes('labelSelector=pod-template-hash')));
    const lists = kubernetes.requests.filter((path) => path.includes('/pods?') && !path.includes('watch=true'));
    assert.equal(lists.length, 1, 'pods are watched, not polled');
  });

  it('logs filter by service', async () => {
    const child = project.start(environment(), 'logs', '--service', 'shop');
    await until('the pods are watched', () => kubernetes.requests.some((path) => path.includes('watch=true')));
    child.kill('SIGTERM');
    await child.outcome;
    const asked = kubernetes.requests.filter((path) => path.includes('/pods?'));
    assert.ok(
      asked.every((path) => path.includes('labelSelector=app.kubernetes.io%2Fname%3Dshop')),
      asked.join('\n'),
    );
  });

  for (const command of ['status', 'logs']) {
    it(`${command} ends well when its reader has seen enough`, async () => {
      kubernetes.logs.set('web-1', { text: 'a line\n'.repeat(100_000), follow: true });
      const script = `{ node --import tsx tools/cli/${command}.ts; echo "code $?" >&2; } | { read line; echo "read $line"; }`;
      const options = { cwd: project.folder, env: environment() };
      const outcome = await promisify(execFile)('/bin/sh', ['-c', script], options);
      assert.match(outcome.stdout, /^read .+\n$/);
      assert.equal(outcome.stderr, 'code 0\n');
    });
  }

  it('logs resume after an interruption, and end with the reason if the cluster is gone', async () => {
    kubernetes.logs.set('web-1', { text: '{"msg":"a line"}\n', follow: true });
    const child = project.start(environment(), 'logs');
    await until('the line is shown', () => child.output().includes('a line'), 60_000);
    kubernetes.requests.length = 0;
    kubernetes.disconnect();
    await until(
      'both are asked for again',
      () => /watch=true/.test(kubernetes.requests.join()) && /sinceTime/.test(kubernetes.requests.join()),
    );
    kubernetes.close();
    const { code, output } = await child.outcome;
    assert.equal(code, 1);
    assert.match(output, /does not answer: .+\nStart the cluster, with all data: npm run up\n$/);
    assert.doesNotMatch(output, /^\s+at /m);
  });

  it('backup leaves no file, and down --backup deletes nothing, if the database does not answer', async () => {
    await addKubectl('echo "no such pod" >&2; exit 1');
    for (const [command, ...args] of [
      ['backup', 'saved.gz'],
      ['down', '--yes', '--backup', 'saved.gz'],
    ] as const) {
      const { code, output } = await npm(command, ...args);
      assert.equal(code, 1);
      assert.match(output, /mongosh: kubectl exec mongo-0 failed: no such pod\n.* npm run up\n$/s);
      assert.equal(existsSync(join(project.folder, 'saved.gz')), false);
    }
    assert.doesNotMatch(await readFile(at('calls'), 'utf8'), /destroy/);
  });

  it('down shows the amount of data that it deletes, without a password in an argument', async () => {
    await addKubectl(`echo '{"version":"8.0.1","documents":1234,"bytes":1048576,"oplog":true}'`);
    const { code, output } = await npm('down', '--yes');
    assert.equal(code, 0, output);
    assert.match(
      output,
      /^This deletes the database, with 1,234 documents \(1\.0 MiB\)\. .*npm run down -- --backup FILE$/m,
    );
    assert.ok(output.indexOf('This deletes') < output.indexOf('progress of destroy'));
    const calls = await readFile(at('kubectl.calls'), 'utf8');
    assert.match(calls, /exec mongo-0 -- bash -c .*variable\("REPLICA_SET_KEY"\)/s);
  });
});

describe('a line of the log', () => {
  const line = { pod: 'web-1', text: '{"level":40,"time":1000,"msg":"slow","requestId":"r","trace_id":"t","ms":7}' };
  it("is of a request by its id, or its trace's", () => {
    assert.ok(isOfRequest(line, 'r') && isOfRequest(line, 't'));
    assert.ok(!isOfRequest(line, 'slow') && !isOfRequest({ pod: 'p', text: 'r' }, 'r'));
  });
  it('is formatted as text and as JSON', () => {
    assert.equal(formatForPeople(line), '00:00:01.000  warn   web-1  slow  requestId=r  trace_id=t  ms=7');
    assert.equal(formatForPeople({ pod: 'p', text: 'plain' }), 'p  plain');
    assert.deepEqual(JSON.parse(formatAsJson(line)), { pod: 'web-1', ...(JSON.parse(line.text) as object) });
    assert.deepEqual(JSON.parse(formatAsJson({ pod: 'p', text: '[1]' })), { pod: 'p', msg: '[1]' });
  });
});
