import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { findBrowser, openBrowser } from '../support/browser';
import { serveForSuite } from '../support/serve';

/** With SCREENSHOTS=1 the pictures of the docs are made anew. */
const pictures = process.env.SCREENSHOTS === '1' ? resolve(__dirname, '../../../docs/images') : undefined;

describe('the page, in Chromium', function () {
  this.timeout(30_000);
  const served = serveForSuite();
  let browser: Browser | undefined;
  let page: Page;
  /** What the page complained of: errors, and what its policy forbade. */
  let complaints: string[];

  before(async function () {
    const path = await findBrowser();
    if (path === undefined) return this.skip();
    browser = await openBrowser(path);
    return undefined;
  });
  after(() => browser?.close());
  beforeEach(async () => {
    complaints = [];
    page = await (browser as Browser).newPage({ viewport: { width: 900, height: 700 } });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    await page.goto(served().url);
  });
  afterEach(() => page.close());

  async function add(text: string): Promise<void> {
    await page.fill('#body', text);
    await page.click('button');
  }

  it('shows a welcome and the pod, and adds a document, which is then the newest', async () => {
    assert.equal(await page.textContent('h1'), 'Welcome');
    assert.equal(await page.textContent('#pod'), hostname());
    await add('{ "name": "older" }');
    await page.waitForSelector('#documents li:has-text("older")');
    await add('{ "name": "newer", "tags": ["a", 1, null] }');
    await page.waitForSelector('#documents li:first-child:has-text("newer")');
    assert.match((await page.textContent('#documents li:nth-child(2)')) ?? '', /older/);
    if (pictures !== undefined) await page.screenshot({ path: `${pictures}/page.png` });
    assert.deepEqual(complaints, []);
  });

  it('shows why a document was not added', async () => {
    await add('{ "name": ');
    await page.waitForSelector('#result:has-text("The body is not JSON")');
  });

  it('shows markup in a document as text, and never runs it', async () => {
    let ran = false;
    await page.exposeFunction('ran', () => {
      ran = true;
    });
    await add('{ "evil": "<script>ran()</script><img src=x onerror=ran()>" }');
    const item = await page.waitForSelector('#documents li:has-text("evil")');
    assert.match((await item.textContent()) ?? '', /<script>ran\(\)<\/script><img/);
    assert.equal(await page.locator('#documents img, #documents script').count(), 0);
    assert.equal(ran, false);
  });

  it('forbids scripts that are not its own, whatever brings them in', async () => {
    let ran = false;
    await page.exposeFunction('ran', () => {
      ran = true;
    });
    await page.evaluate('document.body.insertAdjacentHTML("beforeend", "<img src=x onerror=ran()>")');
    await page.waitForFunction(() => true);
    assert.equal(ran, false);
    assert.ok(
      complaints.some((complaint) => complaint.includes('Content Security Policy')),
      complaints.join('\n'),
    );
  });
});
