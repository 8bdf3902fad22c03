import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';
import { join } from 'node:path';

/** The machine in one line, saved with every figure. */
export function describeMachine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown CPU';
  return `${cpus().length} × ${model}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${type()} ${release()}, Node ${process.versions.node}`;
}

/** Saves `result` as `folder/NAME.json`, in place of an earlier one. Returns the file's path. */
export function saveResult(folder: string, result: { readonly name: string }): string {
  const file = join(folder, `${result.name}.json`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, `${JSON.stringify(result, undefined, 2)}\n`);
  return file;
}

/** The results of `names` that are saved in `folder`, in the order of `names`. */
export function readResults<T>(folder: string, names: readonly string[]): T[] {
  return names
    .map((name) => join(folder, `${name}.json`))
    .filter((file) => existsSync(file))
    .map((file) => JSON.parse(readFileSync(file, 'utf8')) as T);
}

/** An SVG on a white background: README pages are light or dark. */
export function svg(width: number, height: number, content: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" rx="8" fill="#fff"/>`,
    ...content,
    '</svg>\n',
  ].join('\n');
}

/** Text in an SVG. `attributes` are written as they are. */
export function svgText(x: number, y: number, content: string, attributes: string): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${attributes}>${escapeXml(content)}</text>`;
}

export function escapeXml(content: string): string {
  return content.replace(/&/g, '&amp;').replace(/</g, '&lt;');
}
