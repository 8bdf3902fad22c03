import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import * as pulumi from '@pulumi/pulumi';
import { Redis } from '../../../examples/redis';
import { type BackingService, externalDatabase } from '../../../stack/workloads/backingService';
import { MongoDatabase } from '../../../stack/workloads/mongoDatabase';
import { Worker } from '../../../stack/workloads/scaledDeployment';
import { bundleService, ServiceImage, type ServiceImageArgs, userFault } from '../../../stack/workloads/serviceImage';
import { WebEndpoint } from '../../../stack/workloads/webEndpoint';
import { WebService } from '../../../stack/workloads/webService';
import { ProjectCopy } from '../../../tools/projectCopy';
import { addDocumentedServices } from '../support/documentedServices';
import { graphOf, type Program, resolved } from '../support/graph';
import { type Registered, recordResources, type Tree } from '../support/record';

const namespace = 'shops';
const scaling = { minReplicas: 1, maxReplicas: 3, targetCpu: 70, scaleDownSeconds: 300 };
const mongo = { image: 'mongo:8.0', pulledImage: 'mongo:8.0', memory: 700, storage: '1Gi', storageClass: undefined };
const registry = { push: 'localhost:5500', pull: 'localhost:5000', id: 'id', credentials: undefined };
const cluster = { registry, pull: (_name: string, image: pulumi.Input<string>) => pulumi.output(image) };
const flask = (name: string, args: Partial<ServiceImageArgs> = {}) =>
  new ServiceImage(name, { source: 'examples/flask', cluster, ...args });

function find(resources: readonly Registered[], kind: string, name: string): Tree {
  const found = resources.find(({ type, name: other }) => type.endsWith(`:${kind}`) && other === name);
  return found?.inputs ?? assert.fail(`no ${kind} '${name}'`);
}
const podOf = (resources: readonly Registered[], name: string): Tree =>
  find(resources, 'Deployment', name).spec!.template!.spec!;
const containerOf = (resources: readonly Registered[], name: string): Tree =>
  (podOf(resources, name).containers as unknown as [Tree])[0];
const environment = ({ env }: Tree): Record<string, string> =>
  Object.fromEntries((env as unknown as { name: string; value: string }[]).map(({ name, value }) => [name, value]));
const pods = (name: string) => ({ podSelector: { matchLabels: { 'app.kubernetes.io/name': name } } });
const dns = {
  ports: [
    { port: 53, protocol: 'UDP' },
    { port: 53, protocol: 'TCP' },
  ],
};

