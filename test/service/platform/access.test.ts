import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import getPort from 'get-port';
import { SignJWT } from 'jose';
import { MongoNetworkError } from 'mongodb';
import { limitRate } from '../../../service/platform/access';
import { assertProblem } from '../support/problem';
import { type Served, serve, serveForSuite } from '../support/serve';
import { watchRequests } from '../support/watchRequests';

const json = { 'Content-Type': 'application/json' };

describe('access by key or token', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const served = serveForSuite({
    access: {
      apiKeys: ['all'],
      readKeys: ['read'],
      jwtKey: publicKey.export({ type: 'spki', format: 'pem' }) as string,
      jwtIssuer: 'us',
      jwtAudience: 'web',
    },
  });
  const token = async (claims: Record<string, unknown> = {}, key = privateKey, expires = '1m'): Promise<string> =>
    `Bearer ${await new SignJWT({ iss: 'us', aud: 'web', ...claims }).setProtectedHeader({ alg: 'ES256' }).setExpirationTime(expires).sign(key)}`;
  const read = (headers: Record<string, string>): Promise<Response> => served().get('/data', { headers });
  const write = (headers: Record<string, string>): Promise<Response> => served().post({}, headers);

  it('accepts keys and tokens, and read-only ones for reading', async () => {
    for (const headers of [
      { 'X-API-Key': 'all' },
      { Authorization: await token() },
      { Authorization: await token({ scope: 'a write' }) },
    ]) {
      assert.equal((await read(headers)).status, 200);
      assert.equal((await write(headers)).status, 201);
    }
    for (const headers of [{ 'X-API-Key': 'read' }, { Authorization: await token({ scope: 'read' }) }]) {
      assert.equal((await read(headers)).status, 200);
      await assertProblem(await write(headers), 403, 'forbidden');
    }
  });

  const otherKind = async (alg: string, key: Uint8Array | KeyObject): Promise<string> =>
    `Bearer ${await new SignJWT({ iss: 'us', aud: 'web' }).setProtectedHeader({ alg }).setExpirationTime('1m').sign(key)}`;

  it('is 401 without them, on every route', async () => {
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const forever = new SignJWT({ iss: 'us', aud: 'web' }).setProtectedHeader({ alg: 'ES256' });
    const headers: Record<string, string>[] = [
      {},
      { 'X-API-Key': 'unknown' },
      { 'X-API-Key': '' },
      { Authorization: 'Bearer all' },
      { Authorization: await token({ iss: 'them' }) },
      { Authorization: await token({ aud: 'else' }) },
      { Authorization: await token({}, other) },
      { Authorization: await token({}, privateKey, '-1m') },
      { Authorization: `Bearer ${await forever.sign(privateKey)}` },
      { Authorization: await otherKind('HS256', Buffer.from('the public key, for example')) },
      { Authorization: await otherKind('RS256', generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey) },
      { Authorization: `Bearer ${Buffer.from('{"alg":"none"}').toString('base64url')}.e30.` },
    ];
    for (const sent of headers) {
      const response = await read(sent);
      assert.equal(response.headers.get('WWW-Authenticate'), 'Bearer');
      await assertProblem(response, 401, 'unauthorized');
    }
    for (const path of ['/', '/data', '/data/x', '/DATA', '/data/'])
      assert.equal((await served().get(path)).status, 401, path);
  });

  it('does not restrict health and OpenAPI', async () => {
    for (const path of ['/health', '/health/live', '/health/ready', '/openapi.json']) {
      assert.equal((await served().get(path)).status, 200, path);
    }
  });

  it('takes a secret, too', async () => {
    const jwtKey = 'a secret of at least 32 characters';
    const secret = await serve({ access: { apiKeys: [], readKeys: [], jwtKey } });
    const signed = await new SignJWT()
      .setProtectedHeader({ alg: 'HS256' })
      .setExpirationTime('1m')
      .sign(Buffer.from(jwtKey));
    assert.equal((await secret.get('/data', { headers: { Authorization: `Bearer ${signed}` } })).status, 200);
    assert.equal((await secret.get('/data')).status, 401);
    await secret.close();
  });
});

describe('access by tokens whose keys are at a URL', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  let answer = { status: 500, body: '' };
  const keys = createServer((_request, response) => response.writeHead(answer.status).end(answer.body));
  let served: Served;
  before(async () => {
    keys.listen(0, '127.0.0.1');
    await once(keys, 'listening');
    const jwtKey = `http://127.0.0.1:${(keys.address() as AddressInfo).port}/keys`;
    served = await serve({ access: { apiKeys: [], readKeys: [], jwtKey } });
  });
  after(async () => {
    await served.close();
    keys.closeAllConnections();
    keys.close();
  });
  const read = async (kid: string): Promise<Response> => {
    const token = new SignJWT().setProtectedHeader({ alg: 'ES256', kid }).setExpirationTime('1m');
    return served.get('/data', { headers: { Authorization: `Bearer ${await token.sign(privateKey)}` } });
  };

  it('is 503 while they can not be had, and then lets in whose key is there', async () => {
    for (const refused of [
      { status: 500, body: '' },
      { status: 200, body: 'no JSON' },
      { status: 200, body: '{"keys":1}' },
    ]) {
      answer = refused;
      await assertProblem(await read('one'), 503, 'keys-away');
    }
    answer = { status: 200, body: JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'one' }] }) };
    assert.equal((await read('one')).status, 200);
    await assertProblem(await read('two'), 401, 'unauthorized');
  });
});

