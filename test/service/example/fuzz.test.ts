import assert from 'node:assert/strict';
import fc from 'fast-check';
import { header, json, sane, text } from '../support/fuzz';
import { serveForSuite } from '../support/serve';

describe('the service, whatever is sent', function () {
  this.timeout(120_000);
  const served = serveForSuite({ limits: { bodyBytes: 65_536, depth: 10 } });

  const assertSane = (path: string, init?: RequestInit): Promise<Response> => sane(served(), path, init);

  it('gives back what it accepted, under its id', () =>
    fc.assert(
      fc.asyncProperty(fc.dictionary(text, json, { maxKeys: 5 }), async (document) => {
        const body = JSON.stringify(document);
        const response = await assertSane('/data', {
          method: 'POST',
          headers: { 'Content-Type': 'application/json' },
          body,
        });
        if (response.status !== 201) return;
        const { id } = (await response.json()) as { id: string };
        const back = await (await assertSane(response.headers.get('Location') ?? '')).text();
        const { _id, ...fields } = JSON.parse(back) as { _id: string };
        const { _id: _sent, ...sent } = JSON.parse(body) as { _id?: string };
        assert.equal(_id, id);
        assert.deepEqual(fields, sent);
      }),
      { numRuns: 150 },
    ));

  it('has no 5xx for any body of any type', () => {
    const types = fc.constantFrom(
      'application/json',
      'application/x-ndjson',
      'text/plain',
      'application/json; charset=latin1',
    );
    const bodies = fc.oneof(
      text,
      fc.uint8Array({ maxLength: 200 }),
      fc.array(json).map((values) => values.map((value) => JSON.stringify(value)).join('\n')),
    );
    return fc.assert(
      fc.asyncProperty(types, bodies, async (type, body) => {
        await (
          await assertSane('/data', { method: 'POST', headers: { 'Content-Type': type }, body: body as string })
        ).text();
      }),
      { numRuns: 300 },
    );
  });

  it('has no 5xx for any header', () => {
    const names = fc.constantFrom(
      'Accept',
      'Content-Type',
      'Idempotency-Key',
      'X-Request-Id',
      'traceparent',
      'If-Match',
      'If-None-Match',
      'Last-Event-ID',
      'X-API-Key',
      'Authorization',
      'Content-Encoding',
      'X-A',
    );
    const request = fc.tuple(
      fc.constantFrom('GET', 'POST', 'DELETE', 'PUT', 'PATCH', 'OPTIONS', 'HEAD'),
      fc.constantFrom('/', '/data?limit=1', '/data/x', '/health/live'),
    );
    return fc.assert(
      fc.asyncProperty(request, fc.dictionary(names, header), async ([method, path], headers) => {
        const body = ['POST', 'PUT', 'PATCH'].includes(method) && { body: '{}' };
        await (await assertSane(path, { method, headers, ...body })).text();
      }),
      { numRuns: 300 },
    );
  });

  it('has no 5xx for any query', () => {
    const name = fc.oneof(fc.constantFrom('limit', 'after', 'filter', 'sort', 'fields', 'total'), text);
    return fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.tuple(
            name,
            fc.oneof(
              text,
              fc.constantFrom('1', 'true', '-a,b', 'a', '_id'),
              json.map((value) => JSON.stringify(value)),
            ),
          ),
          { maxLength: 3 },
        ),
        async (pairs) => {
          await (await assertSane(`/data?${new URLSearchParams(pairs)}`)).text();
        },
      ),
      { numRuns: 300 },
    );
  });

  it('has no 5xx for any id, and finds none that is not there', () =>
    fc.assert(
      fc.asyncProperty(text, fc.constantFrom('GET', 'DELETE'), async (id, method) => {
        const path = `/data/${encodeURIComponent(id.replace(/\p{Surrogate}/gu, ''))}-never`;
        assert.ok([404, 422].includes((await assertSane(path, { method })).status));
      }),
      { numRuns: 200 },
    ));

  it('filters by equality and by nothing else', () =>
    fc.assert(
      fc.asyncProperty(fc.dictionary(text, json, { maxKeys: 2 }), async (filter) => {
        const response = await assertSane(`/data?limit=5&filter=${encodeURIComponent(JSON.stringify(filter))}`);
        if (response.status !== 200) return;
        for (const found of (await response.json()) as Record<string, unknown>[]) {
          // null is also what is not there, as in MongoDB itself.
          for (const [field, wanted] of Object.entries(filter)) {
            const value = Object.hasOwn(found, field) ? found[field] : null; // a filter by 'constructor' too
            assert.ok(
              Array.isArray(value) ? value.includes(wanted) : Object.is(value, wanted) || value === wanted,
              JSON.stringify({ filter, found }),
            );
          }
        }
      }),
      { numRuns: 150 },
    ));
});
