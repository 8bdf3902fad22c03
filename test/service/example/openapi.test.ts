import assert from 'node:assert/strict';
import { Ajv2020 } from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import { assertProblem } from '../support/problem';
import { serveForSuite } from '../support/serve';

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly { readonly name: string }[];
  readonly security?: readonly object[];
  readonly responses: {
    readonly [status: string]: { readonly content?: { readonly [type: string]: { readonly schema: object } } };
  };
}

interface Openapi {
  readonly components: { readonly securitySchemes: object };
  readonly paths: { readonly [path: string]: { readonly [method: string]: Operation } };
}

const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);

/** A request for every status that an operation can have without harm; `path` is the document's own. */
const calls: readonly {
  readonly operation: string;
  readonly path: string;
  readonly status: number;
  readonly init?: RequestInit;
}[] = [
  { operation: 'welcome', path: '/', status: 200 },
  { operation: 'welcome', path: '/', status: 200, init: { headers: { Accept: 'text/html' } } },
  { operation: 'listData', path: '/data?limit=1', status: 200 },
  {
    operation: 'listData',
    path: '/data?filter={"name":"test"}',
    status: 200,
    init: { headers: { Accept: 'application/x-ndjson' } },
  },
  { operation: 'listData', path: '/data?limit=1&sort=-name&fields=name&total=true', status: 200 },
  {
    operation: 'watchChanges',
    path: '/data/changes',
    status: 410,
    init: { headers: { 'Last-Event-ID': 'none' } },
  },
  { operation: 'listData', path: '/data?limit=x', status: 422 },
  { operation: 'listData', path: '/data?filter=x', status: 422 },
  { operation: 'listData', path: '/data', status: 406, init: { headers: { Accept: 'text/css' } } },
  { operation: 'postData', path: '/data', status: 201, init: json('{"name":"test","value":123}') },
  { operation: 'postData', path: '/data', status: 201, init: json('[{},{}]') },
  {
    operation: 'postData',
    path: '/data',
    status: 201,
    init: { ...json('{}\n{}'), headers: { 'Content-Type': 'application/x-ndjson' } },
  },
  { operation: 'postData', path: '/data', status: 207, init: json('[{"_id":"known"},{}]') },
  { operation: 'postData', path: '/data', status: 400, init: json('{') },
  { operation: 'postData', path: '/data', status: 409, init: json('{"_id":"known"}') },
  { operation: 'postData', path: '/data', status: 413, init: json(`"${'x'.repeat(2000)}"`) },
  { operation: 'postData', path: '/data', status: 415, init: { method: 'POST', body: 'x' } },
  { operation: 'postData', path: '/data', status: 422, init: json('1') },
  { operation: 'getDocument', path: '/data/known', status: 200 },
  { operation: 'getDocument', path: '/data/unknown', status: 404 },
  { operation: 'getDocument', path: '/data/%00', status: 422 },
  { operation: 'getDocument', path: '/data/known', status: 304, init: { headers: { 'If-None-Match': '*' } } },
  { operation: 'getDocument', path: '/data/known', status: 412, init: { headers: { 'If-Match': '"x"' } } },
  { operation: 'putDocument', path: '/data/put', status: 201, init: json('{"a":1}', 'PUT') },
  { operation: 'putDocument', path: '/data/put', status: 204, init: json('{"a":2}', 'PUT') },
  { operation: 'putDocument', path: '/data/put', status: 422, init: json('{"_id":"x"}', 'PUT') },
  { operation: 'patchDocument', path: '/data/put', status: 204, init: json('{"a":3}', 'PATCH') },
  { operation: 'patchDocument', path: '/data/unknown', status: 404, init: json('{"a":3}', 'PATCH') },
  { operation: 'deleteDocument', path: '/data/known', status: 204, init: { method: 'DELETE' } },
  { operation: 'deleteDocument', path: '/data/known', status: 404, init: { method: 'DELETE' } },
  { operation: 'deleteDocument', path: '/data/%00', status: 422, init: { method: 'DELETE' } },
  { operation: 'health', path: '/health', status: 200 },
  { operation: 'startup', path: '/health/startup', status: 200 },
  { operation: 'ready', path: '/health/ready', status: 200 },
  { operation: 'live', path: '/health/live', status: 200 },
  { operation: 'openapi', path: '/openapi.json', status: 200 },
];

