// In each bundle (bundle.ts): stacks of errors have the lines of the sources. Node's own `--enable-source-maps` reads the code and
// the map at each start, which takes a quarter of it. This reads the map for the first stack.
import { readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';

let map: SourceMap | undefined;

function describe(site: NodeJS.CallSite): string {
  const text = String(site);
  const [line, column] = [site.getLineNumber(), site.getColumnNumber()];
  if (site.getFileName() !== __filename || line === null || column === null) return text;
  map ??= new SourceMap(JSON.parse(readFileSync(`${__filename}.map`, 'utf8')) as SourceMapPayload);
  const origin = map.findOrigin(line, column);
  if (!('fileName' in origin)) return text;
  const { fileName, lineNumber, columnNumber } = origin;
  return text.replace(`${__filename}:${line}:${column}`, `${fileName}:${lineNumber}:${columnNumber}`);
}

Error.prepareStackTrace = (error, sites) => [error, ...sites.map(describe)].join('\n    at ');
