import uPlot from 'uplot';
import { type EventRow, kept, type Sample } from '../messages';
import { byId, element, figure } from './dom';

interface Series {
  readonly label: string;
  /** A custom property of style.css. */
  readonly color: string;
  readonly value: (sample: Sample) => number | undefined;
  readonly stepped?: boolean;
  readonly dash?: number[];
}

/** Of errors, the last color again and again: more than three kinds at once are not told apart by color anyway. */
const errorColors = ['--red', '--orange', '--purple'];

const fixed: readonly { readonly title: string; readonly unit: string; readonly series: readonly Series[] }[] = [
  {
    title: 'Pods',
    unit: '',
    series: [
      { label: 'wanted', color: '--grey', value: ({ wanted }) => wanted, stepped: true, dash: [4, 3] },
      { label: 'ready', color: '--green', value: ({ ready }) => ready, stepped: true },
    ],
  },
  {
    title: 'CPU',
    unit: ' %',
    series: [
      { label: 'target', color: '--grey', value: ({ target }) => target, dash: [4, 3] },
      { label: 'mean of pods', color: '--purple', value: ({ cpu }) => cpu, stepped: true },
    ],
  },
  { title: 'Requests', unit: '/s', series: [{ label: 'answered', color: '--blue', value: ({ rate }) => rate }] },
  {
    title: 'Latency',
    unit: ' ms',
    series: [
      { label: 'p99', color: '--orange', value: ({ p99 }) => p99 },
      { label: 'median', color: '--text', value: ({ median }) => median },
    ],
  },
];

/** Charts over one time axis, with the marks on it. */
export class Charts {
  #samples: Sample[] = [];
  #marks: EventRow[] = [];
  #plots: uPlot[] = [];
  #kinds: string[] = [];
  minutes = 5;

  constructor() {
    const again = (): void => this.#build();
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', again);
    new ResizeObserver(() => {
      for (const plot of this.#plots) plot.setSize(this.#size());
    }).observe(byId('charts'));
  }

  reset(): void {
    [this.#samples, this.#marks] = [[], []];
  }

  add(samples: readonly Sample[], events: readonly EventRow[]): void {
    this.#samples.push(...samples);
    if (this.#samples.length > kept.samples * 1.2) this.#samples.splice(0, this.#samples.length - kept.samples);
    this.#marks.push(...events.filter(({ type }) => type === 'Mark'));
    this.draw();
  }

  draw(): void {
    const end = this.#samples.at(-1)?.at ?? Date.now();
    const start = end - this.minutes * 60_000;
    const shown = this.#samples.filter(({ at }) => at >= start);
    const kinds = [...new Set(shown.flatMap(({ errors = {} }) => Object.keys(errors)))].sort();
    if (this.#plots.length === 0 || kinds.join() !== this.#kinds.join()) {
      this.#kinds = kinds;
      this.#build();
    }
    const times = shown.map(({ at }) => at / 1000);
    this.#plots.forEach((plot, index) => {
      const values =
        this.#panels()[index]?.series.map(({ value }) => shown.map((sample) => value(sample) ?? null)) ?? [];
      plot.setData([times, ...values], false);
      plot.batch(() => {
        plot.setScale('x', { min: start / 1000, max: end / 1000 });
        plot.setLegend({ idx: plot.cursor.idx ?? times.length - 1 });
      });
    });
  }

  #panels() {
    const kinds = this.#kinds.length === 0 ? ['none'] : this.#kinds;
    const series = kinds.map(
      (label, index): Series => ({
        label,
        color: errorColors[Math.min(index, 2)] as string,
        value: ({ errors }) => errors && (errors[label] ?? 0),
      }),
    );
    return [...fixed, { title: 'Errors', unit: '/s', series }];
  }

  #size(): { width: number; height: number } {
    return { width: (document.querySelector('.chart') ?? byId('charts')).clientWidth, height: 104 };
  }

  #build(): void {
    for (const plot of this.#plots) plot.destroy();
    const panels = this.#panels();
    const probe = element('i');
    byId('charts').replaceChildren(probe);
    const color = (name: string): string => {
      probe.style.color = `var(${name})`; // a canvas knows no custom properties
      return getComputedStyle(probe).color;
    };
    this.#plots = panels.map(({ title, unit, series }, index) => {
      const isLast = index === panels.length - 1;
      const box = element('div', 'chart', element('h2', '', title));
      byId('charts').append(box);
      const axis = {
        stroke: color('--muted'),
        grid: { stroke: color('--line'), width: 1 },
        ticks: { show: false },
        font: '11px system-ui',
      };
      const { width, height } = this.#size();
      const options: uPlot.Options = {
        width,
        height: height + (isLast ? 20 : 0),
        padding: [8, 4, isLast ? 0 : 6, 0],
        cursor: { sync: { key: 'time' }, y: false, drag: { x: false, y: false }, points: { size: 5 } },
        scales: { y: { range: (_, __, max) => [0, Math.max(1, (max || 0) * 1.1)] } },
        axes: [
          {
            ...axis,
            show: isLast,
            size: 24,
            values: (_, ticks) => ticks.map((at) => new Date(at * 1000).toLocaleTimeString('sv')),
            space: 90,
          },
          { ...axis, size: 46, space: 26, values: (_, ticks) => ticks.map((tick) => figure(tick)) },
        ],
        series: [
          { label: 'time', value: '' },
          ...series.map(
            ({ label, color: name, stepped, dash }): uPlot.Series => ({
              label,
              stroke: color(name),
              width: 1.5,
              points: { show: false },
              ...(dash && { dash }),
              ...(stepped && uPlot.paths.stepped && { paths: uPlot.paths.stepped({ align: 1 }) }),
              value: (plot, value, line, at) => figure(at === null ? plot.data[line]?.at(-1) : value, unit),
            }),
          ),
        ],
        hooks: { draw: [(plot) => this.#drawMarks(plot, index === 0, color('--text'), color('--accent'))] },
      };
      return new uPlot(options, [[], ...series.map(() => [])], box);
    });
  }

  #drawMarks({ ctx, bbox, valToPos, scales }: uPlot, named: boolean, text: string, line: string): void {
    const { min = 0, max = 0 } = scales.x ?? {};
    let free = 0;
    ctx.save();
    ctx.font = `${11 * devicePixelRatio}px system-ui`;
    ctx.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio]);
    ctx.strokeStyle = line;
    ctx.fillStyle = text;
    for (const { at, reason, text: what } of this.#marks) {
      if (at / 1000 < (min ?? 0) || at / 1000 > (max ?? 0)) continue;
      const x = valToPos(at / 1000, 'x', true);
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
      const label = reason === 'drill' ? what : reason;
      if (!named || x < free) continue;
      ctx.fillText(label, x + 3 * devicePixelRatio, bbox.top + 9 * devicePixelRatio);
      free = x + ctx.measureText(label).width + 12 * devicePixelRatio;
    }
    ctx.restore();
  }
}
