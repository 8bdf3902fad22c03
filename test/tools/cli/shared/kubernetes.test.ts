import assert from 'node:assert/strict';
import { CoreV1Api, type V1Pod } from '@kubernetes/client-node';
import { until } from '../../../../stack/cluster/until';
import { followLogs, type LogLine } from '../../../../tools/cli/shared/followLogs';
import { StackCluster } from '../../../../tools/cli/shared/kubernetes';
import { type FakeKubernetes, fakeKubernetes } from '../support/fakeKubernetes';

const namespace = 'default';
const pod = (name: string, containerID = name): V1Pod => ({
  metadata: { name, namespace },
  status: {
    containerStatuses: [
      { name: 'web', ready: true, restartCount: 0, image: '', imageID: '', containerID, state: { running: {} } },
    ],
  },
});

describe("a stack's cluster", () => {
  let api: FakeKubernetes;
  let cluster: StackCluster;

  beforeEach(async () => {
    api = await fakeKubernetes();
    const outputs = {
      kubeconfig: api.kubeconfig('ours'),
      namespace,
      url: '',
      services: {},
      imageDigest: '',
      profile: 'ours',
    };
    cluster = new StackCluster(outputs);
  });
  afterEach(() => api.close());

  it('has a cache that retries after missing credentials for its watch', async () => {
    const apply = cluster.config.applyToFetchOptions.bind(cluster.config);
    let attempts = 0;
    cluster.config.applyToFetchOptions = (options) => {
      attempts += 1;
      return attempts === 1 ? Promise.reject(new Error('no credentials')) : apply(options);
    };
    const end = new AbortController();
    const list = () => cluster.api(CoreV1Api).listNamespacedPod({ namespace });
    const pods = cluster.cache('/api/v1', 'pods', list, end.signal);
    await until('the watch begins', () => api.requests.some((path) => path.includes('watch=true')));
    api.set('pods', pod('web-1'));
    await until('the pod is seen', () => pods.get('web-1', namespace));
    assert.equal(attempts, 2);
    end.abort();
  });

  it('has a watch of pods that rejects without credentials', async () => {
    cluster.config.applyToFetchOptions = () => Promise.reject(new Error('no credentials'));
    const ignore = (): void => undefined;
    await assert.rejects(cluster.watchPods('', ignore, ignore), /no credentials/);
  });

  it('has the last lines of a container, and all lines of its replacement', async () => {
    api.logs.set('web-1', { text: 'stopped\n', follow: false });
    api.set('pods', pod('web-1'));
    const shown: string[] = [];
    const logs = followLogs(cluster, '', ({ text }) => shown.push(text)).catch(() => undefined);
    await until('the first log', () => shown.includes('stopped'));
    api.logs.set('web-1', { text: 'started\n', follow: true });
    api.set('pods', pod('web-1', 'replacement'));
    await until('the log of the replacement', () => shown.includes('started'));
    const queries = api.requests.flatMap((path) => /web-1\/log\?(.*)/.exec(path)?.[1] ?? []);
    assert.ok(queries[0]?.includes('tailLines=20'), queries[0]);
    assert.doesNotMatch(queries.at(-1) ?? '', /tailLines|sinceTime/);
    api.close();
    await logs;
  });

  it('has logs whose first lines do not count against a limit', async () => {
    const text = (count: number): string => Array.from({ length: count }, (_, line) => `line ${line}\n`).join('');
    const quiet = Array.from({ length: 8 }, (_, number) => `web-${number}`);
    for (const name of quiet) api.logs.set(name, { text: text(20), follow: true });
    api.logs.set('busy', { text: text(40), follow: true });
    api.set('pods', ...quiet.map((name) => pod(name)));
    const shown: LogLine[] = [];
    const ends: number[] = [];
    const limit = { lines: 5, ms: 60_000, exceeded: (end: number) => ends.push(end) };
    const logs = followLogs(cluster, '', (line) => shown.push(line), limit).catch(() => undefined);
    await until('all lines of quiet pods', () => shown.length === 160);
    assert.deepEqual(ends, []);
    api.set('pods', ...quiet.map((name) => pod(name)), pod('busy'));
    await until('the limit is exceeded', () => ends.length > 0);
    assert.equal(shown.filter((line) => line.pod === 'busy').length, 25);
    assert.equal(ends.length, 1);
    api.close();
    await logs;
  });
});
