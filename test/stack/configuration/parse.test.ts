import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as pulumi from '@pulumi/pulumi';
import type { Configuration } from '../../../stack/configuration/configuration';
import { parseConfiguration } from '../../../stack/configuration/parse';
import { project, source } from '../support/source';

const parse = (changes?: Record<string, string>, stack = 'dev', given: readonly string[] = []): Configuration =>
  parseConfiguration(source(changes), stack, given);
const elsewhere = { cluster: 'existing', context: 'prod', registry: 'ghcr.io/me', host: '10.0.0.7' };

/** The message of the Error that `changes` are refused with. */
function refusal(changes: Record<string, string>, given?: readonly string[], stack = 'dev'): string {
  try {
    parse(changes, stack, given);
  } catch (error) {
    return (error as Error).message;
  }
  return assert.fail(`${JSON.stringify(changes)} was not refused`);
}

describe('parseConfiguration(source, stack)', () => {
  it('takes the defaults of Pulumi.yaml', () => {
    assert.deepEqual(parse(), {
      stack: 'dev',
      loseData: false,
      dev: false,
      cluster: {
        kind: 'minikube',
        profile: `${project}-dev`,
        cpus: 4,
        memory: 4096,
        nodePort: 30500,
        extraNodePorts: [],
        registryPort: 5500,
        registry: undefined,
        kubernetesVersion: undefined,
      },
      namespace: `${project}-dev`,
      platform: undefined,
      service: {
        source: 'service/main.ts',
        port: 5000,
        startupPath: '/health/startup',
        readyPath: '/health/ready',
        livePath: '/health/live',
        mongoVariable: 'MONGODB_URI',
        secretEnv: undefined,
        otlpEndpoint: undefined,
      },
      exposure: { kind: 'nodePort', host: '127.0.0.1', nodePort: 30500 },
      scaling: { minReplicas: 2, maxReplicas: 5, targetCpu: 70, scaleDownSeconds: 300 },
      database: {
        kind: 'mongo',
        members: 1,
        passwords: 1,
        image: 'mongo:8.0',
        memory: 700,
        storage: '1Gi',
        fixedStorage: true,
        storageClass: undefined,
      },
    });
  });

  it('makes names of project and stack that Kubernetes takes, unless they are given', () => {
    assert.equal(parse({}, 'My_Stack.2').namespace, `${project}-my-stack-2`);
    const { cluster, namespace } = parse({ profile: 'mine', namespace: 'ours' });
    assert.deepEqual([cluster.kind === 'minikube' && cluster.profile, namespace], ['mine', 'ours']);
  });

  it('shortens a name that Kubernetes does not take, and keeps different stacks apart', () => {
    const names = [
      'dev_',
      'dev.',
      `${'a'.repeat(90)}1`,
      `${'a'.repeat(90)}2`,
      `${'a'.repeat(43)}.${'b'.repeat(50)}`,
    ].map((stack) => {
      const { namespace, cluster } = parse({}, stack);
      assert.equal(cluster.kind === 'minikube' && cluster.profile, namespace);
      return namespace;
    });
    for (const name of names) assert.match(name, /^(?=.{1,63}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?$/);
    assert.equal(new Set(names).size, names.length);
    const foreign = parseConfiguration({ ...source(), name: '_' }, '_');
    assert.match(foreign.namespace, /^[0-9a-f]{8}$/);
  });

  it('refuses namespaces that Kubernetes makes', () => {
    for (const namespace of ['default', 'kube-system']) {
      assert.match(refusal({ namespace }), /namespace is '.*' and must be another: Kubernetes makes that one itself/);
      assert.equal(parse({ profile: namespace }).namespace, parse().namespace);
    }
  });

  it("refuses profiles that are Minikube's commands, or too short", () => {
    for (const profile of ['delete', 'x'])
      assert.match(refusal({ profile }), /profile is '.*' and must be two characters or more, and not a command/);
  });

  it('reports keys that nothing reads, with the nearest right one if it is near, together with wrong values', () => {
    const given = [
      'nodeport',
      `${project}:containerRuntime`,
      `${project}:minReplica`,
      'other:cpus',
      `${project}:memory`,
      'cpus',
      'pulumi:tags',
      'docker:host',
    ];
    assert.deepEqual(refusal({ cpus: 'x' }, given).split('\n').slice(1), [
      `  - nodeport is not a key of project ${project}: in Pulumi.dev.yaml, replace it with ${project}:nodePort, or remove it`,
      `  - ${project}:containerRuntime is not a key of project ${project}: in Pulumi.dev.yaml, remove it`,
      `  - ${project}:minReplica is not a key of project ${project}: in Pulumi.dev.yaml, replace it with ${project}:minReplicas, or remove it`,
      `  - other:cpus is not a key of project ${project}: in Pulumi.dev.yaml, replace it with ${project}:cpus, or remove it`,
      "  - cpus is 'x' and must be a whole number from 2 to 256: npm run pulumi -- config set cpus VALUE",
    ]);
  });

  for (const [key, value, wanted] of [
    ['cluster', 'cloud', 'one of minikube, existing'],
    ['cpus', '1', 'a whole number from 2 to 256'],
    ['cpus', '2.5', 'a whole number'],
    ['memory', '4GB', 'a whole number from 1800'],
    ['nodePort', '8080', 'from 30000 to 32767'],
    ['nodePort', '32768', 'from 30000 to 32767'],
    ['extraNodePorts', '8080', 'NodePorts from 30000 to 32767 other than nodePort'],
    ['extraNodePorts', '30501;30502', 'with commas between them'],
    ['extraNodePorts', '30501,30500', 'other than nodePort'],
    ['registryPort', '80', 'from 1024 to 65535'],
    ['kubernetesVersion', 'latest', 'a version such as v1.35.4'],
    ['registry', 'https://ghcr.io/me', 'without a scheme'],
    ['registryPull', 'a b', 'without a scheme'],
    ['profile', 'Not A Label', 'lower-case letters'],
    ['namespace', '-x', 'lower-case letters'],
    ['servicePort', '80', 'from 1024 to 65535'],
    ['healthPath', 'health', 'a path such as /health'],
    ['livePath', '/he alth', 'a path such as /health'],
    ['mongoVariable', 'MONGO-URL', 'the name of an environment variable'],
    ['otlpEndpoint', 'localhost:4318', 'an http or https URL such as http://host.minikube.internal:4318'],
    ['otlpEndpoint', 'http://collector:99999', 'an http or https URL'],
    ['otlpEndpoint', 'http://user:password@collector', 'an http or https URL'],
    ['expose', 'dns', 'one of nodePort, loadBalancer, ingress'],
    ['host', 'http://x', 'a host name'],
    ['minReplicas', '0', 'from 1'],
    ['maxReplicas', 'many', 'a whole number'],
    ['targetCpu', '-70', 'a whole number'],
    ['scaleDownSeconds', '3601', 'from 0 to 3600'],
    ['mongoImage', 'mongo 8', 'an image reference'],
    ['mongoMemory', '399', 'from 400'],
    ['mongoStorage', '0Gi', 'a size such as 1Gi'],
    ['storageClass', 'a/b', 'the name of a StorageClass'],
    ['loseData', 'yes', 'true or false'],
    ['dev', 'yes', 'true or false'],
    ['platform', 'windows/amd64', 'linux/amd64 or linux/arm64'],
  ] as const) {
    it(`refuses ${key} '${value}' alone, and says what to set`, () => {
      const [head, ...faults] = refusal({ [key]: value }).split('\n');
      assert.equal(head, "The configuration of stack 'dev' has a fault. Nothing was changed.");
      assert.equal(faults.length, 1, faults.join('\n'));
      assert.ok(faults[0]!.startsWith(`  - ${key} is '${value}' and must be `), faults[0]);
      assert.ok(faults[0]!.includes(wanted), faults[0]);
      assert.ok(faults[0]!.endsWith(`: npm run pulumi -- config set ${key} VALUE`), faults[0]);
    });
  }

  it('takes variables of the service as texts, and shows none that it refuses', async () => {
    const { service } = parse({ serviceEnv: '{"API_KEYS":"hush","MAX_ITEMS":10}' });
    assert.ok(await pulumi.isSecret(service.secretEnv!));
    assert.deepEqual(await new Promise((resolve) => service.secretEnv?.apply(resolve)), {
      API_KEYS: 'hush',
      MAX_ITEMS: '10',
    });
    for (const serviceEnv of ['hush', '5', '[]', '["hush"]', '{"API-KEYS":"hush"}', '{"API_KEYS":{"a":"hush"}}']) {
      const message = refusal({ serviceEnv });
      assert.match(
        message,
        /serviceEnv is not shown here and must be a map of .*: npm run .* config set --path serviceEnv.NAME VALUE$/,
      );
      assert.ok(!message.includes('hush'));
    }
  });

  it('refuses values that contradict each other', () => {
    assert.match(
      refusal({ minReplicas: '6' }),
      /maxReplicas is 5 and must be at least minReplicas, 6: npm run pulumi -- config set maxReplicas 6$/,
    );
    assert.match(
      refusal({ registryPort: '30500' }),
      /registryPort is 30500 and must be a port other than nodePort: npm run pulumi -- config set registryPort/,
    );
    assert.match(
      refusal({ registryPassword: 'hush' }),
      /registryUsername is empty and must be set when registryPassword is/,
    );
    assert.match(
      refusal({ registryUsername: 'me' }),
      /registryPassword is empty .*: npm run pulumi -- config set --secret registryPassword VALUE$/,
    );
    assert.match(
      refusal({ cluster: 'existing', dev: 'true', context: 'c', registry: 'r', host: 'h' }),
      /dev is 'true' and must be false on an existing cluster: .* config set dev false$/,
    );
  });

  it('shows how to set a value of the stack that is at fault', () => {
    const refused = (stack: string): string => refusal({ cpus: 'all' }, [], stack);
    assert.match(refused('prod'), /npm run pulumi -- --stack prod config set cpus VALUE$/);
    process.env.PULUMI_STACK = 'prod'; // the stack of an npm command without --stack
    try {
      assert.match(refused('prod'), /npm run pulumi -- config set cpus VALUE$/);
      assert.match(refused('dev'), /npm run pulumi -- --stack dev config set cpus VALUE$/);
    } finally {
      delete process.env.PULUMI_STACK;
    }
  });

  it('takes a service of any language in a folder with a Dockerfile', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'service-'));
    try {
      const wanted =
        'and must be a folder with a Dockerfile, or a TypeScript file: npm run pulumi -- config set service';
      for (const missing of ['', join(folder, 'none'), join(folder, 'none.ts')])
        assert.ok(
          refusal({ service: missing }).endsWith(`- service is '${missing}', which does not exist, ${wanted} VALUE`),
        );
      const without = `- service is '${folder}', which has no Dockerfile, ${wanted}`;
      assert.ok(refusal({ service: folder }).endsWith(`${without} VALUE`));
      await writeFile(join(folder, 'main.ts'), '');
      assert.ok(refusal({ service: folder }).endsWith(`${without} ${join(folder, 'main.ts')}`));
      await writeFile(join(folder, 'Dockerfile'), '');
      assert.equal(parse({ service: folder }).service.source, folder);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('asks a service that has one health path by that one, and its liveness by a connection unless it has another', () => {
    const paths = (changes: Record<string, string>): string[] => {
      const { startupPath, readyPath, livePath } = parse(changes).service;
      return [startupPath, readyPath, livePath];
    };
    assert.deepEqual(paths({ healthPath: '/healthz' }), ['/healthz', '/healthz', '']);
    assert.deepEqual(paths({ healthPath: '/healthz', livePath: '/alive' }), ['/healthz', '/healthz', '/alive']);
    assert.deepEqual(paths({ livePath: '/alive' }), ['/health/startup', '/health/ready', '/alive']);
  });

  it('reports all faults in one Error', () => {
    const [head, ...faults] = refusal({ cpus: 'x', expose: 'ingress', mongoStorage: 'big' }).split('\n');
    assert.match(head!, /has 3 faults\. Nothing was changed\.$/);
    assert.deepEqual(faults.map((fault) => /^ {2}- (\w+) /.exec(fault)?.[1]).sort(), ['cpus', 'host', 'mongoStorage']);
  });

  it('never shows a secret', () => {
    const message = refusal({ mongoUri: 'mongodb://root:hush@db', registryPassword: 'hush', cpus: '0' });
    assert.match(message, /mongoUri is not shown here .*: npm run pulumi -- config set --secret mongoUri VALUE/);
    assert.ok(!message.includes('hush'), message);
  });

  it('reads the connection string as the driver does, and does not show it', () => {
    for (const [uri, fault] of [
      ['mongodb://u:hush@ss:word@h/app', /mongoUri is not a connection string .* percent-encoded/],
      ['mongodb://u:hush@h/app?hush=1', /mongoUri has an option that the driver doesn't know/],
      // A drill deploys from a copy of the project, which has no such file.
      [
        'mongodb://u:hush@h/app?tls=true&tlsCAFile=package.json',
        /mongoUri has tlsCAFile=package\.json, which is not an absolute path/,
      ],
      [
        'mongodb://u:hush@h/app?tls=true&tlsCAFile=no%20ca.pem',
        /mongoUri has tlsCAFile=no ca\.pem, which is not an absolute path: write tlsCAFile=\S+\/no%20ca\.pem, or the path of a file in the service's image/,
      ],
      ['mongodb://u:hush@h/app?compressors=zstd', /mongoUri asks for zstd, which is not built in/],
    ] as const) {
      const message = refusal({ mongoUri: uri });
      assert.match(message, fault);
      assert.ok(!message.includes('u:hush'), message);
    }
  });

  it('takes TLS files of this machine, and absolute paths of files that only the image has', () => {
    const uri = `mongodb://h/app?tls=true&tlsCAFile=/no/ca.pem&tlsCertificateKeyFile=${encodeURIComponent(__filename)}`;
    const { database } = parse({ mongoUri: uri });
    assert.deepEqual(database.kind === 'external' && database.tlsFiles, { tlsCertificateKeyFile: __filename });
  });

  it('keeps secrets secret', async () => {
    const { cluster, database } = parse({
      registry: 'ghcr.io/me',
      registryUsername: 'me',
      registryPassword: 'hush',
      mongoUri: 'mongodb+srv://u:p@db.example/app',
    });
    assert.ok(database.kind === 'external' && cluster.registry?.credentials);
    assert.equal(await pulumi.isSecret(database.uri), true);
    assert.equal(await pulumi.isSecret(cluster.registry.credentials.password), true);
    assert.equal(cluster.registry.pull, 'ghcr.io/me');
  });

  it("takes an existing cluster with a context, a registry, and a node's address", () => {
    assert.deepEqual(parse(elsewhere).cluster, {
      kind: 'existing',
      kubeconfig: undefined,
      context: 'prod',
      registry: { push: 'ghcr.io/me', pull: 'ghcr.io/me', credentials: undefined },
    });
    for (const key of ['context', 'registry', 'host']) {
      const message = refusal({ ...elsewhere, [key]: '' });
      assert.equal(message.split('\n').length, 2, message);
      assert.match(message, new RegExp(`- ${key} is .* and must be .*: npm run pulumi -- config set ${key} VALUE$`));
    }
    assert.deepEqual(parse({ ...elsewhere, host: '', expose: 'loadBalancer' }).exposure, { kind: 'loadBalancer' });
  });

  it('takes an Ingress with a host, and none without', () => {
    assert.deepEqual(parse({ expose: 'ingress', host: 'koa.example' }).exposure, {
      kind: 'ingress',
      host: 'koa.example',
      ingressClass: 'nginx',
      tlsSecret: undefined,
    });
    assert.match(
      refusal({ expose: 'ingress' }),
      /host is empty and must be the host name that the Ingress serves: npm run pulumi -- config set host VALUE$/,
    );
    assert.match(refusal({ expose: 'ingress', host: 'x', ingressClass: '' }), /ingressClass is ''/);
  });
});
