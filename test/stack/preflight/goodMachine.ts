import { parseConfiguration } from '../../../stack/configuration/parse';
import type { Engine } from '../../../stack/preflight/docker';
import type { Facts } from '../../../stack/preflight/facts';
import { source } from '../support/source';

export const configuration = parseConfiguration(source({ profile: 'koa', namespace: 'koa' }), 'dev');
export const running: Engine = {
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
  architecture: 'x64',
  processor: ['sse', 'avx'],
  contained: false,
  free: 100 * 2 ** 30,
  environment: {},
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
