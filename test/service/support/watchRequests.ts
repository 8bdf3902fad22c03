import { type Logger, pino } from 'pino';
import { nameError } from '../../../service/platform/logger';
import { type MetricSources, Metrics } from '../../../service/platform/metrics';
import { Observer } from '../../../service/platform/observer';
import { until } from './until';

export interface Line {
  readonly [field: string]: unknown;
}

/** What is logged and measured of requests. */
export interface Watched {
  readonly lines: readonly Line[];
  /** For `serve`, too. */
  readonly logger: Logger;
  /** For `serve`. */
  readonly observer: (sources: MetricSources) => Observer;
  /** The first line with this field, as soon as it is there. */
  find(field: string, value: unknown): Promise<Line>;
  metrics(): Promise<string>;
}

export function watchRequests(): Watched {
  const lines: Line[] = [];
  let metrics: Metrics;
  const logger = pino(
    { base: null, serializers: { err: nameError } },
    { write: (line: string) => void lines.push(JSON.parse(line) as Line) },
  );
  return {
    lines,
    logger,
    observer: (sources) => {
      metrics = new Metrics(sources);
      return new Observer(logger, metrics);
    },
    find: (field, value) =>
      until(`a line with ${field} ${value}`, () => lines.find((line) => line[field] === value)) as Promise<Line>,
    metrics: () => metrics.registry.metrics(),
  };
}
