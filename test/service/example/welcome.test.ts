import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { serveForSuite } from '../support/serve';

describe('GET /', () => {
  const served = serveForSuite();

  it("welcomes with the server's time", async () => {
    const before = Date.now();
    const response = await served().get('/');
    const { message, time } = (await response.json()) as { message: string; time: string };
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('Content-Type'), 'application/json');
    assert.match(message, /^Welcome/);
    assert.ok(Date.parse(time) >= before && Date.parse(time) <= Date.now(), time);
  });

  it('answers HEAD without a body', async () => {
    const response = await served().get('/', { method: 'HEAD' });
    assert.equal(response.status, 200);
    assert.equal(await response.text(), '');
  });

  for (const [accept, type] of [
    ['*/*', 'application/json'],
    ['text/html', 'text/html'],
    ['text/*', 'text/html'],
    ['text/html;q=0', 'application/json'],
    ['text/html;q=0.5, application/json', 'application/json'],
    ['application/json;q=0.5, text/html', 'text/html'],
    ['image/png', 'application/json'],
  ] as const) {
    it(`answers 'Accept: ${accept}' with ${type}`, async () => {
      const response = await served().get('/', { headers: { Accept: accept } });
      assert.equal(response.status, 200);
      assert.equal(response.headers.get('Content-Type')?.split(';')[0], type);
      assert.match(response.headers.get('Vary') ?? '', /\bAccept\b(?!-)/);
    });
  }

  it('shows the documents that were inserted last, whatever their ids', async () => {
    await served().post({ _id: 'zzz', older: 1 });
    await served().post({ middle: 1 });
    await served().post({ _id: '!', newer: 1 });
    const page = await (await served().get('/', { headers: { Accept: 'text/html' } })).text();
    const places = ['newer', 'middle', 'older'].map((name) => page.indexOf(`&#34;${name}&#34;:1`));
    assert.ok(!places.includes(-1), page);
    assert.deepEqual(
      places,
      places.toSorted((a, b) => a - b),
    );
  });

  it('shows browsers a page with the newest documents first and the pod', async () => {
    await served().post([{ first: 1 }, { second: 2 }]);
    const page = await (await served().get('/', { headers: { Accept: 'text/html,*/*;q=0.8' } })).text();
    assert.ok(page.includes(`<code id="pod">${hostname()}</code>`));
    const [first, second] = [page.indexOf('&#34;first&#34;:1'), page.indexOf('&#34;second&#34;:2')];
    assert.ok(second > 0 && first > second, page);
  });

  it('shows of a large document only its id, so that it need not be read', async () => {
    await served().post({ _id: 'large', text: 'x'.repeat(100_000) });
    const page = await (await served().get('/', { headers: { Accept: 'text/html' } })).text();
    assert.ok(page.includes('{&#34;_id&#34;:&#34;large&#34;} …'));
  });

  it('never takes a document for a part of the page', async () => {
    await served().post({ evil: '<script>alert(1)</script><img src=x onerror=alert(1)>' });
    const response = await served().get('/', { headers: { Accept: 'text/html' } });
    const page = await response.text();
    assert.ok(page.includes('&#60;script&#62;alert(1)'));
    assert.ok(!page.includes('<script>alert') && !page.includes('<img'));
    assert.match(response.headers.get('Content-Security-Policy') ?? '', /default-src 'none'.*script-src 'sha256-/);
  });
});
