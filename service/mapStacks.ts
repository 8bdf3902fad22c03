// In each bundle (bundle.ts): stack traces have the lines of the sources. Node's own `--enable-source-maps` reads code and map at each
// start, which takes a quarter of the start. This reads the map for the first stack trace.
import { readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';

let map: SourceMap | null | undefined; // undefined before the first stack

/** The source map; null if it can't be read: then stacks have the lines of the bundle. */
function readMap(): SourceMap | null {
  try {
    return new SourceMap(JSON.parse(readFileSync(`${__filename}.map`, 'utf8')) as SourceMapPayload);
  } catch {
    return null;
  }
}

function describe(site: NodeJS.CallSite): string {
  const text = String(site);
  const [line, column] = [site.getLineNumber(), site.getColumnNumber()];
  if (site.getFileName() !== __filename || line === null || column === null) return text;
  if (map === undefined) map = readMap();
  const entry = map?.findEntry(line - 1, column - 1); // not `findOrigin`, which adds the distance to the entry
  if (entry === undefined || !('originalSource' in entry)) return text;
  const { originalSource, originalLine, originalColumn } = entry;
  return text.replace(`${__filename}:${line}:${column}`, `${originalSource}:${originalLine + 1}:${originalColumn + 1}`);
}

Error.prepareStackTrace = (error, sites) => [error, ...sites.map(describe)].join('\n    at ');
