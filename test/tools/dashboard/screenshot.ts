import { findBrowser, openBrowser } from '../../service/support/browser';

// Pictures of an open dashboard for the docs: npx tsx test/tools/dashboard/screenshot.ts http://127.0.0.1:4040
void (async () => {
  const path = await findBrowser();
  if (path === undefined) throw new Error('There is no Chromium on PATH. Name one in CHROME_PATH.');
  const browser = await openBrowser(path);
  for (const colorScheme of ['light', 'dark'] as const) {
    const page = await browser.newPage({ viewport: { width: 1360, height: 880 }, colorScheme });
    await page.goto(process.argv[2] ?? 'http://127.0.0.1:4040');
    await page.locator('#pods .pill').first().waitFor();
    await page.locator('.uplot').last().waitFor();
    const suffix = colorScheme === 'light' ? '' : '-dark';
    await page.screenshot({ path: `${process.argv[3] ?? 'docs/images'}/dashboard${suffix}.png` });
    await page.close();
  }
  await browser.close();
})();
