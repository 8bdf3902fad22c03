import { BlockList, isIPv4 } from 'node:net';
import { readVariable } from '../cluster/run';
import type { MongoConfiguration } from '../configuration/configuration';
import { configSet } from '../configuration/reader';
import { type Check, check, isAtLeast, unknown } from './check';
import { isLocal } from './dockerChecks';
import type { Facts } from './facts';

/**
 * Oldest versions. Node 20.19 is the first with `require(esm)` on by default: dependencies are loaded by it (tools/cli/install.mjs
 * has it too). Minikube 1.34 is the first whose own Kubernetes, 1.31, has all that the stack's objects use without feature gates,
 * and old ones do not know `--ports` with an address. Pulumi 3.182 is the first with resource hooks, which guard the data; the CLI
 * is best as new as the SDK in package.json.
 */
export const leastVersions = { node: '20.19', minikube: '1.34.0', pulumi: '3.182.0', pulumiSdk: '3.248.0' };

/** A program of version `found`, which is needed as `least`, and better as `best`. */
function checkVersion(name: string, found: string | undefined, least: string, install: string, best = least): Check {
  const needed = best === least ? least : `${least}, better ${best}`;
  const missing = `no ${name.split(' ')[0]!.toLowerCase()} on PATH`;
  return check(name, found ?? missing, `${needed} or later`, {
    fails: !isAtLeast(found ?? '', least) && install,
    warns: !isAtLeast(found ?? '', best) && install,
  });
}

const fetchPrograms = 'npm run up -- --fetch installs it into this project alone; or install it:';

/** Node and the Pulumi CLI. */
export function checkPrograms({ node, pulumi }: Facts): Check[] {
  const { node: leastNode, pulumi: leastPulumi, pulumiSdk } = leastVersions;
  const remedy = `${fetchPrograms} https://www.pulumi.com/docs/install`;
  return [
    checkVersion('Node', node, leastNode, 'Install a newer Node: https://nodejs.org'),
    checkVersion('Pulumi CLI', pulumi, leastPulumi, remedy, pulumiSdk),
  ];
}

export function checkMinikube({ minikube }: Facts): Check {
  const remedy = `${fetchPrograms} https://minikube.sigs.k8s.io/docs/start`;
  return checkVersion('Minikube', minikube, leastVersions.minikube, remedy);
}

/** One of these is there from ARMv8.2-A on: the list of the official image's own entrypoint. */
const arm82 = ['fphp', 'dcpop', 'sha3', 'sm3', 'sm4', 'asimddp', 'sha512', 'sve'];

/** MongoDB 5 and later crash on a processor without AVX (x64) or ARMv8.2-A, such as a Raspberry Pi 4's (docker-library/mongo #485). */
export function checkProcessor({ docker, host }: Facts, { image }: MongoConfiguration, stack: string): Check {
  const { architecture, processor: features } = host;
  const [official, tag = 'latest'] = /(?:^|\/)mongo(?::([^@]*))?(?:@.*)?$/.exec(image) ?? [];
  if (official === undefined || /^[0-4]\b/.test(tag)) return check('processor', 'any', '');
  const [name, wanted] = architecture === 'x64' ? ['AVX', ['avx']] : ['ARMv8.2-A', arm82];
  const needed = `${name}, for MongoDB 5 and later`;
  const remote = docker.state === 'running' && !isLocal(docker.endpoint);
  if (!features || remote || !['x64', 'arm64'].includes(architecture)) return check('processor', unknown, needed);
  const fits = wanted.some((feature) => features.includes(feature));
  return check('processor', fits ? 'has it' : 'does not have it', needed, {
    fails: !fits && `Use the last MongoDB that runs on it: ${configSet(stack, 'mongoImage mongo:4.4')}`,
  });
}

/** This machine, Kubernetes' services, and the network of Minikube's docker driver: its documentation's list. */
const direct = ['127.0.0.1', '10.96.0.0/12', '192.168.49.0/24'];

/** A proxy is not used for what lies on this machine. */
export function checkProxy({ host: { environment } }: Facts): Check {
  const read = (name: string): string =>
    readVariable(name, environment) ?? readVariable(name.toLowerCase(), environment) ?? '';
  const proxy = (read('HTTPS_PROXY') || read('HTTP_PROXY')).replace(/\/\/[^/@]*@/, '//…@'); // a password may be in it
  const entries = read('NO_PROXY')
    .split(/[\s,]+/)
    .filter(Boolean);
  const missing = proxy ? direct.filter((range) => !entries.some((entry) => covers(entry, range))) : [];
  const found = missing.length > 0 ? `${proxy}, without ${missing.join(', ')}` : proxy || 'none';
  return check('proxy', found, proxy && `${direct.join(', ')} in NO_PROXY`, {
    warns: missing.length > 0 && `export NO_PROXY=${[...entries, ...missing].join(',')}`,
  });
}

/** Whether `entry` of NO_PROXY, `*`, an address or a CIDR range, has all addresses of `range`. */
function covers(entry: string, range: string): boolean {
  const [network = '', bits = '32'] = entry.split('/');
  const [address = '', needed = '32'] = range.split('/');
  if (!isIPv4(network) || !/^\d+$/.test(bits) || Number(bits) > Number(needed)) return entry === '*';
  const list = new BlockList();
  list.addSubnet(network, Number(bits));
  return list.check(address);
}

/** A private certificate authority is known to the cluster's node too: it downloads images. */
export function checkCertificates({ host: { certificate, minikubeHome } }: Facts): Check {
  if (certificate === undefined) return check('private CA', 'none', '');
  const { path, exists, knownToMinikube } = certificate;
  const folder = `${minikubeHome}/certs`;
  const copy = `Let the cluster's node trust it too: mkdir -p ${folder} && cp ${path} ${folder}/`;
  return check('private CA', exists ? path : `${path}, which does not exist`, `the same CA in ${folder}`, {
    warns: exists ? !knownToMinikube && copy : 'Correct it, or: unset NODE_EXTRA_CA_CERTS',
  });
}
