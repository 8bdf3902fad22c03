import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { root } from './cli/shared/cli';

/** The machine in one line, saved with all figures. */
export function describeMachine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown CPU';
  return `${cpus().length} × ${model}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${type()} ${release()}, Node ${process.versions.node}`;
}

/** A Markdown table, all columns but the first aligned right. */
export function markdownTable(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [heading, heading.map((_, column) => (column === 0 ? '---' : '--:')), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** Writes `result` to `folder/NAME.json`. */
export function saveResult(folder: string, result: { readonly name: string }): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${result.name}.json`), `${JSON.stringify(result, undefined, 2)}\n`);
}

/**
 * Saves `results` in `tools/TOOL/results`, and draws `docs/images/TOOL.svg` from the last results of `names`. Those of a quick run go
 * to `.local`, as they must not replace published ones.
 */
export function saveResults<T extends { readonly name: string }>(
  { tool, quick, names }: { readonly tool: string; readonly quick: boolean; readonly names: readonly string[] },
  results: readonly T[],
  plot: (results: readonly T[]) => string,
): { readonly folder: string; readonly saved: readonly T[] } {
  const folder = quick ? join(root, '.local', tool, 'results') : join(root, 'tools', tool, 'results');
  for (const result of results) saveResult(folder, result);
  const files = names.map((name) => join(folder, `${name}.json`)).filter((file) => existsSync(file));
  const saved = files.map((file) => JSON.parse(readFileSync(file, 'utf8')) as T);
  const images = quick ? folder : join(root, 'docs/images');
  mkdirSync(images, { recursive: true });
  writeFileSync(join(images, `${tool}.svg`), plot(saved));
  return { folder, saved };
}

/** An SVG with a white background, for light and dark pages. */
export function svg(width: number, height: number, content: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" rx="8" fill="#fff"/>`,
    ...content,
    '</svg>\n',
  ].join('\n');
}

/** Text in an SVG, with verbatim `attributes`. */
export function svgText(x: number, y: number, content: string, attributes: string): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${attributes}>${escapeXml(content)}</text>`;
}

export function escapeXml(content: string): string {
  return content.replace(/&/g, '&amp;').replace(/</g, '&lt;');
}