describe('a service in a folder with a Dockerfile', function () {
  this.timeout(60_000); // Pulumi's kubernetes package takes seconds to load

  it('is one configuration key: the image is built from the folder, and gets port and database', async () => {
    const { resources, one } = await graphOf({ service: './examples/flask' });
    const { context, dockerfile } = one('index/image:Image', 'web').inputs.build!;
    assert.deepEqual([context, dockerfile], ['./examples/flask', join('examples', 'flask', 'Dockerfile')]);
    assert.deepEqual(environment(containerOf(resources, 'web')), { PORT: '5000' });
    assert.deepEqual(Object.keys(one('Secret', 'web').inputs.stringData!), ['MONGODB_URI']);
    assert.deepEqual(containerOf(resources, 'web').ports, [{ name: 'http', containerPort: 5000 }]);
  });

  it("runs as the image's own user, which must not be root, with /tmp to write to", async () => {
    const { resources } = await graphOf({ service: 'examples/flask' });
    const { securityContext, volumes } = podOf(resources, 'web');
    assert.deepEqual(securityContext, { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    assert.deepEqual(containerOf(resources, 'web').volumeMounts, [{ name: 'writable-0', mountPath: '/tmp' }]);
    assert.deepEqual(volumes, [{ name: 'writable-0', emptyDir: {} }]);
    assert.equal(containerOf(resources, 'web').securityContext!.readOnlyRootFilesystem, true);
  });

  it('gets SIGTERM when no node sends it new connections any more, and then has time for those that it has', async () => {
    const { resources } = await graphOf({ service: 'examples/flask' });
    assert.deepEqual(containerOf(resources, 'web').lifecycle, { preStop: { sleep: { seconds: 5 } } });
    assert.equal(podOf(resources, 'web').terminationGracePeriodSeconds, 30); // 5, 20 for requests, and 5
  });

  it('has its port, its paths and the name of its variable from the configuration', async () => {
    const changes = { service: 'examples/flask', servicePort: '8080', healthPath: '/healthz', mongoVariable: 'DB_URL' };
    const { resources, one, outputs } = await graphOf(changes);
    const { env, startupProbe, readinessProbe, livenessProbe } = containerOf(resources, 'web');
    assert.deepEqual(env, [{ name: 'PORT', value: '8080' }]);
    for (const { httpGet } of [startupProbe!, readinessProbe!])
      assert.deepEqual(httpGet, { path: '/healthz', port: 'http' });
    assert.deepEqual(livenessProbe!.tcpSocket, { port: 'http' });
    assert.deepEqual(Object.keys(one('Secret', 'web').inputs.stringData!), ['DB_URL']);
    assert.deepEqual(one('NetworkPolicy', 'web').inputs.spec!.ingress, [{ ports: [{ port: 8080 }] }]);
    assert.equal((one('Service', 'web').inputs.spec!.ports as unknown as [Tree])[0].port, 8080);
    assert.equal(await resolved(outputs.services.web.health), 'http://127.0.0.1:30500/healthz');
  });

  it('takes the rest as arguments: build arguments, stage, user, command, environment, resources, ports', async () => {
    const { resources } = await recordResources(async () => {
      const image = flask('web', { buildArgs: { VERSION: '2' }, target: 'slim', platform: 'linux/arm64' });
      new WebService('web', {
        namespace,
        image,
        scaling,
        uid: 70,
        command: ['serve', '--all'],
        env: { COLOR: 'blue' },
        resources: { requests: { cpu: '1' } },
        writable: [],
        portVariable: 'LISTEN',
        drainSeconds: 7,
        requestSeconds: 60,
        metricsPort: 9000,
      });
    });
    const { args, target, platform } = find(resources, 'index/image:Image', 'web').build!;
    assert.deepEqual({ args, target, platform }, { args: { VERSION: '2' }, target: 'slim', platform: 'linux/arm64' });
    const container = containerOf(resources, 'web');
    assert.deepEqual(environment(container), { LISTEN: '5000', COLOR: 'blue' });
    assert.deepEqual(container.command, ['serve', '--all']);
    assert.deepEqual(container.resources, { requests: { cpu: '1' } });
    assert.deepEqual((container.ports as unknown as Tree[])[1], { name: 'metrics', containerPort: 9000 });
    assert.deepEqual(container.lifecycle, { preStop: { sleep: { seconds: 7 } } });
    assert.equal(container.volumeMounts, undefined);
    assert.equal(podOf(resources, 'web').securityContext!.runAsUser, 70);
    assert.equal(podOf(resources, 'web').terminationGracePeriodSeconds, 72);
  });
});

describe('a service that is bundled', () => {
  it('is bundled once for two images of it', async () => {
    const source = 'examples/worker.ts';
    const times = async () => (await stat(join(await bundleService(source), 'main.js'))).mtimeMs;
    const [one, other] = await Promise.all([times(), times()]);
    assert.equal(one, other);
    assert.notEqual(await times(), one); // it may have changed
  });

  it('names the line that is wrong', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'wrong-'));
    try {
      await writeFile(join(folder, 'main.ts'), 'let right = 1;\nlet wrong: = 2;\n');
      const wrong = /main\.ts can't be bundled\. Build failed with 1 error:\n.*main\.ts:2:11: ERROR: Unexpected "="$/;
      await assert.rejects(bundleService(join(folder, 'main.ts')), { message: wrong });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('a service with variables of its own', function () {
  this.timeout(60_000);

  it('has them in its Secret, and the stack the last word', async () => {
    const { one } = await graphOf({ serviceEnv: '{"API_KEYS":"hush","MONGODB_URI":"mine"}' });
    const { inputs, secrets } = one('Secret', 'web');
    const { API_KEYS, MONGODB_URI } = inputs.stringData!;
    assert.deepEqual([API_KEYS, String(MONGODB_URI).slice(0, 10)], ['hush', 'mongodb://']);
    assert.deepEqual(secrets, ['stringData']);
  });
});

describe('a service that sends traces', function () {
  this.timeout(60_000);
  const told = {
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://host.minikube.internal:4318',
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
    OTEL_SERVICE_NAME: 'web',
  };
  const egressOf = (resources: readonly Registered[]): Tree[] =>
    find(resources, 'NetworkPolicy', 'web').spec!.egress as unknown as Tree[];

  it('gets the endpoint in the standard variables, and may reach its port', async () => {
    for (const service of ['examples/flask', 'service/main.ts']) {
      const { resources } = await graphOf({ service, otlpEndpoint: told.OTEL_EXPORTER_OTLP_ENDPOINT });
      const own = Object.entries(environment(containerOf(resources, 'web'))).filter(([name]) =>
        name.startsWith('OTEL'),
      );
      assert.deepEqual(Object.fromEntries(own), told);
      assert.deepEqual(egressOf(resources).slice(1), [{ ports: [{ port: 4318 }] }, dns]);
    }
  });

  it('may reach only the address, where the URL has one', async () => {
    for (const [otlpEndpoint, cidr, port] of [
      ['http://10.1.2.3:4318', '10.1.2.3/32', 4318],
      ['https://10.1.2.3/otlp', '10.1.2.3/32', 443],
    ] as const) {
      const { resources } = await graphOf({ otlpEndpoint });
      assert.deepEqual(egressOf(resources)[1], { to: [{ ipBlock: { cidr } }], ports: [{ port }] });
    }
  });

  it('gets no variables, and reaches nothing, without the key', async () => {
    const { resources } = await graphOf();
    assert.ok(!Object.keys(environment(containerOf(resources, 'web'))).some((name) => name.startsWith('OTEL')));
    assert.deepEqual(egressOf(resources).slice(1), [dns]);
  });
});

describe('an image that would run as root', function () {
  this.timeout(60_000);
  let folder: string;
  const path = process.env.PATH;
  /** Puts a `docker` on PATH that reports this user of any image, or no image at all. */
  const useDocker = async (user: string | undefined): Promise<void> => {
    folder = await mkdtemp(join(tmpdir(), 'docker-'));
    await writeFile(join(folder, 'docker'), `#!/bin/sh\n${user === undefined ? 'exit 1' : `echo '${user}'`}\n`);
    await chmod(join(folder, 'docker'), 0o755);
    process.env.PATH = `${folder}${delimiter}${path}`;
  };
  afterEach(async () => {
    process.env.PATH = path;
    await rm(folder, { recursive: true, force: true });
  });
  const rootless = () => recordResources(async () => ({ it: await promiseOf(flask('web').rootless()) }));

  for (const user of ['', '0', 'root:root', 'app']) {
    it(`is refused: USER '${user}'`, async function () {
      if (process.platform === 'win32') this.skip(); // the program is a shell script
      await useDocker(user);
      await assert.rejects(rootless(), /Dockerfile runs as .*Add `USER 1000` before its CMD/);
    });
  }

  it('is refused before the nodes have it', async function () {
    if (process.platform === 'win32') this.skip();
    await useDocker('0');
    const pull = () => pulumi.output(new Promise<string>(() => {}));
    const image = () => flask('web', { cluster: { registry, pull } });
    await assert.rejects(
      recordResources(async () => ({ it: await promiseOf(image().rootless()) })),
      /runs as root/,
    );
  });

  it('is distinguished from one that runs as another user, and from one that was built elsewhere', async () => {
    for (const user of ['1000', '65532:65532', undefined]) {
      await useDocker(user);
      assert.match((await rootless()).result.it, /^localhost:5000\/.*@sha256:/);
    }
  });

  it('is refused with the reason: Kubernetes needs a number', () => {
    assert.equal(userFault('1000:0'), undefined);
    assert.match(userFault('node') ?? '', /runs as 'node', and Kubernetes needs its number/);
  });
});

describe('several services', function () {
  this.timeout(60_000);
  let resources: readonly Registered[];
  let urls: Record<string, string>;
  before(async () => {
    const recorded = await recordResources(async () => {
      const database = new MongoDatabase('mongo', { ...mongo, namespace });
      const cache = new Redis('redis', { namespace, pulledImage: 'redis:7' });
      const connections = { MONGODB_URI: database };
      const web = new WebService('web', { namespace, image: flask('web'), scaling, connections });
      const shopConnections = { MONGODB_URI: database, REDIS_URL: cache, WEB_URL: web };
      const shop = new WebService('shop', {
        namespace,
        image: flask('shop'),
        scaling: { ...scaling, maxReplicas: 9 },
        connections: shopConnections,
        port: 8000,
      });
      new Worker('mailer', { namespace, image: flask('mailer'), scaling, connections: { REDIS_URL: cache } });
      const ends = [
        new WebEndpoint('web', { namespace, service: web, exposure: { kind: 'nodePort', host: 'h', nodePort: 30500 } }),
        new WebEndpoint('shop', { namespace, service: shop, exposure: { kind: 'cluster' } }),
      ];
      return { urls: await Promise.all(ends.map(({ url }) => promiseOf(url))) };
    });
    resources = recorded.resources;
    const [web = '', shop = ''] = recorded.result.urls;
    urls = { web, shop };
  });

  it('have an image, a scale and a URL each', () => {
    for (const name of ['web', 'shop', 'mailer']) {
      assert.match(String(containerOf(resources, name).image), new RegExp(`-${name}@sha256:`));
      const { scaleTargetRef, maxReplicas } = find(resources, 'HorizontalPodAutoscaler', name).spec!;
      assert.deepEqual([scaleTargetRef!.name, maxReplicas], [name, name === 'shop' ? 9 : 3]);
    }
    assert.deepEqual(urls, { web: 'http://h:30500', shop: 'http://shop:8000' });
    assert.equal(find(resources, 'Service', 'shop').spec!.type, undefined); // inside the cluster alone
  });

  it('reach what they connect to, and nothing else', () => {
    const egress = (name: string) => find(resources, 'NetworkPolicy', name).spec!.egress;
    const toMongo = { to: [pods('mongo')], ports: [{ port: 27017 }] };
    const toRedis = { to: [pods('redis')], ports: [{ port: 6379 }] };
    assert.deepEqual(egress('web'), [toMongo, dns]);
    assert.deepEqual(egress('shop'), [toMongo, toRedis, { to: [pods('web')], ports: [{ port: 5000 }] }, dns]);
    assert.deepEqual(egress('mailer'), [toRedis, dns]);
  });

  it('are let in by the databases that they connect to, and by no other', () => {
    const ingress = (name: string) => find(resources, 'NetworkPolicy', name).spec!.ingress;
    assert.deepEqual(ingress('mongo'), [
      { from: ['mongo', 'mongo-configure', 'web', 'shop'].map(pods), ports: [{ port: 27017 }] },
    ]);
    assert.deepEqual(ingress('redis'), [{ from: [pods('shop'), pods('mailer')], ports: [{ port: 6379 }] }]);
  });

  it('call each other by name, and have the passwords of their databases alone', () => {
    const { WEB_URL, REDIS_URL } = find(resources, 'Secret', 'shop').stringData!;
    assert.deepEqual([WEB_URL, REDIS_URL], ['http://web:5000', 'redis://:generated@redis:6379']);
    assert.deepEqual(Object.keys(find(resources, 'Secret', 'mailer').stringData!), ['REDIS_URL']);
  });

  it('may be a worker without a port', () => {
    const { ports, startupProbe, readinessProbe, livenessProbe, lifecycle } = containerOf(resources, 'mailer');
    assert.deepEqual(
      { ports, startupProbe, readinessProbe, livenessProbe, lifecycle },
      {
        ports: undefined,
        startupProbe: undefined,
        readinessProbe: undefined,
        livenessProbe: undefined,
        lifecycle: undefined,
      },
    );
    assert.deepEqual(find(resources, 'NetworkPolicy', 'mailer').spec!.ingress, []);
  });

  it('have a database without access if nothing connects to it', async () => {
    const args = { namespace, pulledImage: 'redis:7' };
    const recorded = await recordResources(async () => ({ it: new Redis('redis', args) }));
    assert.deepEqual(find(recorded.resources, 'NetworkPolicy', 'redis').spec!.ingress, []);
  });

  it('may use several external databases, each with its own TLS files', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'services-'));
    try {
      const databases = ['A', 'B', 'C'].map(async (name) => {
        const tlsCAFile = join(folder, name);
        await writeFile(tlsCAFile, name === 'C' ? 'A' : name); // A and C have the same CA
        return [name, externalDatabase(pulumi.output(`mongodb://h/${name}?tlsCAFile=x`), { tlsCAFile })] as const;
      });
      const connections = Object.fromEntries(await Promise.all(databases));
      const recorded = await recordResources(async () => {
        new Worker('mailer', { namespace, image: flask('mailer'), scaling, connections });
        return {};
      });
      const mounts = containerOf(recorded.resources, 'mailer').volumeMounts as unknown as Tree[];
      assert.deepEqual(mounts.map(({ mountPath }) => String(mountPath)).sort(), ['/etc/connections', '/tmp']);
      const files = find(recorded.resources, 'Secret', 'mailer-files').stringData!;
      const contents = Object.entries(find(recorded.resources, 'Secret', 'mailer').stringData!).map(([name, uri]) => [
        name,
        String(files[String(uri).replace(/.*tlsCAFile=\/etc\/connections\//, '')]),
      ]);
      assert.deepEqual(Object.fromEntries(contents), { A: 'A', B: 'B', C: 'A' });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('can not connect to a database whose policy is made already', async () => {
    await recordResources(async () => {
      const database: BackingService = new MongoDatabase('mongo', { ...mongo, namespace });
      await new Promise(setImmediate);
      assert.throws(() => database.connect?.({}), /in the same turn of the event loop/);
      return {};
    });
  });
});

describe('externalDatabase(uri)', () => {
  it("leaves the TLS files of the URI that the service's image has", async () => {
    const uri = 'mongodb://h/app?tls=true&tlsCAFile=/app/ca.pem';
    const database = externalDatabase(pulumi.output(uri));
    assert.equal(await promiseOf(pulumi.output(database.uri)), uri);
    assert.deepEqual(database.files, {});
  });
});

describe('the services of docs/your-service.md', function () {
  this.timeout(60_000);

  it('are made by the code that is shown there', async () => {
    const copy = await ProjectCopy.make({ stack: 'test' });
    try {
      await addDocumentedServices(copy);
      const changed = require(join(copy.folder, 'stack/index.ts')) as Program;
      const { resources, outputs } = await graphOf({}, changed);
      assert.match(String(containerOf(resources, 'worker').image), /-worker@sha256:/);
      const { WEB_URL, ...others } = find(resources, 'Secret', 'shop').stringData!;
      assert.deepEqual([WEB_URL, Object.keys(others).sort()], ['http://web:5000', ['MONGODB_URI', 'REDIS_URL']]);
      assert.deepEqual(Object.keys(outputs.services), ['web', 'shop']);
    } finally {
      await copy.remove();
    }
  });
});

function promiseOf<T>(output: pulumi.Output<T>): Promise<T> {
  return (output as unknown as { promise(): Promise<T> }).promise();
}
