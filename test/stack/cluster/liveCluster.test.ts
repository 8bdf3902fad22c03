import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { stringify } from 'yaml';
import { readClusterUid } from '../../../stack/cluster/liveCluster';

// Of 127.0.0.1, self-signed, for this test alone.
const certificate = `-----BEGIN CERTIFICATE-----
MIIBjzCCATagAwIBAgIUG6JAH3tXBaEeDQJZmgtn9yER8jMwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJMTI3LjAuMC4xMCAXDTI2MTEyNTE5NTg0MloYDzIxMjYxMTAx
MTk1ODQyWjAUMRIwEAYDVQQDDAkxMjcuMC4wLjEwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAARdfd/CxEThBTvMbDLsJXE7aHKrcBYiG6nBwBbfyKyipFjtuWHBE9/t
wXxZVcv2KOSmcu+xKHU1r7U2vMyrC3LUo2QwYjAdBgNVHQ4EFgQU0wQnwVkA3pt+
qzwx4cgHLZ+kdAcwHwYDVR0jBBgwFoAU0wQnwVkA3pt+qzwx4cgHLZ+kdAcwDwYD
VR0TAQH/BAUwAwEB/zAPBgNVHREECDAGhwR/AAABMAoGCCqGSM49BAMCA0cAMEQC
IDH3HVVRkVmy1rd+5j2PKAoH6/9GLgeda8f9HEkFpzp/AiAohY5YbPd3VqH7QsKb
ojN5CbubO98KnVWXHNI0M1MyhQ==
-----END CERTIFICATE-----`;
const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgZvT4vqhV01lUV2ge
z2sFRmMqf7Dxoaf6cf5twsSo5L+hRANCAARdfd/CxEThBTvMbDLsJXE7aHKrcBYi
G6nBwBbfyKyipFjtuWHBE9/twXxZVcv2KOSmcu+xKHU1r7U2vMyrC3LU
-----END PRIVATE KEY-----`;

const base64 = (text: string): string => Buffer.from(text).toString('base64');

describe('readClusterUid(kubeconfig)', function () {
  this.timeout(20_000);
  let server: Server;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  const read = () => {
    const { port } = server.address() as AddressInfo;
    const cluster = { server: `https://127.0.0.1:${port}`, 'certificate-authority-data': base64(certificate) };
    const user = { 'client-certificate-data': base64(certificate), 'client-key-data': base64(key) };
    return readClusterUid(stringify({ clusters: [{ name: 'a', cluster }], users: [{ name: 'a', user }] }));
  };

  before(async () => {
    server = createServer({ cert: certificate, key }, (request, response) => answer(request, response)).listen(
      0,
      '127.0.0.1',
    );
    await once(server, 'listening');
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  it('is the uid of kube-system', async () => {
    answer = (_request, response) => response.end(JSON.stringify({ metadata: { uid: 'u' } }));
    assert.equal(await read(), 'u');
  });

  const broken: Record<string, typeof answer> = {
    'a reset in the middle': (_request, response) => {
      response.writeHead(200, { 'Content-Length': '100' });
      response.write('{', () => response.socket?.destroy());
    },
    'no end': (_request, response) => {
      response.write('{');
    },
    'no JSON': (_request, response) => {
      response.end('<html>');
    },
    'another status': (_request, response) => {
      response.writeHead(403).end('{"metadata":{"uid":"u"}}');
    },
  };
  for (const [title, broke] of Object.entries(broken)) {
    it(`is undefined within seconds for an answer with ${title}`, async () => {
      answer = broke;
      assert.equal(await read(), undefined);
    });
  }

  it('is undefined for a kubeconfig that is none', async () => {
    assert.equal(await readClusterUid(''), undefined);
  });
});
