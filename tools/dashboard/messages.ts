/** Titles of the charts, with their units. */
export const charts = ['Pods', 'CPU, %', 'Requests/s', 'Latency, ms', 'Failed requests/s'] as const;

/** Values of each chart's lines. */
export interface Sample {
  readonly at: number;
  readonly values: { readonly [title in (typeof charts)[number]]?: Readonly<Record<string, number | undefined>> };
}

/** A mark on the time axis, of kind `rollout`, `save` or `drill`, or an event, of kind `Warning` or `Normal`. */
export interface Mark {
  readonly at: number;
  readonly kind: string;
  readonly object: string;
  readonly text: string;
}

/** Whether it is on the time axis. */
export const isMark = ({ kind }: Mark): boolean => kind !== 'Normal' && kind !== 'Warning';

/** A cell of a table, with a class in style.css, or with used and requested percent of its limit. */
export type Cell = string | { readonly text: string; readonly style?: string; readonly bar?: readonly number[] };

/** A row of a table by column heading. */
export type Row = Readonly<Record<string, Cell>>;

/** `level` is Pino's number, `text` the line with pod and fields, `id` that of its request or trace. */
export interface LogRow {
  readonly level: number;
  readonly text: string;
  readonly id?: string;
}

/** The data of the page. Times are milliseconds since 1970. Unknown values are missing. */
export interface State {
  readonly stack: string;
  readonly url: string;
  /** Since when the Kubernetes API has not answered; 0 while it does. Meanwhile, tables show the last known state. */
  readonly lostAt: number;
  /** The autoscalers, in a sentence each. */
  readonly scaling: string;
  readonly pods: readonly Row[];
  readonly database: readonly Row[];
  /** The newest 100 events and marks, and all older marks, the newest first. */
  readonly events: readonly Mark[];
  readonly samples: readonly Sample[];
  readonly logs: readonly LogRow[];
  /** Until when lines are skipped, as there were too many. */
  readonly logsClosed: number;
}

/** Milliseconds between updates of the page, each with a sample. */
export const updateMs = 500;
/** Maximum numbers of samples and log lines. */
export const kept = { samples: 600, logs: 1500 };

/** `state` after `update`: samples and log lines are appended, everything else is replaced. */
export function merge(state: State, update: Partial<State>): State {
  const samples = [...state.samples, ...(update.samples ?? [])].slice(-kept.samples);
  return { ...state, ...update, samples, logs: [...state.logs, ...(update.logs ?? [])].slice(-kept.logs) };
}
