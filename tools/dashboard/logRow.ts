import { formatForPeople, type LogLine, parseFields } from '../cli/shared/followLogs';
import type { LogRow } from './messages';

/** Pino's numbers for the letters of mongod. Its information is for debugging: each probe makes some. */
const mongodLevels: Readonly<Record<string, number>> = { F: 60, E: 50, W: 40, I: 20 };
const info = 30;

/** A line of a pod's log for the page: of Pino's JSON, of mongod's, or any text. */
export function logRow(line: LogLine): LogRow {
  const { level, s, requestId, trace_id } = parseFields(line.text) ?? {};
  const id = requestId ?? trace_id;
  return {
    level: typeof level === 'number' ? level : (mongodLevels[String(s)] ?? info),
    text: formatForPeople(line),
    ...(typeof id === 'string' && { id }),
  };
}
