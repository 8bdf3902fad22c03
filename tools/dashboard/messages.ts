import type { V1Pod, V2HorizontalPodAutoscaler } from '@kubernetes/client-node';

// What the server sends its page. Times are milliseconds since 1970. What is not known is left out.

/** One second: pods, CPU in percent of what they request, requests per second, milliseconds, failed requests per second by route. */
export interface Sample {
  readonly at: number;
  readonly ready?: number;
  readonly wanted?: number | undefined;
  readonly cpu?: number | undefined;
  readonly target?: number | undefined;
  readonly answered?: number;
  readonly median?: number;
  readonly p99?: number;
  readonly errors?: Readonly<Record<string, number>>;
}

/** `kind` is `Warning` or `Normal`, or what is marked on the time axis: `rollout`, `save` or `drill`. */
export interface EventRow {
  readonly at: number;
  readonly kind: string;
  readonly object: string;
  readonly text: string;
}

/** Members as `mongo-0 primary`, operations per second, bytes on disk, and the size of the volume, such as `1Gi`. */
export interface Database {
  readonly members: readonly string[];
  readonly connections: number;
  readonly operations: number | undefined;
  readonly size: number;
  readonly volume: string | undefined;
}

export interface State {
  /** Whether the Kubernetes API answers, and since when. Until it does, all else is as it was seen last. */
  readonly connected: boolean;
  readonly since: number;
  readonly pods: readonly V1Pod[];
  readonly scalers: readonly V2HorizontalPodAutoscaler[];
  /** What each pod uses, as Kubernetes quantities. */
  readonly usage: Readonly<Record<string, { readonly cpu: string; readonly memory: string } | undefined>>;
  /** What pods in dev mode run. All others run their image. */
  readonly code: Readonly<Record<string, string>>;
  /** A text says why there is none. */
  readonly database: Database | string;
  readonly events: readonly EventRow[];
  readonly marks: readonly EventRow[];
  /** Log lines that were left out, as there were too many at once. */
  readonly skipped: number;
}

/** `level` is Pino's number, `text` the whole line with its pod and fields, `id` that of its request or its trace. */
export interface LogRow {
  readonly level: number;
  readonly text: string;
  readonly id?: string;
}

/** What is new. With `title` it replaces all that the page has. */
export interface Update {
  readonly title?: { readonly stack: string; readonly url: string };
  readonly state: Partial<State>;
  readonly samples: readonly Sample[];
  readonly logs: readonly LogRow[];
}

/** How many are kept: a quarter of an hour of samples. */
export const kept = { samples: 900, logs: 1500 } as const;

/** Whether a pod takes requests. */
export function isReady({ metadata, status }: V1Pod): boolean {
  const met = status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True');
  return met === true && metadata?.deletionTimestamp === undefined;
}
