import type { Load } from './load/load';
import type { Result } from './runDrill';
import { readyPods, type Watch } from './watch';

/** A second of a drill. Unknown values are missing. */
export interface Sample {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly ready: number;
  readonly wanted: number;
  /** Mean of the pods, in percent of requested CPU. */
  readonly cpu?: number | undefined;
  readonly requests: number;
  readonly failures: number;
}

/** Takes a sample each second until `end`. `loads` may grow. */
export function takeSamples(watch: Watch, loads: readonly Load[], end: AbortSignal): Sample[] {
  const samples: Sample[] = [];
  let before = { requests: 0, failures: 0 };
  const timer = setInterval(() => {
    const snapshot = watch.now();
    const { at, desired, cpu } = snapshot;
    const requests = loads.reduce((sum, load) => sum + load.requests, 0);
    const failures = loads.reduce((sum, load) => sum + load.failures.length, 0);
    const rates = { requests: requests - before.requests, failures: failures - before.failures };
    samples.push({ at, ready: readyPods(snapshot).length, wanted: desired, cpu, ...rates });
    before = { requests, failures };
  }, 1000);
  end.addEventListener('abort', () => clearInterval(timer));
  return samples;
}

/** Markdown: Mermaid charts of the seconds since the first event, which GitHub draws, and the events. */
export function plot({ title, samples, events }: Pick<Result, 'title' | 'samples' | 'events'>): string {
  const start = events[0]?.at ?? 0;
  const shown = samples.filter(({ at }) => at >= start);
  const chart = (name: string, ...keys: readonly Exclude<keyof Sample, 'at'>[]): string => {
    const lines = keys.map((key) => shown.map((sample) => sample[key] || 0));
    const axes = [`x-axis "seconds" 0 --> ${shown.length}`, `y-axis 0 --> ${Math.max(1, ...lines.flat())}`];
    const parts = [`title "${title}: ${name}"`, ...axes, ...lines.map((line) => `line [${line.join(', ')}]`)];
    return `\`\`\`mermaid\nxychart-beta\n${parts.map((part) => `  ${part}\n`).join('')}\`\`\`\n`;
  };
  return [
    chart('wanted and ready pods', 'wanted', 'ready'),
    chart('CPU, % of requests', 'cpu'),
    chart('requests per second', 'requests'),
    chart('failed requests per second', 'failures'),
    `${events.map(({ at, text }) => `- ${((at - start) / 1000).toFixed(1)} s: ${text}`).join('\n')}\n`,
  ].join('\n');
}
