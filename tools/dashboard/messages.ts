/** Titles of the charts, with their units. */
export const charts = ['Pods', 'CPU, %', 'Requests/s', 'Latency, ms', 'Failed requests/s'] as const;

/** The lines of each chart at one time. */
export interface Sample {
  readonly at: number;
  readonly values: { readonly [title in (typeof charts)[number]]?: Readonly<Record<string, number | undefined>> };
}

/** What is marked on the time axis: `kind` is `rollout`, `save` or `drill`. Events have `Warning` and `Normal` too. */
export interface Mark {
  readonly at: number;
  readonly kind: string;
  readonly object: string;
  readonly text: string;
}

/** A cell of a table, with its class in style.css, or with percents of its limit: what is used, and what is requested. */
export type Cell = string | { readonly text: string; readonly style?: string; readonly bar?: readonly number[] };

/** A table's row by the headings of its columns. */
export type Row = Readonly<Record<string, Cell>>;

/** `level` is Pino's number, `text` the whole line with its pod and fields, `id` that of its request or its trace. */
export interface LogRow {
  readonly level: number;
  readonly text: string;
  readonly id?: string;
}

/** What the server sends its page. Times are milliseconds since 1970. What is not known is left out. */
export interface State {
  readonly stack: string;
  readonly url: string;
  /** Since when the Kubernetes API has not answered, 0 while it does. Until then, all else is as it was seen last. */
  readonly lostAt: number;
  /** The autoscalers, in a sentence each. */
  readonly scaling: string;
  readonly pods: readonly Row[];
  readonly database: readonly Row[];
  readonly events: readonly Row[];
  readonly marks: readonly Mark[];
  readonly samples: readonly Sample[];
  readonly logs: readonly LogRow[];
  /** Until when logs are closed, as too much was logged. */
  readonly logsClosed: number;
}

/** Milliseconds between updates of the page, each with a sample. */
export const updateMs = 500;
/** How many samples and log lines are kept. */
export const kept = { samples: 600, logs: 1500 };

/** `state` after `update`: new samples and log lines follow those that there are, all else is replaced. */
export function merge(state: State, update: Partial<State>): State {
  const samples = [...state.samples, ...(update.samples ?? [])].slice(-kept.samples);
  return { ...state, ...update, samples, logs: [...state.logs, ...(update.logs ?? [])].slice(-kept.logs) };
}
