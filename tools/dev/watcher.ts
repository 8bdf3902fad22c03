import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { watch } from 'chokidar';

/** Milliseconds without a change after which a save is complete: editors write a file in several steps. */
const quietMs = 15;
/** Folders and files with generated content. */
const ignored = /^(node_modules|dist|\..+)$/;

/**
 * Watches `paths` in `root` recursively. Resolves when no further change is missed.
 * @param changed receives the paths of a save, relative to `root`, and the time of its first change (`performance.now()`)
 * @returns a function that ends watching
 */
export async function watchFiles(
  root: string,
  paths: readonly string[],
  changed: (paths: readonly string[], at: number) => void,
): Promise<() => Promise<void>> {
  const seen = new Set<string>();
  let last: readonly string[] = [];
  let first = 0;
  let timer: NodeJS.Timeout | undefined;
  const watcher = watch([...paths], {
    cwd: root,
    ignoreInitial: true,
    ignored: (path) => ignored.test(basename(path)),
  });
  const note = (path: string): void => {
    if (seen.size === 0) first = performance.now();
    seen.add(path);
    clearTimeout(timer);
    timer = setTimeout(() => {
      last = [...seen].filter((path, _, { length }) => length === 1 || existsSync(join(root, path))); // without temporary files of editors
      seen.clear();
      changed(last, first);
    }, quietMs);
  };
  watcher.on('all', (_, path) => note(path));
  // chokidar skips a second change of a file within 50 ms, such as a formatter's.
  watcher.on('raw', (_event, _name, details) => {
    const path = relative(root, (details as { readonly watchedPath: string }).watchedPath);
    if (seen.has(path) || last.includes(path)) note(path);
  });
  await once(watcher, 'ready');
  return () => watcher.close();
}
