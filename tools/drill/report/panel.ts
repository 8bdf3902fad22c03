import type { Second } from './result';
import { text } from './svg';

/** A quantity over time. */
export interface Line {
  readonly name: string;
  readonly color: string;
  /** Undefined where it could not be seen: the line has a gap if that lasts. */
  readonly value: (second: Second) => number | undefined;
}

export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  /** That the width stands for. */
  readonly seconds: number;
}

export const panelHeight = 70;

/** Lines over the same time, from zero to the least round number that is above them all. */
export function drawPanel(series: readonly Second[], lines: readonly Line[], area: Area): string {
  const values = lines.flatMap(({ value }) => series.map(value)).filter((value) => value !== undefined);
  const most = roundUp(Math.max(1, ...values));
  const base = area.y + panelHeight;
  return [
    `<line x1="${area.x}" x2="${area.x + area.width}" y1="${base}" y2="${base}" stroke="#d1d9e0"/>`,
    text(area.x - 4, area.y + 8, String(most), 'text-anchor="end" fill="#59636e" font-size="9"'),
    text(area.x - 4, base, '0', 'text-anchor="end" fill="#59636e" font-size="9"'),
    ...lines.flatMap((line) => pathOf(series, line, area, most)),
  ].join('\n');
}

/** Seconds without a value that a line goes over: what is reported each second may come a little early or late. */
const jitter = 2;

function pathOf(
  series: readonly Second[],
  { value, color }: Line,
  { x, y, width, seconds }: Area,
  most: number,
): string[] {
  let last = -Infinity;
  const path = series
    .map((second) => {
      const known = value(second);
      if (known === undefined) return '';
      const pen = second.at - last > jitter ? 'M' : 'L';
      last = second.at;
      return `${pen}${(x + (second.at / seconds) * width).toFixed(1)} ${(y + panelHeight - (known / most) * panelHeight).toFixed(1)}`;
    })
    .join('');
  return path === '' ? [] : [`<path d="${path}" fill="none" stroke="${color}" stroke-width="1.5"/>`];
}

/** 1, 2 or 5 times a power of ten, not less than `value`. */
export function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5, 10].find((factor) => factor * power >= value) ?? 10) * power;
}
