import { type LogLine, parseFields } from '../cli/shared/followLogs';
import { type Level, type LogRow, levels } from './messages';

/** How mongod writes levels. What it tells of connections, such as those of each probe, is for debugging. */
const mongodLevels: Readonly<Record<string, Level>> = { F: 'fatal', E: 'error', W: 'warn', I: 'info', D: 'debug' };

/** A line of a pod's log as a row of the page: of Pino's JSON, of mongod's, or any text. */
export function logRow({ pod, text }: LogLine): LogRow {
  const fields = parseFields(text);
  if (fields === undefined) return { at: Date.now(), pod, level: 'info', text };
  if (typeof fields.s === 'string' && typeof fields.t === 'object') return mongodRow(pod, fields);
  const { time, level, msg, requestId, trace_id, ...others } = fields;
  return {
    at: typeof time === 'number' ? time : Date.now(),
    pod,
    level: levels[Number(level) / 10 - 1] ?? 'info',
    text: [String(msg ?? ''), ...Object.entries(others).map(([key, value]) => `${key}=${plain(value)}`)].join(' '),
    ...(typeof requestId === 'string' && { request: requestId }),
    ...(typeof trace_id === 'string' && { trace: trace_id }),
  };
}

function mongodRow(pod: string, { t, s, c, msg, attr }: Readonly<Record<string, unknown>>): LogRow {
  const level = mongodLevels[String(s)[0] ?? ''] ?? 'info';
  const isChatter = level === 'info' && (c === 'NETWORK' || c === 'ACCESS');
  return {
    at: Date.parse(String((t as { readonly $date?: unknown }).$date)) || Date.now(),
    pod,
    level: isChatter ? 'debug' : level,
    text: [msg, ...(attr === undefined ? [] : [plain(attr)])].join(' '),
  };
}

function plain(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
