import uPlot from 'uplot';
import { type EventRow, kept, type Sample, type State } from '../messages';
import { byId, clock, element, figure } from './dom';

// A canvas knows no custom properties of CSS: these can be seen on light and on dark.
const [grey, green, purple, blue, orange, red] = ['#8c959f', '#2da44e', '#a371f7', '#3b82f6', '#d4912a', '#f0524f'];
const errorColors = [red, orange, purple];

/** A chart: its title, its unit, and the colors of its lines, which are values of a sample. */
type Panel = readonly [title: string, unit: string, lines: Readonly<Record<string, string | undefined>>];
const panels: readonly Panel[] = [
  ['Pods', '', { wanted: grey, ready: green }],
  ['CPU, mean of pods', ' %', { target: grey, cpu: purple }],
  ['Requests', '/s', { answered: blue }],
  ['Latency', ' ms', { p99: orange, median: blue }],
];
const height = 104;

let samples: Sample[] = [];
let marks: EventRow[] = [];
let plots: readonly { readonly plot: uPlot; readonly names: readonly string[] }[] = [];
let built = '';

new ResizeObserver(() => drawCharts()).observe(byId('charts'));

/** Adds samples; `fresh` takes those before away. */
export function addSamples(added: readonly Sample[], { marks: saved, events }: State, fresh: boolean): void {
  samples = [...(fresh ? [] : samples), ...added].slice(-kept.samples);
  marks = [...saved, ...events.filter(({ kind }) => kind === 'rollout')].sort((one, other) => one.at - other.at);
  drawCharts();
}

export function drawCharts(): void {
  const end = samples.at(-1)?.at ?? 0;
  const start = end - Number(byId<HTMLSelectElement>('minutes').value) * 60_000;
  const visible = samples.filter(({ at }) => at >= start);
  const failing = [...new Set(visible.flatMap(({ errors = {} }) => Object.keys(errors)))].sort();
  const width = byId('charts').clientWidth - 24; // its padding
  if (built !== [width, ...failing].join()) build(width, failing);
  built = [width, ...failing].join();
  const valueIn = (sample: Sample, name: string): number | undefined => {
    return failing.includes(name) ? sample.errors && (sample.errors[name] ?? 0) : sample[name as 'answered'];
  };
  for (const { plot, names } of plots) {
    const values = names.map((name) => visible.map((sample) => valueIn(sample, name) ?? null));
    plot.batch(() => {
      plot.setData([visible.map(({ at }) => at / 1000), ...values], false);
      plot.setScale('x', { min: start / 1000, max: end / 1000 });
      plot.setLegend({ idx: plot.cursor.idx ?? visible.length - 1 });
    });
  }
}

function build(width: number, failing: readonly string[]): void {
  for (const { plot } of plots) plot.destroy();
  byId('charts').replaceChildren();
  const errors = Object.fromEntries(failing.map((route, index) => [route, errorColors[index] ?? grey]));
  const all: readonly Panel[] = [...panels, ['Failed requests', '/s', errors]];
  const axis = {
    stroke: grey ?? '',
    grid: { stroke: `${grey}40`, width: 1 },
    ticks: { show: false },
    font: '11px system-ui',
  };
  plots = all.map(([title, unit, lines], index) => {
    const isLast = index === all.length - 1;
    const names = Object.keys(lines);
    const series = names.map((label): uPlot.Series => {
      const dash = lines[label] === grey ? { dash: [4, 3] } : {}; // what is aimed at
      return {
        label,
        stroke: lines[label] ?? '',
        width: 1.5,
        points: { show: false },
        value: (_, value) => figure(value, unit),
        ...dash,
      };
    });
    const options: uPlot.Options = {
      ...{ width, height: height + (isLast ? 18 : 0), padding: [8, 4, 4, 0], series: [{}, ...series] },
      cursor: { sync: { key: 'time' }, y: false, drag: { x: false, y: false } },
      scales: { y: { range: (_, __, max) => [0, Math.max(1, max * 1.15)] } },
      axes: [
        { ...axis, show: isLast, size: 22, space: 80, values: (_, ticks) => ticks.map((at) => clock(at * 1000)) },
        { ...axis, size: 46, space: 24, values: (_, ticks) => ticks.map((tick) => figure(tick)) },
      ],
      hooks: { draw: [(plot) => drawMarks(plot, index === 0)] },
    };
    const box = byId('charts').appendChild(element('div', 'chart', element('h2', '', title)));
    return { names, plot: new uPlot(options, [[], ...names.map(() => [])], box) };
  });
}

/** A line through the chart at each mark, with its text where there is room. */
function drawMarks({ ctx, bbox, valToPos, scales }: uPlot, isNamed: boolean): void {
  const pixels = devicePixelRatio;
  let free = bbox.left;
  ctx.save();
  ctx.font = `${11 * pixels}px system-ui`;
  ctx.strokeStyle = ctx.fillStyle = grey ?? '';
  ctx.setLineDash([2 * pixels, 3 * pixels]);
  for (const { at, kind, text } of marks) {
    const x = valToPos(at / 1000, 'x', true);
    if (x < bbox.left || at / 1000 > (scales.x?.max ?? 0)) continue;
    ctx.stroke(new Path2D(`M${x} ${bbox.top}v${bbox.height}`));
    const label = kind === 'drill' ? text : kind;
    const { width } = ctx.measureText(label);
    const isAtEnd = x + width > bbox.left + bbox.width;
    const left = isAtEnd ? x - width - 4 * pixels : x + 4 * pixels;
    if (!isNamed || left < free) continue;
    ctx.fillText(label, left, bbox.top + 8 * pixels);
    free = left + width + 8 * pixels;
  }
  ctx.restore();
}
