import assert from 'node:assert/strict';
import fc from 'fast-check';
import { json, sane, text } from '../support/fuzz';
import { serveForSuite } from '../support/serve';

type Fields = Record<string, unknown>;

describe('writes, whatever is sent', function () {
  this.timeout(120_000);
  const served = serveForSuite({ limits: { bodyBytes: 65_536, depth: 10 } });
  const type = { 'Content-Type': 'application/json' };
  const send = (method: string, path: string, body: string, headers = {}): Promise<Response> =>
    sane(served(), path, { method, body, headers: { ...type, ...headers } });
  const stored = async (path: string): Promise<Fields> => {
    const { _id, ...fields } = (await (await sane(served(), path)).json()) as Fields;
    return fields;
  };
  let last = 0;
  const newPath = (): string => `/data/n${last++}`;
  const document = fc.dictionary(text, json, { maxKeys: 4 }).map(({ _id, ...fields }) => fields as Fields);

  it('PUT stores what it accepted, and PATCH changes it as RFC 7396 has it', () =>
    fc.assert(
      fc.asyncProperty(document, document, async (before, patch) => {
        const path = newPath();
        const [put, sent] = [JSON.stringify(before), JSON.stringify(patch)];
        if ((await send('PUT', path, put)).status !== 201) return;
        assert.deepEqual(await stored(path), JSON.parse(put));
        const { status } = await send('PATCH', path, sent);
        const expected = status === 204 ? mergePatch(JSON.parse(put), JSON.parse(sent)) : JSON.parse(put);
        assert.deepEqual(await stored(path), expected);
      }),
      { numRuns: 200 },
    ));

  it('have no 5xx for any body of PUT and PATCH', () =>
    fc.assert(
      fc.asyncProperty(
        fc.constantFrom('PUT', 'PATCH'),
        fc.constantFrom('application/json', 'application/merge-patch+json', 'text/plain'),
        fc.oneof(text, fc.json()),
        async (method, contentType, body) => {
          await (await send(method, '/data/any', body, { 'Content-Type': contentType })).text();
        },
      ),
      { numRuns: 300 },
    ));

  it('give each number back equal, or refuse it', () => {
    const digits = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 25 }).map((all) => all.join(''));
    const whole = digits.map((all) => all.replace(/^0+(?=\d)/, ''));
    const exponent = fc.tuple(
      fc.constantFrom('e', 'E'),
      fc.constantFrom('', '+', '-'),
      fc.integer({ min: 0, max: 400 }),
    );
    const number = fc
      .tuple(fc.constantFrom('', '-'), whole, fc.option(digits), fc.option(exponent))
      .map(([sign, start, part, end]) => `${sign}${start}${part === null ? '' : `.${part}`}${end?.join('') ?? ''}`);
    return fc.assert(
      fc.asyncProperty(number, async (sent) => {
        const path = newPath();
        const response = await send('PUT', path, `{"n":${sent}}`);
        if (response.status === 422) {
          assert.match(((await response.json()) as { detail: string }).detail, /has the number/);
          assert.ok(!/^-?\d{1,15}$/.test(sent), `${sent} is exact`);
          return;
        }
        const back = /"n":([^,}]+)/.exec(await (await sane(served(), path)).text())?.[1] ?? '';
        assert.equal(decimal(back), decimal(sent));
      }),
      { numRuns: 400 },
    );
  });

  it('hold preconditions as RFC 9110 has them', () => {
    const tag = fc.constantFrom('*', '"x"', 'W/"x"', 'CURRENT', 'W/CURRENT');
    const tags = fc.option(fc.uniqueArray(tag, { minLength: 1, maxLength: 3 }));
    return fc.assert(
      fc.asyncProperty(fc.constantFrom('GET', 'PUT', 'PATCH', 'DELETE'), tags, tags, async (method, match, none) => {
        const path = newPath();
        const etag = (await send('PUT', path, '{"a":1}')).headers.get('ETag') ?? '';
        const header = (list: readonly string[]): string => list.join(', ').replaceAll('CURRENT', etag);
        const response = await sane(served(), path, {
          method,
          headers: {
            ...type,
            ...(match && { 'If-Match': header(match) }),
            ...(none && { 'If-None-Match': header(none) }),
          },
          ...((method === 'PUT' || method === 'PATCH') && { body: '{"a":2}' }),
        });
        const [matches, differs] = [
          match === null || match.some((each) => each === '*' || each === 'CURRENT'),
          none === null || !none.some((each) => each === '*' || each.endsWith('CURRENT')),
        ];
        // `*` is no member of a list: it stands alone, or the header is malformed and either reading will do.
        if ([match, none].some((list) => list !== null && list.length > 1 && list.includes('*'))) return;
        const expected = !matches ? 412 : differs ? (method === 'GET' ? 200 : 204) : method === 'GET' ? 304 : 412;
        assert.equal(response.status, expected, JSON.stringify({ method, match, none }));
      }),
      { numRuns: 200 },
    );
  });

  it('with an Idempotency-Key are answered alike, and stored once', () =>
    fc.assert(
      fc.asyncProperty(fc.uuid(), fc.oneof(document, fc.array(document, { maxLength: 3 })), async (key, body) => {
        const group = `g${last++}`;
        const mark = (fields: Fields): Fields => ({ ...fields, group });
        const text = JSON.stringify(Array.isArray(body) ? body.map(mark) : mark(body));
        const answers: string[] = [];
        for (const header of [key, `"${key}"`, key]) {
          const response = await send('POST', '/data', text, { 'Idempotency-Key': header });
          answers.push(`${response.status} ${await response.text()}`);
        }
        assert.equal(new Set(answers).size, 1, answers.join('\n'));
        const found = await sane(served(), `/data?filter=${encodeURIComponent(JSON.stringify({ group }))}`);
        const expected = answers[0]?.startsWith('201') ? (Array.isArray(body) ? body.length : 1) : 0;
        assert.equal(((await found.json()) as unknown[]).length, expected);
      }),
      { numRuns: 60 },
    ));

  it('are all met once by a walk in any order, whatever values the documents have', async function () {
    this.timeout(30_000);
    // One by one: a document that is refused takes no others with it.
    const sampled = fc.sample(document, 30).map((fields): Fields => ({ ...fields, walk: true }));
    const sent = sampled.map((fields) => send('POST', '/data', JSON.stringify(fields)));
    const statuses = (await Promise.all(sent)).map(({ status }) => status);
    assert.ok(statuses.filter((status) => status === 201).length >= 10, String(statuses));
    const field = fc.constantFrom('a', '', '__proto__', 'walk', '_id', 'constructor').filter((name) => name !== '');
    const keys = fc.uniqueArray(field, { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(keys, fc.boolean(), fc.integer({ min: 1, max: 25 }), async (names, descends, limit) => {
        const sort = names.map((name) => (descends ? `-${name}` : name)).join(',');
        const met: string[] = [];
        const first = `/data?filter=${encodeURIComponent('{"walk":true}')}&limit=${limit}&sort=${sort}`;
        for (let path: string | undefined = first; path !== undefined; ) {
          const response: Response = await sane(served(), path);
          const isOfArrays = names.some((name) => sampled.some((fields) => Array.isArray(fields[name])));
          if (response.status === 422 && isOfArrays) return;
          met.push(...((await response.json()) as { _id: string }[]).map(({ _id }) => _id));
          path = /<(.*)>/.exec(response.headers.get('Link') ?? '')?.[1];
        }
        assert.equal(new Set(met).size, met.length);
        const all = await (await sane(served(), `/data?filter=${encodeURIComponent('{"walk":true}')}`)).json();
        assert.equal(met.length, (all as unknown[]).length);
      }),
      { numRuns: 25 },
    );
  });
});

/** RFC 7396, as its section 2 has it. */
function mergePatch(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const isObject = typeof target === 'object' && target !== null && !Array.isArray(target);
  const fields = new Map<string, unknown>(isObject ? Object.entries(target) : []);
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) fields.delete(name);
    else fields.set(name, mergePatch(fields.get(name), value));
  }
  return Object.fromEntries(fields);
}

/** The value of a decimal number, exactly, as a whole number and an exponent. -0 differs from 0. */
function decimal(number: string): string {
  const [, sign = '', whole = '', part = '', end = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(number) ?? [];
  let [value, exponent] = [BigInt(whole + part), Number(end) - part.length];
  if (value === 0n) return `${sign}0`;
  for (; value % 10n === 0n; value /= 10n) exponent += 1;
  return `${sign}${value}e${exponent}`;
}
