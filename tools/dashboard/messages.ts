// What the server of the dashboard sends its page. Times are milliseconds since 1970, CPU is in cores, memory in bytes, latency in
// milliseconds. What is not known is left out.

export type PodState = 'pending' | 'starting' | 'ready' | 'not ready' | 'failing' | 'draining' | 'ended' | 'gone';

export interface PodRow {
  readonly name: string;
  /** Name of its service, or of its database. */
  readonly app: string;
  readonly state: PodState;
  readonly created: number;
  readonly restarts: number;
  /** Why it waits, or why its container ended last. */
  readonly reason: string;
  readonly cpu: Usage;
  readonly memory: Usage;
  /** Digest or tag of its image, or the hash of the code that `npm run dev` sent. */
  readonly code: string;
}

export interface Usage {
  readonly used?: number;
  readonly request?: number;
  readonly limit?: number;
}

/** An autoscaler. */
export interface ScalerRow {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly wanted: number;
  /** Percent of the requested CPU, the mean of the pods, and what the autoscaler aims at. */
  readonly cpu?: number;
  readonly target?: number;
}

/** One second. */
export interface Sample {
  readonly at: number;
  readonly ready?: number;
  readonly wanted?: number;
  readonly cpu?: number;
  readonly target?: number;
  /** Requests per second. */
  readonly rate?: number;
  readonly median?: number;
  readonly p99?: number;
  /** Replies of 500 and above per second, by method, route and status. */
  readonly errors?: Readonly<Record<string, number>>;
}

/** The requests of a route over the last half minute. */
export interface RouteRow {
  readonly route: string;
  readonly rate: number;
  readonly median?: number;
  readonly p99?: number;
  /** Part of the replies that are 500 and above, from 0 to 1. */
  readonly failed: number;
}

export interface DatabaseRow {
  /** Members of the replica set by name, such as `mongo-0`, with their state, such as `PRIMARY`. */
  readonly members: Readonly<Record<string, string>>;
  readonly connections: number;
  /** Operations per second, by kind. */
  readonly operations: Readonly<Record<string, number>>;
  /** Bytes of all databases on disk, the oplog with them, and of the volume. */
  readonly size?: number;
  readonly volume?: number;
}

export interface State {
  /** Whether the Kubernetes API answers, and since when. Until it does, all else is as it was seen last. */
  readonly connected: boolean;
  readonly since: number;
  readonly pods: readonly PodRow[];
  readonly scalers: readonly ScalerRow[];
  readonly routes: readonly RouteRow[];
  readonly database?: DatabaseRow;
  /** Log lines that were not sent, as there were too many. */
  readonly skippedLines: number;
}

export interface EventRow {
  readonly at: number;
  /** `Normal` or `Warning`; `Mark` for what also stands on the time axis. */
  readonly type: string;
  readonly reason: string;
  readonly object: string;
  readonly text: string;
}

export const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
export type Level = (typeof levels)[number];

export interface LogRow {
  readonly at: number;
  readonly pod: string;
  readonly level: Level;
  readonly text: string;
  /** Of the request, or the trace, that it belongs to. */
  readonly request?: string;
  readonly trace?: string;
}

/** What is new. Lists are appended to; with `reset` they replace what the page has. */
export interface Update {
  reset?: { readonly stack: string; readonly url: string };
  state?: State;
  samples?: Sample[];
  events?: EventRow[];
  logs?: LogRow[];
}

/** How many rows of each list are kept: a quarter of an hour of samples. */
export const kept = { samples: 900, events: 200, logs: 1500 } as const;
