import { createInterface } from 'node:readline';
import { PassThrough, type Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { Log, type LogOptions, type V1Pod } from '@kubernetes/client-node';
import type { StackCluster } from './kubernetes';

/** Pino's numbers for levels. */
const levels: Record<number, string> = { 10: 'trace', 20: 'debug', 30: 'info', 40: 'warn', 50: 'error', 60: 'fatal' };
/** The same for the letters of mongod. Its information is for debugging: each probe makes some. */
const mongodLevels: Record<string, number> = { F: 60, E: 50, W: 40, I: 20 };

/** A line of the service's log. */
export interface LogLine {
  readonly pod: string;
  readonly text: string;
}

type Fields = Readonly<Record<string, unknown>>;

/** Lines of its past that are shown of a pod that is seen first. */
const tailLines = 20;
/** Milliseconds until the log of a container that still runs is followed again, after the connection broke. */
const retryMs = 1000;

/**
 * Lines of all pods within so many milliseconds, without the tail that each log begins with. Past the limit, the log of each pod that
 * logs is closed until the time is over.
 */
interface LineLimit {
  readonly lines: number;
  readonly ms: number;
  /** Is called once in that time, with its end in milliseconds since 1970. */
  exceeded(end: number): void;
}

/**
 * Follows the logs of the pods of `selector`, those too that come later. Rejects when the cluster does not answer any more.
 * @param limit None by default. Of what a pod logs while its log is closed, the last lines are shown.
 */
export async function followLogs(
  cluster: StackCluster,
  selector: string,
  show: (line: LogLine) => void,
  limit?: LineLimit,
): Promise<never> {
  const { config, namespace } = cluster;
  /** Pods as they were seen last, by name. */
  const pods = new Map<string, V1Pod>();
  /** Containers whose log is followed, or has been to its end. */
  const followed = new Set<string>();
  /** Where to go on in the log of a pod that has been read. */
  const resume = new Map<string, LogOptions>();
  let [periodEnd, lineCount, ended] = [0, 0, false];

  /** Counts a line. Returns the milliseconds for which its log is closed, 0 for not at all. */
  const countLine = (): number => {
    if (limit === undefined) return 0;
    const now = Date.now();
    if (now >= periodEnd) [periodEnd, lineCount] = [now + limit.ms, 0];
    lineCount += 1;
    if (lineCount === limit.lines + 1) limit.exceeded(periodEnd);
    return lineCount > limit.lines ? periodEnd - now : 0;
  };
  const followPod = async (pod: V1Pod): Promise<void> => {
    const name = pod.metadata?.name ?? '';
    pods.set(name, pod);
    const { containerID: id, name: container } = pod.status?.containerStatuses?.[0] ?? {};
    if (id === undefined || container === undefined || followed.has(id)) return; // undefined before it has started
    followed.add(id);
    const lines = new PassThrough();
    lines.on('pipe', (response: Readable) => response.once('error', () => lines.end())); // Log leaves it unhandled
    const options: LogOptions = resume.get(name) ?? { tailLines };
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
    resume.set(name, { sinceTime: new Date().toISOString(), ...(closedMs > 0 && { tailLines }) });
    await wait(closedMs || retryMs);
    const current = pods.get(name)?.status?.containerStatuses?.[0];
    if (ended || current?.containerID !== id || current.state?.running === undefined) return;
    followed.delete(id);
    await followPod(pod);
  };
  const forget = ({ metadata }: V1Pod): unknown => pods.delete(metadata?.name ?? '');
  return cluster.watchPods(selector, followPod, forget).finally(() => {
    ended = true;
  });
}

/** Whether a line belongs to the request, or the trace, of this id. */
export function isOfRequest({ text }: LogLine, id: string): boolean {
  const fields = parseFields(text);
  return fields !== undefined && (fields.requestId === id || fields.trace_id === id);
}

/** Pino's number for the level of a line of Pino's or mongod's, 30 for any other, and the id of its request or trace. */
export function readLine({ text }: LogLine): { readonly level: number; readonly id?: string } {
  const { level, s, requestId, trace_id } = parseFields(text) ?? {};
  const id = requestId ?? trace_id;
  const number = typeof level === 'number' ? level : (mongodLevels[String(s)] ?? 30);
  return { level: number, ...(typeof id === 'string' && { id }) };
}

/** The line for people: time, level, pod, message and the other fields. What is not JSON is shown as it is. */
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

/** The line as JSON, the pod in it. */
export function formatAsJson({ pod, text }: LogLine): string {
  return JSON.stringify({ pod, ...(parseFields(text) ?? { msg: text }) });
}

/** The fields of a line that is a JSON object. */
function parseFields(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
  } catch {
    return undefined;
  }
}
