import type { Configuration, MinikubeConfiguration } from '../../../stack/configuration/configuration';
import type { Docker } from '../../../stack/preflight/docker';
import type { Facts } from '../../../stack/preflight/facts';

const cluster: MinikubeConfiguration = {
  kind: 'minikube',
  profile: 'koa',
  cpus: 4,
  memory: 4096,
  nodePort: 30500,
  extraNodePorts: [],
  registryPort: 5500,
  kubernetesVersion: undefined,
  registry: undefined,
};
export const configuration: Configuration = {
  stack: 'dev',
  cluster,
  namespace: 'koa',
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
  loseData: false,
  dev: false,
  platform: undefined,
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
};
export const running: Docker & { state: 'running' } = {
  state: 'running',
  endpoint: 'unix:///var/run/docker.sock',
  version: '28.2.2',
  cpus: 8,
  memory: 16000,
  cgroupVersion: '2',
  rootless: false,
  folder: '/var/lib/docker',
  machine: 'here',
  clockLead: 0.1,
  containers: [],
  volumes: [],
};
export const host: Facts['host'] = {
  name: 'here',
  platform: 'linux',
  architecture: 'x64',
  processor: ['sse', 'avx'],
  contained: false,
  free: 100 * 2 ** 30,
  environment: {},
  minikubeHome: '/home/me/.minikube',
  certificate: undefined,
};
/** A machine without a fault. */
export const good: Facts = {
  node: '20.19.0',
  docker: running,
  minikube: '1.38.1',
  profiles: [],
  ownsContainer: undefined,
  pulumi: '3.259.0',
  holders: new Map(),
  host,
  ownsProfile: undefined,
};
