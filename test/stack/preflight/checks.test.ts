import assert from 'node:assert/strict';
import type { Configuration } from '../../../stack/configuration/configuration';
import type { Check } from '../../../stack/preflight/check';
import type { Facts } from '../../../stack/preflight/facts';
import { assertPreflight, describeFaults, judge, passedPreflight } from '../../../stack/preflight/preflight';
import { fakePrograms } from '../../tools/cli/support/fakePrograms';
import { configuration, good, host, running } from './goodMachine';

/** The faults of a machine that differs from a good one. */
function faults(change: Partial<Facts>, settings: Configuration = configuration): Check[] {
  return judge({ ...good, ...change }, settings).filter((check) => !check.ok);
}
/** The one fault of such a machine. */
function fault(change: Partial<Facts>, settings?: Configuration): Check {
  const [first, ...others] = faults(change, settings);
  assert.ok(first, 'no fault was found');
  assert.deepEqual(others, []);
  assert.notEqual(first.remedy, '');
  return first;
}
const docker = (change: Partial<typeof running>): Partial<Facts> => ({ docker: { ...running, ...change } });
const on = (change: Partial<Facts['host']>): Partial<Facts> => ({ host: { ...host, ...change } });

describe('preflight', () => {
  it('finds no fault with a good machine', () => assert.deepEqual(faults({}), []));

  it('finds a port of a further service that a program holds', () => {
    const { cluster } = configuration;
    assert.ok(cluster.kind === 'minikube');
    const settings = { ...configuration, cluster: { ...cluster, extraNodePorts: [30501] } };
    const { name, remedy } = fault({ holders: new Map([[30501, 'node (process 7)']]) }, settings);
    assert.equal(name, 'port 30501');
    assert.match(remedy, /config set extraNodePorts 30502$/);
  });

  for (const [what, change, name, found] of [
    ['an old Node', { node: '20.18.3' }, 'Node', '20.18.3'],
    ['no Docker', { docker: { state: 'missing' } }, 'Docker', 'no docker on PATH'],
    ['no Minikube', { minikube: undefined }, 'Minikube', 'no minikube on PATH'],
    ['an old Minikube', { minikube: '1.33.1' }, 'Minikube', '1.33.1'],
    ['no Pulumi', { pulumi: undefined }, 'Pulumi CLI', 'no pulumi on PATH'],
    ['an old Pulumi', { pulumi: '3.9.0' }, 'Pulumi CLI', '3.9.0'],
    ['one CPU', docker({ cpus: 1 }), "Docker's CPUs", '1'],
    ['too little memory', docker({ memory: 1799 }), "Docker's memory", '1799 MiB'],
    ['a full disk', on({ free: 3 * 2 ** 30 - 1 }), 'disk', '2 GiB free'],
    [
      'a port that a program holds',
      { holders: new Map([[30500, 'node (process 7)']]) },
      'port 30500',
      'held by node (process 7)',
    ],
    [
      'a port that a container holds',
      docker({ containers: [{ name: 'other', ports: [5500] }] }),
      'port 5500',
      'held by container other',
    ],
    ['Podman', { docker: { state: 'podman' } }, 'Docker', 'Podman, under the name docker'],
    ['a Pulumi without a version', { pulumi: '?' }, 'Pulumi CLI', '?'],
    ["another's profile", { profiles: ['koa'], ownsProfile: false }, 'Minikube profile', 'not created by this stack'],
    [
      'profiles that can not be read',
      { profiles: new Error('exit code 80') },
      'Minikube profile',
      'no list of profiles: exit code 80',
    ],
    [
      'a state that can not be read',
      { ownsProfile: new Error('incorrect passphrase') },
      'Minikube profile',
      'no state of the stack: incorrect passphrase',
    ],
    ['rootless Docker on cgroup v1', docker({ rootless: true, cgroupVersion: '' }), 'rootless Docker', 'yes'],
    ['a processor without AVX', on({ processor: ['sse'] }), 'processor', 'no AVX'],
    [
      'an ARM processor before 8.2',
      on({ architecture: 'arm64', processor: ['fp', 'aes'] }),
      'processor',
      'no ARMv8.2-A',
    ],
  ] satisfies [string, Partial<Facts>, string, string][]) {
    it(`stops at ${what}`, () => {
      const { fatal, ...check } = fault(change);
      assert.deepEqual([check.name, check.found, fatal], [name, found, true]);
    });
  }

  for (const [what, change, name, remedy] of [
    ['little disk', on({ free: 9 * 2 ** 30 }), 'disk', /docker image prune/],
    ['rootless Docker', docker({ rootless: true }), 'rootless Docker', /delegate/],
    ['Docker elsewhere', docker({ endpoint: 'ssh://far' }), 'Docker host', /docker context use default/],
    [
      'Docker outside of our container',
      { ...docker({ machine: 'far' }), ...on({ contained: true }) },
      'Docker host',
      /--network=host/,
    ],
    ['a clock behind', docker({ clockLead: -31 }), 'clock', /Restart Docker/],
    ['a CA that is not there', on({ environment: { NODE_EXTRA_CA_CERTS: '/no/such/ca.pem' } }), 'private CA', /unset/],
    [
      'a CA for Node alone',
      on({ environment: { NODE_EXTRA_CA_CERTS: '/dev/null', MINIKUBE_HOME: '/home/me' } }),
      'private CA',
      /cp \/dev\/null \/home\/me\/\.minikube\/certs\/$/,
    ],
  ] satisfies [string, Partial<Facts>, string, RegExp][]) {
    it(`warns of ${what}, and continues`, () => {
      const check = fault(change);
      assert.deepEqual([check.name, check.fatal], [name, false]);
      assert.match(check.remedy, remedy);
    });
  }

  it('says how to wake a Docker that does not answer, by reason', () => {
    const remedy = (reason: string): string => fault({ docker: { state: 'unavailable', reason } }).remedy;
    assert.match(
      remedy('Cannot connect'),
      /systemctl start docker, or open Docker Desktop\..* docker context use default/,
    );
    assert.match(remedy('permission denied while trying to connect'), /usermod/);
  });

  it("refuses another user's container or volume, and suggests another profile, never deleting a cluster", () => {
    const container = docker({ containers: [{ name: 'koa', ports: [30500, 5500] }] });
    for (const change of [container, { ...container, profiles: ['koa'], ownsContainer: false }]) {
      const found = faults(change);
      assert.deepEqual(
        found.map(({ name }) => name),
        ['port 30500', 'port 5500', 'Minikube profile'],
      );
      assert.ok(found.every((check) => check.fatal));
      assert.equal(found[0]?.found, 'held by container koa');
      assert.match(found[2]?.found ?? '', /outside \/.*\.minikube: another user's/);
      assert.match(
        found[2]?.remedy ?? '',
        /^Use another name: npm run pulumi -- config set profile koa-2\. .*MINIKUBE_HOME/,
      );
      assert.doesNotMatch(found[2]?.remedy ?? '', /delete/);
    }
    const volume = fault(docker({ volumes: ['koa'] }));
    assert.deepEqual([volume.name, volume.fatal], ['Minikube profile', true]);
    assert.match(volume.remedy, /config set profile koa-2\..*docker volume rm koa$/);
    assert.deepEqual(faults({ ...docker({ volumes: ['koa'] }), profiles: ['koa'] }), []);
  });

  it("takes ports of the stack's own cluster for free", () => {
    const own = docker({ containers: [{ name: 'koa', ports: [30500, 5500] }] });
    assert.deepEqual(
      faults({
        ...own,
        profiles: ['koa'],
        ownsContainer: true,
        holders: new Map([
          [30500, 'docker-proxy'],
          [5500, 'docker-proxy'],
        ]),
      }),
      [],
    );
  });

  it("knows the stack's own cluster by its certificates where its profiles can't be read", () => {
    const own = docker({ containers: [{ name: 'koa', ports: [30500, 5500] }] });
    const check = fault({ ...own, profiles: new Error('EACCES'), ownsContainer: true });
    assert.equal(check.name, 'Minikube profile');
  });

  it('knows an ARM processor that has what MongoDB needs', () => {
    assert.deepEqual(faults(on({ architecture: 'arm64', processor: ['fp', 'asimddp'] })), []);
  });

  it('asks for AVX only where MongoDB needs it', () => {
    const old = on({ processor: ['sse'] });
    for (const image of ['mongo:4.4', 'mongo:4', 'example.org/other:8']) {
      assert.deepEqual(
        faults(old, { ...configuration, database: { ...configuration.database, image } as Configuration['database'] }),
        [],
      );
    }
    for (const image of ['mongo', 'docker.io/library/mongo:5.0', 'mongo:8@sha256:00', 'mongo:latest']) {
      fault(old, { ...configuration, database: { ...configuration.database, image } as Configuration['database'] });
    }
    assert.deepEqual(faults(on({ processor: undefined })), []);
    assert.deepEqual(
      faults({ ...old, ...docker({ endpoint: 'ssh://far' }) }).map(({ name }) => name),
      ['Docker host'],
    );
  });

  it('wants a proxy kept away from the cluster, and hides its password', () => {
    const environment = { https_proxy: 'http://user:secret@proxy:3128', NO_PROXY: '127.0.0.1,.corp' };
    const check = fault(on({ environment }));
    assert.equal(check.found, 'http://…@proxy:3128, without 10.96.0.0/12, 192.168.49.0/24');
    assert.equal(check.remedy, 'export NO_PROXY=127.0.0.1,.corp,10.96.0.0/12,192.168.49.0/24');
    assert.deepEqual(
      faults(on({ environment: { ...environment, NO_PROXY: '127.0.0.1,10.96.0.0/12,192.168.49.0/24' } })),
      [],
    );
  });

  it('takes ranges and * in NO_PROXY, and empty variables for unset', () => {
    const withProxy = (NO_PROXY: string): Check[] =>
      faults(on({ environment: { HTTP_PROXY: 'http://proxy:1', NO_PROXY } }));
    for (const all of ['*', '127.0.0.0/8,10.0.0.0/8,192.168.0.0/16', '127.0.0.1 10.96.0.0/12 192.168.49.0/24'])
      assert.deepEqual(withProxy(all), []);
    for (const [less, missing] of [
      ['127.0.0.0/8,10.96.0.0/16,192.168.49.0/24', '10.96.0.0/12'],
      ['10.96.0.0/12,192.168.49.0/24', '127.0.0.1'],
      ['127.0.0.1,10.96.0.0/,192.168.49.0/24', '10.96.0.0/12'],
      ['127.0.0.1,10.96.0.0/x,192.168.49.0/24', '10.96.0.0/12'],
      ['*.corp,127.0.0.1,10.96.0.0/12,192.168.50.0/24', '192.168.49.0/24'],
    ] as const)
      assert.equal(withProxy(less)[0]?.found, `http://proxy:1, without ${missing}`);
    assert.deepEqual(faults(on({ environment: { HTTPS_PROXY: '', HTTP_PROXY: '' } })), []);
  });

  it('asks less of a machine whose cluster is elsewhere', () => {
    const existing: Configuration = {
      ...configuration,
      cluster: {
        kind: 'existing',
        kubeconfig: undefined,
        context: 'c',
        registry: { push: 'r', pull: 'r', credentials: undefined },
      },
    };
    assert.deepEqual(
      faults({ minikube: undefined, holders: new Map([[30500, 'x']]), ...docker({ cpus: 1 }) }, existing),
      [],
    );
  });

  it('describes each fault with what was found, needed, and the remedy', () => {
    assert.equal(
      describeFaults([{ name: 'n', found: 'f', needed: 'd', remedy: 'R', fatal: true, ok: false }]),
      '  - n: found f; needed d.\n    R',
    );
  });
});

describe('assertPreflight(configuration)', () => {
  const { PATH } = process.env;
  const [[variable]] = Object.entries(passedPreflight()) as [[string, string]];
  before(async () => {
    const programs = await fakePrograms();
    process.env.PATH = programs.folder;
    await programs.remove();
  });
  after(() => {
    process.env.PATH = PATH;
    delete process.env[variable];
  });

  it('does not check again what a command has just checked', async () => {
    Object.assign(process.env, passedPreflight());
    assert.equal(await assertPreflight(configuration), '');
  });

  it('checks in spite of a variable that was left in the environment', async () => {
    const minute = 60_000;
    const values = [Date.now() - 11 * minute, Date.now() + minute].map((time) => passedPreflight(time)[variable]);
    for (const value of [...values, 'passed', 'true', '1', '']) {
      process.env[variable] = value;
      await assert.rejects(assertPreflight(configuration), /not ready.*no docker on PATH/s, value);
    }
  });
});