describe('GET /openapi.json', () => {
  const served = serveForSuite({ limits: { bodyBytes: 1024, items: 5, pageItems: 50 } });
  let openapi: Openapi;
  before(async () => {
    await served().post({ _id: 'known', name: 'test' });
    openapi = (await (await served().get('/openapi.json')).json()) as Openapi;
  });
  const at = (schema: object): object => ({ ...schema, components: openapi.components });
  const operations = (): Map<string, Operation> =>
    new Map(
      Object.values(openapi.paths).flatMap((path) =>
        Object.values(path).map((operation) => [operation.operationId, operation]),
      ),
    );

  it('describes that only the routes need a key', () => {
    for (const [operation, isProtected] of [
      ['listData', true],
      ['welcome', true],
      ['live', false],
      ['openapi', false],
    ] as const) {
      const { security, responses } = operations().get(operation) ?? assert.fail(operation);
      assert.deepEqual(security, isProtected ? [{}, { key: [] }, { token: [] }] : undefined, operation);
      for (const status of ['401', '403', '429', ...(isProtected ? ['503'] : [])])
        assert.equal(status in responses, isProtected, operation);
    }
    assert.deepEqual(Object.keys(openapi.components.securitySchemes), ['key', 'token']);
  });

  it('has the limits that the service was started with', async () => {
    const described = JSON.stringify(openapi);
    for (const text of ['"maximum":50', '"maxItems":5', '1024 bytes']) assert.ok(described.includes(text), text);
    await assertProblem(await served().get('/data?limit=51'), 422, 'bad-query');
    await assertProblem(await served().post([{}, {}, {}, {}, {}, {}]), 413, 'too-many');
  });

  it('describes the parameters that GET /data takes', async () => {
    const names = operations()
      .get('listData')
      ?.parameters?.map(({ name }) => name)
      .join(', ');
    const detail = await assertProblem(await served().get('/data?unknown=1'), 422, 'bad-query');
    assert.equal(detail, `'unknown' is no parameter of /data. Use ${names}.`);
  });

  it('has a call below for each of its operations', () => {
    assert.deepEqual([...new Set(calls.map((call) => call.operation))].sort(), [...operations().keys()].sort());
  });

  for (const [operation, status, body, isPossible] of [
    ['live', 200, { status: 'ok' }, true],
    ['live', 200, { status: 'ok', database: 'ok' }, false],
    ['live', 200, { status: 'draining' }, false],
    ['ready', 503, { status: 'overloaded' }, true],
    ['ready', 503, { status: 'no database', database: 'away' }, false],
    ['health', 503, { status: 'draining', database: 'ok' }, true],
    ['health', 503, { status: 'overloaded', database: 'ok' }, false],
    ['health', 200, { status: 'ok', database: 'away' }, false],
    ['startup', 503, { status: 'no database', database: 'away' }, true],
  ] as const) {
    const answer = `${status} ${JSON.stringify(body)}`;
    it(`describes that ${operation} ${isPossible ? 'may answer' : 'never answers'} ${answer}`, () => {
      const content = operations().get(operation)?.responses[status]?.content?.['application/json'];
      assert.ok(content);
      assert.equal(ajv.validate(at(content.schema), body), isPossible);
    });
  }

  for (const { operation, path, status, init } of calls) {
    it(`tells the truth about ${operation}: ${init?.method ?? 'GET'} ${path.slice(0, 40)} is ${status}`, async () => {
      const response = await served().get(path, init);
      const text = await response.text();
      assert.equal(response.status, status, text);
      const described = operations().get(operation)?.responses[String(status)];
      assert.ok(described, `${operation} does not describe ${status}`);
      if (text === '') return assert.equal(described.content, undefined);

      const type = (response.headers.get('Content-Type') ?? '').split(';')[0] ?? '';
      const content = described.content?.[type];
      assert.ok(content, `${operation} does not describe ${type}`);
      const value: unknown = type.endsWith('json') && type !== 'application/x-ndjson' ? JSON.parse(text) : text;
      assert.ok(ajv.validate(at(content.schema), value), ajv.errorsText());
    });
  }
});

function json(body: string, method = 'POST'): RequestInit {
  return { method, headers: { 'Content-Type': 'application/json' }, body };
}
