import assert from 'node:assert/strict';
import { request } from 'node:http';
import type { V1Pod, V2HorizontalPodAutoscaler } from '@kubernetes/client-node';
import type { Browser, Page } from 'playwright-core';
import { until } from '../../../stack/cluster/until';
import { startDashboard } from '../../../tools/dashboard/dashboard';
import { recordMark } from '../../../tools/dashboard/marks';
import { findBrowser, openBrowser } from '../../service/support/browser';
import { type FakeKubernetes, fakeKubernetes } from '../cli/support/fakeKubernetes';

const stack = 'dashboard-test';
const usagePath = '/apis/metrics.k8s.io/v1beta1/namespaces/default/pods';

const pod = (name: string, ready = true): V1Pod => ({
  metadata: { name, namespace: 'default', labels: { 'app.kubernetes.io/name': 'web' }, creationTimestamp: new Date() },
  spec: {
    nodeName: 'node',
    containers: [
      {
        name: 'web',
        image: 'localhost:5000/web@sha256:0123456789abcdef',
        ports: [{ name: 'metrics', containerPort: 9464 }],
        resources: { requests: { cpu: '200m', memory: '250Mi' }, limits: { cpu: '500m', memory: '500Mi' } },
      },
    ],
  },
  status: {
    phase: 'Running',
    conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
    containerStatuses: [
      {
        name: 'web',
        image: '',
        imageID: '',
        ready,
        started: ready,
        restartCount: 0,
        containerID: `containerd://${name}`,
        state: { running: {} },
      },
    ],
  },
});

const scaler = (wanted: number, cpu: number): V2HorizontalPodAutoscaler => ({
  metadata: { name: 'web', namespace: 'default' },
  spec: {
    minReplicas: 2,
    maxReplicas: 5,
    scaleTargetRef: { kind: 'Deployment', name: 'web' },
    metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } }],
  },
  status: {
    desiredReplicas: wanted,
    currentMetrics: [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: cpu } } }],
    conditions: [],
  },
});

const logLines = [
  { level: 30, msg: 'request', requestId: 'aaaaaaaa-1', path: '/data' },
  { level: 30, msg: 'about to fail', requestId: 'bbbbbbbb-2' },
  { level: 50, msg: 'request failed', requestId: 'bbbbbbbb-2', status: 500 },
  { level: 30, msg: '<script>document.title = "run"</script>', requestId: 'cccccccc-3' },
];

/** What a service says after `count` requests, each of which took less than 10 ms, and as many failures. */
const metrics = (count: number, failures: number): string =>
  [200, 500]
    .flatMap((status) => {
      const total = status === 200 ? count : failures;
      const bucket = (le: string, value: number) =>
        `http_request_duration_seconds_bucket{le="${le}",method="GET",route="/data",status="${status}"} ${value}`;
      return [bucket('0.005', total / 2), bucket('0.01', total), bucket('+Inf', total)];
    })
    .join('\n');

