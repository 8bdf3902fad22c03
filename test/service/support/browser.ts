import { type Browser, chromium } from 'playwright-core';
import which from 'which';

/** A Chromium or Chrome that is on this machine, by CHROME_PATH or on PATH; undefined if there is none. */
export async function findBrowser(): Promise<string | undefined> {
  const chosen = process.env.CHROME_PATH;
  if (chosen !== undefined && chosen !== '') return chosen;
  for (const name of ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome']) {
    const path = await which(name, { nothrow: true });
    if (path) return path;
  }
  return undefined;
}

export async function openBrowser(executablePath: string): Promise<Browser> {
  // As root, as in containers, Chromium's own sandbox can't start.
  return chromium.launch({ executablePath, chromiumSandbox: process.getuid?.() !== 0 });
}
