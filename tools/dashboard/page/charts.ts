import uPlot from 'uplot';
import { charts, isMark, kept, type State, updateMs } from '../messages';

/** Colors of a chart's lines, for light and dark: a canvas can't use CSS properties. */
const colors = ['#3b82f6', '#d4912a', '#a371f7', '#2da44e', '#f0524f'];
const grey = '#8c959f';

const plots = new Map<string, uPlot>();
let marks: State['events'] = [];

export const time = (at: number): string => new Date(at).toLocaleTimeString('sv');

/** Draws all charts. */
export function drawCharts({ samples, events }: State): void {
  const end = samples.at(-1)?.at ?? 0;
  marks = events.filter(isMark).reverse();
  for (const title of charts) {
    const plot = plots.get(title) ?? create(title);
    const names = samples.flatMap(({ values }) => Object.keys(values[title] ?? {}));
    for (const name of names) if (!plot.series.some(({ label }) => label === name)) addLine(plot, name);
    const lines = plot.series.map(({ label }) => samples.map(({ values }) => values[title]?.[String(label)] ?? null));
    const width = plot.root.parentElement?.clientWidth ?? 0;
    if (width !== plot.width) plot.setSize({ width, height: title === charts.at(-1) ? 122 : 104 });
    plot.setData([samples.map(({ at }) => at), ...lines.slice(1)], false);
    plot.setScale('x', { min: end - kept.samples * updateMs, max: end });
    plot.setLegend({ idx: plot.cursor.idx ?? samples.length - 1 });
  }
}

function addLine(plot: uPlot, label: string): void {
  const isAim = label === 'wanted' || label === 'target';
  const stroke = isAim ? grey : (colors[plot.series.length - 1] ?? grey);
  const value = (_: uPlot, it: number | null) => it?.toLocaleString('en', { maximumSignificantDigits: 3 }) ?? '–';
  plot.addSeries({ label, stroke, value, width: 1.5, points: { show: false }, ...(isAim && { dash: [4, 3] }) });
}

function create(title: string): uPlot {
  const axis = { stroke: grey, grid: { stroke: `${grey}40`, width: 1 }, ticks: { show: false } };
  const options: uPlot.Options = {
    ...{ title, ms: 1, class: 'chart', width: 0, height: 0, padding: [8, 4, 4, 0], series: [{}] },
    cursor: { sync: { key: 'time' }, y: false, drag: { x: false, y: false } },
    scales: { y: { range: (_, __, max) => [0, Math.max(1, max * 1.15)] } },
    axes: [
      { ...axis, show: title === charts.at(-1), size: 22, space: 80, values: (_, ticks) => ticks.map(time) },
      { ...axis, size: 46, space: 24 },
    ],
    hooks: { draw: [(plot) => drawMarks(plot, title === charts[0])] },
  };
  const plot = new uPlot(options, [[]], document.getElementById('charts') as HTMLElement);
  plots.set(title, plot);
  return plot;
}

/** Draws a line at each mark, with its text if there is room. */
function drawMarks({ ctx, bbox, valToPos, scales }: uPlot, isNamed: boolean): void {
  let free = bbox.left;
  ctx.save();
  ctx.font = `${11 * devicePixelRatio}px system-ui`;
  ctx.strokeStyle = ctx.fillStyle = grey;
  ctx.textAlign = 'left';
  ctx.setLineDash([2, 3]);
  for (const { at, kind, text } of marks) {
    const x = valToPos(at, 'x', true);
    if (x < bbox.left || at > (scales.x?.max ?? 0)) continue;
    ctx.stroke(new Path2D(`M${x} ${bbox.top}v${bbox.height}`));
    const label = ` ${kind === 'drill' ? text : kind} `;
    const { width } = ctx.measureText(label);
    const left = Math.min(x, bbox.left + bbox.width - width);
    if (!isNamed || left < free) continue;
    ctx.fillText(label, left, bbox.top + 8 * devicePixelRatio);
    free = left + width;
  }
  ctx.restore();
}
