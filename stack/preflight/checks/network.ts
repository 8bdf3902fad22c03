import { type Check, passes, warns } from '../check';
import type { Facts } from '../facts/facts';

/** Ourselves, Kubernetes' services, and the network of Minikube's docker driver: its documentation's list. */
const direct = ['127.0.0.1', '10.96.0.0/12', '192.168.49.0/24'];

/** A proxy is not asked for what lies on this machine. */
export function checkProxy({ host: { environment } }: Pick<Facts, 'host'>): Check {
  const name = 'proxy';
  const read = (key: string): string => environment[key] || environment[key.toLowerCase()] || '';
  const proxy = read('HTTPS_PROXY') || read('HTTP_PROXY');
  if (!proxy) return passes(name, 'none');
  const exempt = read('NO_PROXY')
    .split(',')
    .map((entry) => entry.trim());
  const missing = direct.filter((address) => !exempt.includes(address));
  const needed = `${direct.join(', ')} in NO_PROXY`;
  const found = proxy.replace(/\/\/[^/@]*@/, '//…@'); // a password may be in it
  if (missing.length === 0) return passes(name, found, needed);
  return warns({
    name,
    needed,
    found: `${found}, without ${missing.join(', ')}`,
    remedy: `export NO_PROXY=${[...exempt.filter(Boolean), ...missing].join(',')}`,
  });
}

/** A certificate authority of one's own is known to the cluster too: its node downloads images. */
export function checkCertificates({ host: { certificate } }: Pick<Facts, 'host'>): Check {
  const name = 'private CA';
  if (certificate === undefined) return passes(name, 'none');
  const { path, exists, knownToMinikube } = certificate;
  const needed = "the same CA in Minikube's certs folder";
  if (!exists) {
    const found = `NODE_EXTRA_CA_CERTS names ${path}, which is not there`;
    return warns({ name, needed, found, remedy: 'Correct it, or: unset NODE_EXTRA_CA_CERTS' });
  }
  if (knownToMinikube) return passes(name, path, needed);
  return warns({
    name,
    needed,
    found: `${path}, for Node alone`,
    remedy: `Let the cluster's node trust it too: mkdir -p ~/.minikube/certs && cp ${path} ~/.minikube/certs/`,
  });
}
