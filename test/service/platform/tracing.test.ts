import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { trace } from '@opentelemetry/api';
import getPort from 'get-port';
import { pino } from 'pino';
import { bundle } from '../../../service/bundle';
import { startExporter } from '../../../service/platform/exporter';
import { until } from '../../../stack/cluster/until';
import { emptyDatabase, firstStartMs } from '../support/database';
import { type OtlpReceiver, type ReceivedSpan, receiveOtlp } from '../support/otlpReceiver';

interface Line {
  readonly [field: string]: unknown;
}

describe('traces of the bundled service', function () {
  this.timeout(60_000);
  let folder: string;
  let uri: string;
  let child: ChildProcess | undefined;

  before(async function () {
    this.timeout(firstStartMs);
    folder = await mkdtemp(join(tmpdir(), 'web-')); // nothing of node_modules is there
    await bundle({ main: resolve(__dirname, '../../../service/main.ts') }, folder);
    uri = await emptyDatabase();
  });
  afterEach(() => child?.kill('SIGKILL'));
  after(() => rm(folder, { recursive: true }));

  interface Run {
    readonly url: string;
    lines(): Line[];
    /** Ends it as a rollout does. Resolves to its exit code. */
    stop(): Promise<number | null>;
  }

  async function run(variables: Record<string, string>): Promise<Run> {
    const port = await getPort();
    const started = spawn(process.execPath, ['main.js'], {
      cwd: folder,
      env: { MONGODB_URI: uri, HTTP_PORT: String(port), METRICS_PORT: '0', ...variables },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child = started;
    let output = '';
    started.stdout.on('data', (text: Buffer) => {
      output += text.toString();
    });
    const url = `http://127.0.0.1:${port}`;
    const answers = (): Promise<boolean> =>
      fetch(`${url}/health/live`).then(
        ({ ok }) => ok,
        () => false,
      );
    await until('it answers', answers);
    return {
      url,
      lines: () =>
        output
          .split('\n')
          .filter((line) => line.endsWith('}'))
          .map((line) => JSON.parse(line) as Line),
      stop: async () => {
        started.kill('SIGTERM');
        await once(started, 'exit');
        return started.exitCode;
      },
    };
  }
  /** Spans are kept until the drain, so that all are there afterwards, and only by the flush. */
  const traced = (receiver: OtlpReceiver, variables: Record<string, string> = {}): Promise<Run> =>
    run({
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
      OTEL_SERVICE_NAME: 'shop',
      OTEL_BSP_SCHEDULE_DELAY: '60000',
      ...variables,
    });
  const post = (url: string, body: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${url}/data`, { method: 'POST', headers: { 'Content-Type': 'application/json', ...headers }, body });
  const childrenOf = (spans: readonly ReceivedSpan[], { traceId, spanId }: ReceivedSpan): ReceivedSpan[] =>
    spans.filter((span) => span.traceId === traceId && span.parentSpanId === spanId);
  const named = (spans: readonly ReceivedSpan[], name: string): ReceivedSpan =>
    spans.find((span) => span.name === name) ??
    assert.fail(`no span '${name}' of ${spans.map((span) => span.name).join(', ')}`);

  it('have a span of the request, below that of the caller, and one of its command, and both are sent at the drain', async () => {
    await using receiver = await receiveOtlp();
    const { url, lines, stop } = await traced(receiver);
    const [trace, caller] = ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7'];
    const headers = { traceparent: `00-${trace}-${caller}-01`, 'X-Request-Id': 'traced', 'User-Agent': 'a-test' };
    const response = await post(url, '{"name":"test"}', headers);
    assert.equal(response.status, 201);
    assert.equal(receiver.spans.length, 0);
    assert.equal(await stop(), 0);

    const request = named(receiver.spans, 'POST /data');
    assert.deepEqual([request.kind, request.status, request.traceId], ['SERVER', 'UNSET', trace]);
    assert.equal(request.parentSpanId, caller);
    assert.equal(response.headers.get('traceparent'), `00-${trace}-${request.spanId}-01`);
    assert.deepEqual(request.attributes, {
      'http.request.method': 'POST',
      'http.route': '/data',
      'http.response.status_code': 201,
      'url.scheme': 'http',
      'url.path': '/data',
      'server.address': '127.0.0.1',
      'client.address': '::ffff:127.0.0.1',
      'network.protocol.version': '1.1',
      'user_agent.original': 'a-test',
    });
    assert.equal(request.resource['service.name'], 'shop');
    assert.ok(request.resource['service.instance.id']);

    const [insert, ...others] = childrenOf(receiver.spans, request);
    assert.deepEqual([insert?.name, insert?.kind, others], ['insert data', 'CLIENT', []]);
    const server = new URL(uri);
    assert.deepEqual(insert?.attributes, {
      'db.system.name': 'mongodb',
      'db.namespace': server.pathname.slice(1),
      'db.operation.name': 'insert',
      'db.collection.name': 'data',
      'server.address': '127.0.0.1',
      'server.port': Number(server.port),
    });
    const line = lines().find(({ requestId }) => requestId === 'traced');
    assert.deepEqual([line?.trace_id, line?.span_id], [trace, request.spanId]);
  });

  it('are named by routes, and only a failure of the service is an error', async () => {
    await using receiver = await receiveOtlp();
    const away = `mongodb://127.0.0.1:${await getPort()}/app`;
    const { url, stop } = await traced(receiver, { MONGODB_URI: away, DATABASE_CONNECT_TIMEOUT_MS: '200' });
    for (const path of ['/data/secret-id', '/nowhere', '/data?limit=0', '/health/startup']) await fetch(url + path);
    await stop();
    assert.deepEqual(receiver.spans.map(({ name, status }) => `${name} ${status}`).sort(), [
      'GET /data UNSET',
      'GET /data/:id ERROR',
      'GET UNSET',
    ]); // none of the probe
    const { attributes, events } = named(receiver.spans, 'GET /data/:id');
    assert.deepEqual([attributes['error.type'], attributes['http.response.status_code']], ['database-away', 503]);
    assert.match(String(events[0]?.attributes['exception.message']), /ECONNREFUSED/);
  });

  it('each have the insert that they share', async () => {
    await using receiver = await receiveOtlp();
    const { url, stop } = await traced(receiver);
    await Promise.all(Array.from({ length: 40 }, (_, index) => post(url, `{"index":${index}}`)));
    await stop();
    const requests = receiver.spans.filter(({ kind }) => kind === 'SERVER');
    assert.equal(requests.length, 40);
    for (const request of requests)
      assert.deepEqual(
        childrenOf(receiver.spans, request).map(({ name }) => name),
        ['insert data'],
      );
  });

  it('have each query of a stream', async () => {
    await using receiver = await receiveOtlp();
    const { url, stop } = await traced(receiver);
    const text = 'x'.repeat(100_000);
    for (let turn = 0; turn < 5; turn += 1)
      await post(url, JSON.stringify(Array.from({ length: 10 }, () => ({ text }))));
    const documents = (await (await fetch(`${url}/data`)).json()) as unknown[];
    assert.ok(documents.length >= 50);
    await stop();
    const queries = childrenOf(receiver.spans, named(receiver.spans, 'GET /data'));
    assert.ok(queries.length >= 3, `${queries.length} queries`);
    assert.ok(queries.every(({ name }) => name === 'find data'));
  });

  it('are as many as the sampler lets be, and logs have the ids of all', async () => {
    await using receiver = await receiveOtlp();
    const { url, lines, stop } = await traced(receiver, { OTEL_TRACES_SAMPLER: 'always_off' });
    await post(url, '{}', { 'X-Request-Id': 'unsampled' });
    await stop();
    assert.deepEqual(receiver.spans, []);
    assert.match(String(lines().find(({ requestId }) => requestId === 'unsampled')?.trace_id), /^[0-9a-f]{32}$/);
  });

  it('do not affect requests while the collector is unreachable; both states are logged once', async () => {
    const port = await getPort();
    const { url, lines, stop } = await run({
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
      OTEL_EXPORTER_OTLP_TIMEOUT: '100',
      OTEL_BSP_SCHEDULE_DELAY: '50',
    });
    const said = (msg: string): Line[] => lines().filter((line) => line.msg === msg);
    const request = async (): Promise<void> => {
      assert.equal((await fetch(url)).status, 200);
    };
    await until('it is logged', async () => {
      await request();
      return said('traces are not sent').length > 0;
    });
    assert.match(JSON.stringify(said('traces are not sent')[0]), /ECONNREFUSED/);
    for (let turn = 0; turn < 5; turn += 1) {
      await request();
      await new Promise((resolve) => setTimeout(resolve, 200)); // a batch that fails
    }
    assert.equal(said('traces are not sent').length, 1);
    await using receiver = await receiveOtlp(port);
    await until('it is logged', async () => {
      await request();
      return said('traces are sent').length === 1 && receiver.spans.length > 0;
    });
    assert.equal(await stop(), 0);
  });

  it('do not keep the process when it is to end', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1'); // never answers
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const { url, lines, stop } = await run({ OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` });
    await fetch(url);
    assert.equal(await stop(), 0);
    silent.closeAllConnections();
    silent.close();
    assert.equal(lines().at(-2)?.msg, 'the last traces were not sent');
  });

  it('are recorded again by a service that is started again in the same process', async () => {
    const isRecorded = (): boolean => trace.getTracer('test').startSpan('a request').isRecording();
    for (let turn = 0; turn < 2; turn += 1) {
      const stopExporter = startExporter(pino({ level: 'silent' }));
      assert.equal(isRecorded(), true);
      await stopExporter();
      assert.equal(isRecorded(), false);
    }
  });

  it('cost nothing without the variables: nothing but the interface is loaded', async () => {
    const program = `
      const { service } = require('./service/service.ts');
      const { createLogger } = require('./service/platform/logger.ts');
      const variables = { MONGODB_URI: 'mongodb://127.0.0.1:1/app', HTTP_PORT: '0', METRICS_PORT: '0', ...process.env };
      const configuration = service.readConfiguration(variables);
      service.start(configuration, createLogger({ logLevel: 'silent', traced: true })).then(async ({ stop }) => {
        const packages = Object.keys(require.cache).flatMap((path) => path.match(/@opentelemetry.([\\w-]+)/)?.[1] ?? []);
        console.log([...new Set(packages)].sort().join());
        await stop();
        process.exit();
      });`;
    const loaded = async (env: NodeJS.ProcessEnv): Promise<string> => {
      const args = ['--import', 'tsx', '--eval', program];
      const { stdout } = await promisify(execFile)(process.execPath, args, {
        cwd: resolve(__dirname, '../../..'),
        env: { PATH: process.env.PATH, ...env },
      });
      return stdout.trim();
    };
    assert.equal(await loaded({}), 'api');
    assert.match(await loaded({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' }), /sdk-trace/); // the test sees it
  });
});