describe('the dashboard, in Chromium', function () {
  this.timeout(60_000);
  let api: FakeKubernetes;
  let dashboard: Awaited<ReturnType<typeof startDashboard>>;
  let browser: Browser | undefined;
  let page: Page;
  const complaints: string[] = [];

  const serveMetrics = (count: number, failures: number, names = ['web-1', 'web-2']): void => {
    for (const name of names) {
      api.texts.set(`/api/v1/namespaces/default/pods/${name}:9464/proxy/metrics`, metrics(count, failures));
    }
  };

  before(async function () {
    const path = await findBrowser();
    if (path === undefined) return this.skip();
    browser = await openBrowser(path);
    api = await fakeKubernetes();
    api.set('pods', pod('web-1'), pod('web-2'));
    api.set('horizontalpodautoscalers', scaler(2, 20));
    serveMetrics(100, 0);
    api.texts.set(usagePath, JSON.stringify({ items: [usage('web-1')] }));
    api.logs.set('web-1', { text: `${logLines.map((line) => JSON.stringify(line)).join('\n')}\n`, follow: true });
    dashboard = await startDashboard(stack, {
      kubeconfig: api.kubeconfig('ours'),
      namespace: 'default',
      url: 'http://127.0.0.1:30500',
      services: {},
      imageDigest: '',
      profile: 'ours',
    });
    page = await browser.newPage({ viewport: { width: 900, height: 1200 } });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    await page.goto(dashboard.url);
    return undefined;
  });
  after(async () => {
    await browser?.close();
    dashboard?.close();
    api?.close();
  });

  const usage = (name: string) => ({
    metadata: { name },
    containers: [{ name: 'web', usage: { cpu: '150m', memory: '100Mi' } }],
  });
  const row = (name: string) => page.locator(`#pods tr:has-text("${name}")`);
  const lines = () => page.locator('#lines > *').allTextContents();
  const showsLines = (count: number) => until(`${count} lines`, async () => (await lines()).length === count);

  it('shows pods with their state, use and image', async () => {
    await row('web-1')
      .filter({ hasText: 'ready' })
      .filter({ hasText: '150m' })
      .filter({ hasText: '100 MiB' })
      .waitFor();
    await row('web-1').filter({ hasText: '0123456789ab' }).waitFor();
    await page.locator('#connection:has-text("live")').waitFor();
    assert.deepEqual(complaints, []);
  });

  it('shows a load step: requests, and scaling from 2 to 5 within a second', async () => {
    const asked = () => api.requests.filter((path) => path.includes('web-2%3A9464/proxy')).length;
    const versions = () => api.requests.filter((path) => path.startsWith('/version')).length;
    await until('the metrics were read', () => asked() > 0);
    const versionsBefore = versions();
    serveMetrics(700, 60);
    await page.locator('.chart:has-text("Requests") .u-legend:has-text("answered")').first().waitFor();
    await page.locator('.chart:has-text("Failed") .u-legend:has-text("GET /data")').waitFor();
    assert.equal(versions(), versionsBefore); // no other request is needed while metrics are read

    api.set('horizontalpodautoscalers', scaler(5, 180));
    api.set(
      'pods',
      ...['web-1', 'web-2'].map((name) => pod(name)),
      ...['web-3', 'web-4', 'web-5'].map((name) => pod(name, false)),
    );
    await page
      .locator('#pods small:has-text("5 wanted (2 to 5); 180 % of requested CPU, target 70 %")')
      .waitFor({ timeout: 1000 });
    await row('web-5').filter({ hasText: 'starting' }).waitFor({ timeout: 1000 });
    api.set('pods', ...[1, 2, 3, 4, 5].map((number) => pod(`web-${number}`)));
    await until('the chart has five ready pods', async () =>
      /ready\s*5/.test((await page.locator('.chart .u-legend').first().textContent()) ?? ''),
    );
    assert.equal(await page.locator('#pods .pill.ready').count(), 5);
  });

  it('shows a pod that drains and is deleted', async () => {
    const others = [1, 2, 3, 4].map((number) => pod(`web-${number}`));
    const killed = pod('web-5');
    api.set('pods', ...others, { ...killed, metadata: { ...killed.metadata, deletionTimestamp: new Date() } });
    await row('web-5').filter({ hasText: 'draining' }).waitFor({ timeout: 1000 });
    api.set('pods', ...others);
    await row('web-5').filter({ hasText: 'gone' }).waitFor({ timeout: 1000 });
  });

  it('filters logs by level and text, and by the request of an error', async () => {
    await showsLines(4);
    await page.keyboard.press('/');
    await page.keyboard.type('ABOUT to');
    await showsLines(1);
    await page.keyboard.press('Escape');
    await showsLines(4);
    await page.locator('#lines .failing').focus();
    await page.keyboard.press('e');
    await showsLines(1);
    await page.locator('#lines .failing:focus').waitFor({ timeout: 1000 }); // a line keeps its element when others go
    await page.locator('#lines .failing').click();
    await showsLines(2);
    assert.match((await lines()).join('\n'), /about to fail[\s\S]*request failed/);
    await page.keyboard.press('Escape');
    await showsLines(4);
    assert.equal(await page.title(), stack); // a line with a script in it is text
  });

  it('shows marks that commands record, and events', async () => {
    recordMark(stack, { kind: 'drill', object: 'load-step', text: 'load steps up' });
    await page.locator('#events tr:has(.drill):has-text("load steps up")').waitFor();
    const involvedObject = { name: 'web' };
    const metadata = { name: 'rollout', namespace: 'default', creationTimestamp: new Date() };
    api.set('events', {
      metadata,
      reason: 'ScalingReplicaSet',
      message: 'Scaled up replica set web-77 from 0 to 2',
      involvedObject,
    } as object);
    await page.locator('#events tr:has(.rollout):has-text("web-77")').waitFor();
  });

  it('keeps the marks of the charts when there are many events', async () => {
    const event = (number: number) => {
      const metadata = { name: `probe-${number}`, namespace: 'default', creationTimestamp: new Date() };
      return { metadata, type: 'Warning', reason: 'Unhealthy', involvedObject: { name: 'web-1' } };
    };
    api.set('events', ...Array.from({ length: 120 }, (_, number) => event(number)));
    const warnings = page.locator('#events tr:has(.warning)');
    await until('the newest events are shown', async () => (await warnings.count()) === 100);
    await page.locator('#events tr:has(.drill):has-text("load steps up")').waitFor({ timeout: 1000 });
  });

  it('skips log lines while there are too many', async () => {
    const line = (number: number): string => JSON.stringify({ level: 30, msg: 'request', requestId: `busy-${number}` });
    const text = Array.from({ length: 1000 }, (_, number) => `${line(number)}\n`).join('');
    api.logs.set('web-7', { text, follow: true });
    api.set('pods', pod('web-1'), pod('web-7'));
    await page.locator('#logs small:has-text("too many at once")').waitFor();
    const busy = (await lines()).filter((text) => text.includes('busy-'));
    assert.ok(busy.length > 0 && busy.length <= 400, `${busy.length} lines`); // the time may have ended just now
    const reopened = () => api.requests.filter((path) => /web-7.log.*sinceTime=.*tailLines=20/.test(path)).length;
    assert.equal(reopened(), 0);
    await until('the log is read again', () => reopened() === 1, 20_000);
    assert.equal(api.requests.filter((path) => path.includes('web-1/log')).length, 1); // a quiet log stays open
  });

  it('shows that the cluster does not answer, and continues when it does', async () => {
    const metricsWereRead = () => api.requests.some((path) => path.includes('web-9%3A9464/proxy'));
    const usageReads = () => api.requests.filter((path) => path.startsWith(usagePath)).length;
    api.silent = true;
    api.disconnect();
    // A reading each 2 s, 1 s until it is late, and a time-out of 5 s.
    await page.locator('#connection:has-text("has not answered since")').waitFor({ timeout: 9000 });
    const usageReadsBefore = usageReads();
    api.logs.set('web-9', { text: `${JSON.stringify({ level: 30, msg: 'after the restart' })}\n`, follow: true });
    serveMetrics(100, 0, ['web-9']);
    api.silent = false;
    api.set('pods', pod('web-9'));
    await page.locator('#connection:has-text("live")').waitFor();
    await row('web-9').waitFor();
    await page.locator('#lines :text("after the restart")').waitFor();

    api.set('horizontalpodautoscalers', scaler(3, 55));
    await page.locator('#pods small:has-text("3 wanted")').waitFor();
    const metadata = { name: 'later', namespace: 'default', creationTimestamp: new Date() };
    api.set('events', {
      metadata,
      reason: 'Killing',
      message: 'after it',
      involvedObject: { name: 'web-8' },
    } as object);
    await page.locator('#events tr:has-text("Killing: after it")').waitFor();
    await until('the metrics were read', metricsWereRead);
    serveMetrics(900, 0, ['web-9']);
    await until('the chart has requests again', async () =>
      /answered:?\s*[1-9]/.test(
        (await page.locator('.chart:has-text("Requests") .u-legend').first().textContent()) ?? '',
      ),
    );
    await until('what pods use was read', () => usageReads() > usageReadsBefore);
  });

  it('fits into 900 px', async () => {
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 900);
    assert.deepEqual(complaints, []);
  });

  it('refuses a foreign host, a foreign origin, and all but GET', async () => {
    const ask = (method: string, headers: Record<string, string>): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const sent = request(`${dashboard.url}/updates`, { method, headers }, (response) => {
          resolve(response.statusCode);
          response.destroy();
        });
        sent.on('error', reject).end();
      });
    const { host, port, origin } = new URL(dashboard.url);
    assert.equal(await ask('GET', { Host: host, Origin: origin }), 200);
    assert.equal(await ask('GET', { Host: `localhost:${port}` }), 200);
    for (const foreign of [`attacker.example:${port}`, '127.0.0.1', `127.0.0.1.attacker.example:${port}`]) {
      assert.equal(await ask('GET', { Host: foreign }), 403, foreign);
    }
    for (const foreign of ['https://attacker.example', 'null', `http://localhost:${port}`, 'http://127.0.0.1:1']) {
      assert.equal(await ask('GET', { Host: host, Origin: foreign }), 403, foreign);
    }
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD'])
      assert.equal(await ask(method, {}), 405, method);
  });
});
