// Makes docs/images/terminal.svg of a recording by asciinema 2 (asciicast v2): npx tsx commands/recording/castToSvg.ts FILE.cast FILE.svg
// svg-term-cli does the same, with dependencies of about 2018 (node-fetch 1, svgo 1).
import { readFileSync, writeFileSync } from 'node:fs';

/** Pixels. The advance of a monospace glyph is about 0.61 of its size. */
const [font, lineHeight, padding] = [13, 18, 12];
const advance = font * 0.61;

/** Seconds. Longer waits are cut to this, and the last screen stays. */
const [longestWait, lastScreen] = [1.5, 6];

/** Rows of Pulumi's that a terminal shows as a progress which is written over, and those that it shows twice. */
const left = /^@ updating|creating \((?!.*minikube: )|^ {4}minikube: | from \$PATH at /;

/** Colours of the terminal, in the order of its own 16. */
const palette = [
  '#484f58', '#ff7b72', '#3fb950', '#d29922', '#58a6ff', '#bc8cff', '#39c5cf', '#b1bac4',
  '#6e7681', '#ffa198', '#56d364', '#e3b341', '#79c0ff', '#d2a8ff', '#56d4dd', '#ffffff',
];

interface Line {
  /** Seconds from the start to its first character. */
  readonly time: number;
  readonly text: string;
}

/** A recording as an animated SVG: its lines, rising through a window as they were printed. */
export function castToSvg(cast: string): string {
  const [head = '', ...events] = cast.trim().split('\n').map((line) => JSON.parse(line) as unknown);
  const { width, height } = head as { readonly width: number; readonly height: number };
  const lines = printedLines(events as [number, string, string][]).filter(({ text }) => !left.test(plain(text)));
  const rows = lines.flatMap((line) => wrap(line, width));
  const times = shortenWaits(rows.map(({ time }) => time));
  const seconds = (times.at(-1) ?? 0) + lastScreen;
  const rise = (count: number): string => `transform: translateY(${(height - count) * lineHeight}px)`;
  const steps = times.map((time, index) => `${((time / seconds) * 100).toFixed(2)}% { ${rise(index + 1)} }`);
  const [w, h] = [Math.ceil(width * advance), height * lineHeight];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${-padding} ${-padding} ${w + 2 * padding} ${h + 2 * padding}" role="img" aria-label="A recorded terminal session">
<style>
text { font: ${font}px ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace; fill: #e6edf3; white-space: pre }
g { ${rise(rows.length)}; animation: rise ${seconds.toFixed(1)}s step-end infinite }
@keyframes rise { 0% { ${rise(0)} } ${steps.join(' ')} }
@media (prefers-reduced-motion: reduce) { g { animation: none } }
</style>
<rect x="${-padding}" y="${-padding}" width="100%" height="100%" rx="8" fill="#0d1117"/>
<svg width="${w}" height="${h}"><g>
${rows.map(({ text }, index) => `<text y="${(index + 1) * lineHeight - 5}">${coloured(text)}</text>`).join('\n')}
</g></svg>
</svg>
`;
}

/** What was printed, in lines. Of a line that was written over, its last text. */
function printedLines(events: readonly [time: number, kind: string, text: string][]): Line[] {
  const lines: Line[] = [];
  let line: Line = { time: 0, text: '' };
  for (const [time, kind, printed] of events) {
    if (kind !== 'o') continue; // what was typed
    const [first = '', ...others] = printed.replaceAll('\r\n', '\n').split('\n');
    line = { time: line.text === '' ? time : line.time, text: (line.text + first).replace(/^.*\r/, '') };
    for (const text of others) {
      lines.push(line);
      line = { time, text };
    }
  }
  return line.text === '' ? lines : [...lines, line];
}

/** The line as rows of at most `width` characters. */
function wrap({ time, text }: Line, width: number): Line[] {
  const control = '(?:\\x1b\\[[^A-Za-z]*[A-Za-z])*';
  const rows = text.match(new RegExp(`(?:${control}[^\\x1b]){1,${width}}${control}`, 'gu')) ?? [''];
  return rows.map((row) => ({ time, text: row }));
}

/** The same times, none of them later than `longestWait` after the one before. */
function shortenWaits(times: readonly number[]): number[] {
  let now = 0;
  return times.map((time, index) => (now += Math.min(time - (times[index - 1] ?? time), longestWait)));
}

/** The text as SVG: its colours kept, all else that controls a terminal left out. */
function coloured(text: string): string {
  const [start = '', ...runs] = text.split(/\x1b\[(?=[\d;]*m)/);
  return escape(start) + runs.map((run) => {
    const [, codes = '', rest = ''] = /^([\d;]*)m([\s\S]*)$/.exec(run) ?? [];
    const colour = palette[Number(/38;5;(\d+)/.exec(codes)?.[1] ?? (/(?:^|;)3([0-7])(?:;|$)/.exec(codes)?.[1] ?? NaN))];
    return rest === '' ? '' : `<tspan${colour === undefined ? '' : ` fill="${colour}"`}>${escape(rest)}</tspan>`;
  }).join('');
}

function plain(text: string): string {
  return text.replace(/\x1b\[[^A-Za-z]*[A-Za-z]/g, '');
}

function escape(text: string): string {
  return plain(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

if (require.main === module) {
  const [input = '', output = ''] = process.argv.slice(2);
  writeFileSync(output, castToSvg(readFileSync(input, 'utf8')));
}
