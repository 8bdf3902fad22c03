/** Pino's numbers for levels. */
const levels: Record<number, string> = { 10: 'trace', 20: 'debug', 30: 'info', 40: 'warn', 50: 'error', 60: 'fatal' };

/** A line of the service's log. */
export interface LogLine {
  readonly pod: string;
  readonly text: string;
}

type Fields = Readonly<Record<string, unknown>>;

/** Whether a line belongs to the request, or the trace, of this id. */
export function isOfRequest({ text }: LogLine, id: string): boolean {
  const fields = parse(text);
  return fields !== undefined && (fields.requestId === id || fields.traceId === id);
}

/** The line for people: time, level, pod, message and the other fields. What is not JSON is shown as it is. */
export function formatForPeople({ pod, text }: LogLine): string {
  const fields = parse(text);
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
  return JSON.stringify({ pod, ...(parse(text) ?? { msg: text }) });
}

function parse(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
  } catch {
    return undefined;
  }
}
