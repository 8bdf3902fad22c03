import uPlot from 'uplot';
import { type EventRow, kept, type Sample, type State } from '../messages';
import { byId, clock, element, figure } from './dom';

/** What a line of a chart is called, its color in style.css, and its value of a second. */
type Line = readonly [label: string, color: string, value: (sample: Sample) => number | undefined];
interface Panel {
  readonly title: string;
  readonly unit: string;
  readonly lines: readonly Line[];
}

const wanted: Line = ['wanted', '--grey', (sample) => sample.wanted];
const ready: Line = ['ready', '--green', (sample) => sample.ready];
const target: Line = ['target', '--grey', (sample) => sample.target];
const cpu: Line = ['mean of pods', '--purple', (sample) => sample.cpu];
const rate: Line = ['answered', '--blue', ({ requests }) => requests?.rate];
const p99: Line = ['p99', '--orange', ({ requests }) => requests?.p99];
const median: Line = ['median', '--text', ({ requests }) => requests?.median];
const panels: readonly Panel[] = [
  { title: 'Pods', unit: '', lines: [wanted, ready] },
  { title: 'CPU', unit: ' %', lines: [target, cpu] },
  { title: 'Requests', unit: '/s', lines: [rate] },
  { title: 'Latency', unit: ' ms', lines: [p99, median] },
];
const errorColors = ['--red', '--orange', '--purple', '--grey'];
const height = 104;
/** Of what is aimed at. */
const dashes: Readonly<Record<string, number[]>> = { '--grey': [4, 3] };
const line = { width: 1.5, points: { show: false } };

let samples: Sample[] = [];
let marks: EventRow[] = [];
let plots: readonly (Panel & { readonly plot: uPlot })[] = [];
let built = '';

const width = (): number => byId('charts').clientWidth - 24; // its padding
const dark = matchMedia('(prefers-color-scheme: dark)');
dark.addEventListener('change', () => drawCharts());
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
  const look = [width(), dark.matches, ...failing].join();
  if (look !== built) build(failing.length > 0 ? failing : ['none']);
  built = look;
  for (const { plot, lines } of plots) {
    const values = lines.map((line) => visible.map((sample) => line[2](sample) ?? null));
    plot.batch(() => {
      plot.setData([visible.map(({ at }) => at / 1000), ...values], false);
      plot.setScale('x', { min: start / 1000, max: end / 1000 });
      plot.setLegend({ idx: plot.cursor.idx ?? visible.length - 1 });
    });
  }
}

function build(failing: readonly string[]): void {
  for (const { plot } of plots) plot.destroy();
  const probe = element('i', '');
  byId('charts').replaceChildren(probe);
  const color = (name: string): string => {
    probe.style.color = `var(${name})`; // a canvas knows no custom properties
    return getComputedStyle(probe).color;
  };
  const errors = failing.map((route, index): Line => {
    return [route, errorColors[index] ?? '--grey', (sample) => sample.errors && (sample.errors[route] ?? 0)];
  });
  const grid = { stroke: color('--line'), width: 1 };
  const axis = { stroke: color('--muted'), grid, ticks: { show: false }, font: '11px system-ui' };
  const all = [...panels, { title: 'Errors', unit: '/s', lines: errors }];
  plots = all.map(({ title, unit, lines }, index) => {
    const isLast = index === all.length - 1;
    const box = byId('charts').appendChild(element('div', 'chart', element('h2', '', title)));
    const format = (_: uPlot, value: number | null): string => figure(value, unit);
    const options: uPlot.Options = {
      ...{ width: width(), height: height + (isLast ? 18 : 0), padding: [8, 4, 4, 0] },
      cursor: { sync: { key: 'time' }, y: false, drag: { x: false, y: false } },
      scales: { y: { range: (_, __, max) => [0, Math.max(1, max * 1.15)] } },
      axes: [
        { ...axis, show: isLast, size: 22, space: 80, values: (_, ticks) => ticks.map((at) => clock(at * 1000)) },
        { ...axis, size: 46, space: 24, values: (_, ticks) => ticks.map((tick) => figure(tick)) },
      ],
      series: [
        {},
        ...lines.map(([label, name]) => ({
          ...line,
          label,
          stroke: color(name),
          value: format,
          dash: dashes[name] ?? [],
        })),
      ],
      hooks: { draw: [(plot) => drawMarks(plot, index === 0, color('--muted'))] },
    };
    return { title, unit, lines, plot: new uPlot(options, [[], ...lines.map(() => [])], box) };
  });
}

/** A line through the chart at each mark, with its text where there is room. */
function drawMarks({ ctx, bbox, valToPos, scales }: uPlot, isNamed: boolean, color: string): void {
  const [pixels, end] = [devicePixelRatio, scales.x?.max ?? 0];
  let free = bbox.left;
  ctx.save();
  ctx.font = `${11 * pixels}px system-ui`;
  ctx.strokeStyle = ctx.fillStyle = color;
  ctx.setLineDash([2 * pixels, 3 * pixels]);
  for (const { at, kind, text } of marks) {
    const x = valToPos(at / 1000, 'x', true);
    if (x < bbox.left || at / 1000 > end) continue;
    ctx.stroke(new Path2D(`M${x} ${bbox.top}v${bbox.height}`));
    const label = kind === 'drill' ? text : kind;
    const { width: long } = ctx.measureText(label);
    const isLeft = x + long > bbox.left + bbox.width;
    const left = isLeft ? x - long - 4 * pixels : x + 4 * pixels;
    if (!isNamed || left < free) continue;
    ctx.fillText(label, left, bbox.top + 8 * pixels);
    free = left + long + 8 * pixels;
  }
  ctx.restore();
}
