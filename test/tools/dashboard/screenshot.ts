import { findBrowser, openBrowser } from '../../service/support/browser';

// The picture of an open dashboard for the docs: npx tsx test/tools/dashboard/screenshot.ts
void (async () => {
  const path = await findBrowser();
  if (path === undefined) throw new Error('There is no Chromium on PATH. Set CHROME_PATH.');
  const browser = await openBrowser(path);
  const page = await browser.newPage({ viewport: { width: 1360, height: 880 } });
  await page.goto('http://127.0.0.1:4040');
  await page.locator('#pods .pill').first().waitFor();
  await page.locator('.uplot').last().waitFor();
  await page.screenshot({ path: 'docs/images/dashboard.png' });
  await browser.close();
})();
