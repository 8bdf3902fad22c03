import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { KubernetesObject } from '@kubernetes/client-node';

/** A Kubernetes API that answers lists, watches and logs. */
export interface FakeKubernetes {
  /** A kubeconfig for it, its context called `context`. */
  kubeconfig(context: string): string;
  /** The objects of a plural, such as `pods`. Those that watch it are told of a change. */
  set(plural: string, ...objects: readonly KubernetesObject[]): void;
  /** Answers by path, before all else. */
  readonly texts: Map<string, string>;
  /** What a pod's log has; it goes on for as long as `follow` is true. */
  readonly logs: Map<string, { readonly text: string; readonly follow: boolean }>;
  /** Paths and queries of the requests. */
  readonly requests: string[];
  /** Whether requests are answered. */
  silent: boolean;
  /** Breaks all connections. */
  disconnect(): void;
  close(): void;
}

export async function fakeKubernetes(): Promise<FakeKubernetes> {
  const objects = new Map<string, readonly KubernetesObject[]>();
  const watches = new Map<string, Set<ServerResponse>>();
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://api');
    fake.requests.push(request.url ?? '');
    if (fake.silent) return;
    const given = fake.texts.get(decodeURIComponent(pathname));
    if (given !== undefined) {
      response.setHeader('Content-Type', given.startsWith('{') ? 'application/json' : 'text/plain');
      response.end(given);
      return;
    }
    const [, pod] = /\/pods\/([^/]+)\/log$/.exec(pathname) ?? [];
    if (pod !== undefined) {
      const log = fake.logs.get(pod);
      response.writeHead(log ? 200 : 404).write(log?.text ?? 'no log');
      if (log?.follow !== true) response.end();
      return;
    }
    const plural = pathname.split('/').at(-1) ?? '';
    if (searchParams.get('watch') === 'true') {
      watches.set(plural, (watches.get(plural) ?? new Set()).add(response));
      response.flushHeaders();
      return;
    }
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ metadata: { resourceVersion: '1' }, items: objects.get(plural) ?? [] }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const fake: FakeKubernetes = {
    kubeconfig: (context) =>
      JSON.stringify({
        clusters: [{ name: 'ours', cluster: { server: url, 'insecure-skip-tls-verify': true } }],
        users: [{ name: 'ours', user: { token: 'ours' } }],
        contexts: [{ name: context, context: { cluster: 'ours', user: 'ours', namespace: 'default' } }],
        'current-context': context,
      }),
    set(plural, ...items) {
      const before = objects.get(plural) ?? [];
      objects.set(plural, items);
      const tell = (type: string, object: KubernetesObject): void => {
        for (const watch of watches.get(plural) ?? []) watch.write(`${JSON.stringify({ type, object })}\n`);
      };
      for (const object of items.filter((item) => !before.includes(item))) tell('ADDED', object);
      for (const object of before) {
        if (!items.some(({ metadata }) => metadata?.name === object.metadata?.name)) tell('DELETED', object);
      }
    },
    texts: new Map(),
    logs: new Map(),
    requests: [],
    silent: false,
    disconnect: () => server.closeAllConnections(),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
  return fake;
}
