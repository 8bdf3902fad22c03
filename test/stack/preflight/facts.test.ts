import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { isAtLeast } from '../../../stack/preflight/check';
import { portHolder, readFacts } from '../../../stack/preflight/facts';
import { useFakePrograms } from '../../tools/cli/support/fakePrograms';
import { configuration } from './goodMachine';

describe("preflight's facts", () => {
  const programs = useFakePrograms();

  it('name the program that listens on a port, or none if it is free', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    assert.equal(await portHolder(port), "another user's program"); // neither lsof nor ss can tell
    await programs().add('ss', `echo 'LISTEN 0 511 127.0.0.1:${port} 0.0.0.0:* users:(("nginx",pid=12,fd=18))'`);
    assert.equal(await portHolder(port), 'nginx (process 12)');
    await programs().add('lsof', 'printf "p34\\ncmongod\\nf9\\n"');
    assert.equal(await portHolder(port), 'mongod (process 34)');
    server.close();
    await once(server, 'close');
    assert.equal(await portHolder(port), undefined);
  });

  it('look for the holder of a port only where no container publishes it', async () => {
    const servers = [createServer(), createServer()].map((server) => server.listen(0, '127.0.0.1'));
    await Promise.all(servers.map((server) => once(server, 'listening')));
    const [nodePort, registryPort] = servers.map((server) => (server.address() as AddressInfo).port) as [
      number,
      number,
    ];
    const info = JSON.stringify({ ServerVersion: '28.0.0', NCPU: 3, MemTotal: 2 ** 31 });
    await programs().add(
      'docker',
      `case "$1" in info) echo '${info}';; ps) echo 'koa 127.0.0.1:${nodePort}->1/tcp';; esac`,
    );
    await programs().add('lsof', 'printf "p34\\ncmongod\\nf9\\n"');
    assert.ok(configuration.cluster.kind === 'minikube');
    const cluster = { ...configuration.cluster, nodePort, registryPort };
    const { holders } = await readFacts({ ...configuration, cluster });
    assert.deepEqual([...holders], [[registryPort, 'mongod (process 34)']]);
    for (const server of servers) server.close();
  });

  it('compare versions by number', () => {
    assert.ok(isAtLeast('1.100.0', '1.34.0') && isAtLeast('v20.19', '20.19') && isAtLeast('2.0.0', '1.99.99'));
    assert.ok(!isAtLeast('1.9.0', '1.34.0') && !isAtLeast('', '0.0.1'));
  });
});
