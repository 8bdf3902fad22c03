import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { V1Pod } from '@kubernetes/client-node';
import getPort from 'get-port';
import { MongoClient } from 'mongodb';
import { until } from '../../../stack/cluster/until';
import { StackCluster } from '../../../tools/cli/shared/kubernetes';
import { databaseReader } from '../../../tools/dashboard/database';
import { localFolder } from '../../../tools/database/databaseProcess';
import { findMongod } from '../../../tools/database/findMongod';
import { type FakeKubernetes, fakeKubernetes } from '../cli/support/fakeKubernetes';

const key = 'dashboardtest';

const member = (name: string): V1Pod => ({
  metadata: { name, uid: name },
  spec: {
    containers: [{ name: 'mongo', ports: [{ containerPort: 27017 }], envFrom: [{ secretRef: { name: 'mongo' } }] }],
  },
  status: { conditions: [{ type: 'Ready', status: 'True' }] },
});

describe("the dashboard's connection to the database", function () {
  this.timeout(600_000); // the first start on a machine may download a database
  let folder: string;
  let mongod: ChildProcess;
  let api: FakeKubernetes;
  /** Open streams by pod. */
  const open = { 'mongo-0': new Set<Socket>(), 'mongo-1': new Set<Socket>() };
  let read: ReturnType<typeof databaseReader>;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'web-'));
    const [keyFile, port] = [join(folder, 'key'), await getPort()];
    await writeFile(keyFile, key, { mode: 0o600 });
    const { path } = await findMongod(localFolder, () => {});
    const options = ['--dbpath', folder, '--port', String(port), '--bind_ip', '127.0.0.1', '--keyFile', keyFile];
    mongod = spawn(path, [...options, '--replSet', 'rs0'], { stdio: 'ignore' });
    const client = new MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`);
    await client
      .db('admin')
      .command({ replSetInitiate: { _id: 'rs0', members: [{ _id: 0, host: `127.0.0.1:${port}` }] } });
    await client.close();

    api = await fakeKubernetes();
    const secret = { data: { REPLICA_SET_KEY: Buffer.from(key).toString('base64') } };
    api.texts.set('/api/v1/namespaces/default/secrets/mongo', JSON.stringify(secret));
    const kubeconfig = api.kubeconfig('ours');
    const outputs = { kubeconfig, namespace: 'default', url: '', services: {}, imageDigest: '', profile: 'ours' };
    const cluster = new StackCluster(outputs);
    cluster.forward = async (pod) => {
      const streams = open[pod as keyof typeof open];
      const socket = connect(port, '127.0.0.1');
      streams.add(socket.once('close', () => streams.delete(socket)));
      return socket;
    };
    read = databaseReader(cluster);
  });
  after(async () => {
    api.close();
    mongod.kill('SIGKILL');
    await once(mongod, 'exit');
    await rm(folder, { recursive: true });
  });

  it('is kept while its member is ready, and closed when another member is read, or none is ready', async () => {
    const { members } = await read([member('mongo-0')]);
    assert.match(String(members), /^127 /);
    const [first] = open['mongo-0'];
    await read([member('mongo-1'), member('mongo-0')]);
    assert.ok(first !== undefined && open['mongo-0'].has(first));
    assert.equal(open['mongo-1'].size, 0);
    await read([member('mongo-1')]);
    assert.ok(open['mongo-1'].size > 0);
    await until('the connection to mongo-0 is closed', () => open['mongo-0'].size === 0);
    assert.deepEqual(await read([]), { state: 'none in this namespace is ready' });
    await until('the connection to mongo-1 is closed', () => open['mongo-1'].size === 0);
  });
});
