import { createInterface } from 'node:readline';
import { PassThrough, type Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { Log, type LogOptions, type V1Pod } from '@kubernetes/client-node';
import type { StackCluster } from './kubernetes';

/** Pino's numbers for levels. */
const levels: Record<number, string> = { 10: 'trace', 20: 'debug', 30: 'info', 40: 'warn', 50: 'error', 60: 'fatal' };
/** The letters of mongod. Its information is for debugging: each probe logs some. */
const mongodLevels: Record<string, number> = { F: 60, E: 50, W: 40, I: 20 };

/** A line of the service's log. */
export interface LogLine {
  readonly pod: string;
  readonly text: string;
}

type Fields = Readonly<Record<string, unknown>>;

/** Earlier lines that are shown of each pod. */
const tailLines = 20;
/** Milliseconds until the log of a running container is followed again after a lost connection. */
const retryMs = 1000;

/**
 * Maximum lines of all pods within `ms` milliseconds, without the first lines of each log. Beyond it, the log of each active pod is
 * closed until the time is over.
 */
interface LineLimit {
  readonly lines: number;
  readonly ms: number;
  /** Called once, with the end of the time in milliseconds since 1970. */
  exceeded(end: number): void;
}

/**
 * Follows the logs of current and future pods of `selector`. Rejects when the cluster no longer answers.
 * @param limit Default: none. When a closed log is opened again, its last lines are shown.
 */
export async function followLogs(
  cluster: StackCluster,
  selector: string,
  show: (line: LogLine) => void,
  limit?: LineLimit,
): Promise<never> {
  const { config, namespace } = cluster;
  /** The running container of each pod, by id. */
  const running = new Map<string, string>();
  /** The last container of each pod whose log is followed, or has ended, by id. */
  const followed = new Map<string, string>();
  let [periodEnd, lineCount] = [0, 0];

  /** Counts a line. Returns the milliseconds for which to close its log. */
  const countLine = (): number => {
    if (limit === undefined) return 0;
    const now = Date.now();
    if (now >= periodEnd) [periodEnd, lineCount] = [now + limit.ms, 0];
    lineCount += 1;
    if (lineCount === limit.lines + 1) limit.exceeded(periodEnd);
    return lineCount > limit.lines ? periodEnd - now : 0;
  };
  const followPod = async ({ metadata: { name = '' } = {}, status }: V1Pod): Promise<void> => {
    const { containerID: id, name: container, state } = status?.containerStatuses?.[0] ?? {};
    if (id === undefined || container === undefined) return; // not started yet
    if (state?.running) running.set(name, id);
    else running.delete(name);
    if (followed.get(name) === id) return;
    // The first lines of a restarted container may say why the one before ended.
    let options: LogOptions = followed.has(name) ? {} : { tailLines };
    followed.set(name, id);
    do {
      const lines = new PassThrough();
      lines.on('pipe', (response: Readable) => response.once('error', () => lines.end())); // Log does not handle it
      let [uncounted, closedMs] = [options.tailLines ?? 0, 0];
      createInterface({ input: lines }).on('line', (text) => {
        if (uncounted > 0) uncounted -= 1;
        else closedMs ||= countLine();
        if (closedMs === 0) show({ pod: name, text });
        else lines.destroy();
      });
      const end = new Promise((resolve) => lines.once('close', resolve));
      await new Log(config)
        .log(namespace, name, container, lines, { follow: true, ...options })
        .then((stream) => end.then(() => stream.abort()))
        .catch(() => undefined);
      options = { sinceTime: new Date().toISOString(), ...(closedMs > 0 && { tailLines }) };
      await wait(closedMs || retryMs);
    } while (running.get(name) === id);
  };
  const forget = ({ metadata }: V1Pod): unknown => running.delete(metadata?.name ?? '');
  return cluster.watchPods(selector, followPod, forget).finally(() => running.clear());
}

/** Whether a line belongs to the request or trace `id`. */
export function isOfRequest({ text }: LogLine, id: string): boolean {
  const fields = parseFields(text);
  return fields !== undefined && (fields.requestId === id || fields.trace_id === id);
}

/** The level of a line of Pino or mongod as Pino's number, 30 for other lines; and the id of its request or trace. */
export function readLine({ text }: LogLine): { readonly level: number; readonly id?: string } {
  const { level, s, requestId, trace_id } = parseFields(text) ?? {};
  const id = requestId ?? trace_id;
  const number = typeof level === 'number' ? level : (mongodLevels[String(s)] ?? 30);
  return { level: number, ...(typeof id === 'string' && { id }) };
}

/** A line as text: time, level, pod, message and the other fields. Lines that are not JSON are not changed. */
export function formatForPeople({ pod, text }: LogLine): string {
  const fields = parseFields(text);
  if (!fields) return `${pod}  ${text}`;
  const { time, level, msg, ...others } = fields;
  const clock = typeof time === 'number' ? new Date(time).toISOString().slice(11, 23) : '';
  const rest = Object.entries(others).map(
    ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return [clock, (levels[Number(level)] ?? '').padEnd(5), pod, msg, ...rest].join('  ');
}

/** A line as JSON, with its pod. */
export function formatAsJson({ pod, text }: LogLine): string {
  return JSON.stringify({ pod, ...(parseFields(text) ?? { msg: text }) });
}

function parseFields(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
  } catch {
    return undefined;
  }
}
