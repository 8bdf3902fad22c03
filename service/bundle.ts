import { resolve } from 'node:path';
import { buildSync } from 'esbuild';

/** The Node that the bundles are for: the Dockerfile's. */
export const bundleTarget = 'node24';

/**
 * Makes each of `entries`, paths by name, one JavaScript file in `folder`, with all that it imports. The same code gives
 * the same bytes, wherever it is called from: an image of them keeps its digest.
 */
export function bundle(entries: Readonly<Record<string, string>>, folder: string): void {
  buildSync({
    entryPoints: { ...entries },
    outdir: folder,
    absWorkingDir: resolve(__dirname, '..'), // the bundle names its files relative to it
    bundle: true,
    platform: 'node',
    target: bundleTarget,
    sourcemap: true,
    sourcesContent: false,
    logLevel: 'error',
  });
}