describe('other bounds of who may use the service, and how', () => {
  it('allows pages of the configured origins only, or of all', async () => {
    const served = await serve({ origins: ['https://shop.example'] });
    const preflight = {
      method: 'OPTIONS',
      headers: { Origin: 'https://shop.example', 'Access-Control-Request-Method': 'PUT' },
    };
    const allowed = await served.get('/data/x', preflight);
    assert.equal(allowed.status, 204);
    assert.equal(allowed.headers.get('Access-Control-Allow-Origin'), 'https://shop.example');
    assert.match(allowed.headers.get('Access-Control-Allow-Methods') ?? '', /PUT/);
    const failed = await served.get('/nowhere', { headers: { Origin: 'https://shop.example' } });
    assert.equal(failed.headers.get('Access-Control-Allow-Origin'), 'https://shop.example');
    assert.match(failed.headers.get('Access-Control-Expose-Headers') ?? '', /X-Total-Count/);
    const other = await served.get('/', { headers: { Origin: 'https://evil.example' } });
    assert.equal(other.headers.get('Access-Control-Allow-Origin'), null);
    await served.close();
    const open = await serve({ origins: ['*'] });
    const any = await open.get('/', { headers: { Origin: 'https://any.example' } });
    assert.equal(any.headers.get('Access-Control-Allow-Origin'), '*');
    await open.close();
  });

  it('lets pages of the configured origins read failures of the database, too', async () => {
    const uri = `mongodb://127.0.0.1:${await getPort()}/app`;
    const served = await serve({ origins: ['*'], uri, limits: { connectMs: 100 } });
    served.database.run = () => Promise.reject(new MongoNetworkError('gone'));
    const response = await served.get('/data', { headers: { Origin: 'https://shop.example' } });
    assert.equal(response.headers.get('Access-Control-Allow-Origin'), '*');
    assert.equal(response.headers.get('Vary'), 'Origin');
    await assertProblem(response, 503, 'database-away');
    await served.close();
  });

  it('counts and logs a refused request under its route', async () => {
    const { observer, find, metrics } = watchRequests();
    const served = await serve({ observer, access: { apiKeys: ['all'], readKeys: [] } });
    assert.equal((await served.get('/data/x', { headers: { 'X-Request-Id': 'refused' } })).status, 401);
    await find('requestId', 'refused');
    assert.match(await metrics(), /count\{method="GET",route="\/data\/:id",status="401"\} 1/);
    await served.close();
  });

  it('counts by a clock that is never set back', async () => {
    const served = await serve({ limits: { requestsPerMinute: 1 } });
    await served.get('/');
    const { now } = Date;
    Date.now = () => now() - 3_600_000;
    const response = await served.get('/').finally(() => (Date.now = now));
    assert.ok(Number(response.headers.get('Retry-After')) <= 60);
    await assertProblem(response, 429, 'too-many-requests');
    await served.close();
  });

  it('counts the requests of each address, and anew after a minute', async () => {
    const limit = limitRate(1);
    const ask = async (ip: string): Promise<unknown> => limit({ ip } as never, async () => 'served');
    const isRefused = ({ status }: { status?: number }): boolean => status === 429;
    const clocks = [Date, performance].map((clock) => [clock, clock.now] as const);
    let time = 0;
    for (const [clock] of clocks) clock.now = () => time;
    try {
      assert.equal(await ask('10.0.0.1'), 'served');
      assert.equal(await ask('10.0.0.2'), 'served');
      time = 59_999;
      await assert.rejects(ask('10.0.0.1'), isRefused);
      time = 60_000;
      assert.equal(await ask('10.0.0.1'), 'served');
    } finally {
      for (const [clock, now] of clocks) clock.now = now;
    }
  });

  it('refuses a client that asks too often, and never a probe', async () => {
    const served = await serve({ limits: { requestsPerMinute: 2 } });
    for (const status of [200, 200, 429]) assert.equal((await served.get('/')).status, status);
    const response = await served.get('/data');
    const seconds = Number(response.headers.get('Retry-After'));
    assert.ok(seconds >= 1 && seconds <= 60, String(seconds));
    await assertProblem(response, 429, 'too-many-requests');
    assert.equal((await served.get('/health/live')).status, 200);
    await served.close();
  });

  it('compresses what is large for who accepts it, streams as they come, and nothing else', async () => {
    const served = await serve();
    const text = 'x'.repeat(200_000);
    await served.post({ _id: 'large', text });
    for (const path of ['/data/large', '/data']) {
      const gzip = await served.get(path, { headers: { 'Accept-Encoding': 'gzip' } });
      assert.equal(gzip.headers.get('Content-Encoding'), 'gzip');
      assert.match(gzip.headers.get('Vary') ?? '', /Accept-Encoding/);
      const plain = await served.get(path, { headers: { 'Accept-Encoding': 'identity' } });
      assert.equal(plain.headers.get('Content-Encoding'), null);
      assert.equal(await gzip.text(), await plain.text());
    }
    assert.equal(
      (await served.get('/', { headers: { 'Accept-Encoding': 'gzip' } })).headers.get('Content-Encoding'),
      null,
    );
    assert.equal((await served.post(`{"text":"${text}"`, json)).headers.get('Content-Encoding'), null);
    await served.close();
  });
});
