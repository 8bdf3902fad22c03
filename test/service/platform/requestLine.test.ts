import assert from 'node:assert/strict';
import { pino } from 'pino';
import { type RequestFields, requestLine } from '../../../service/platform/observer';

describe('requestLine(fields)', () => {
  const fields: RequestFields = {
    requestId: 'a-1',
    traceId: undefined,
    method: 'GET',
    path: '/data',
    status: 200,
    ms: 0.25,
    aborted: undefined,
  };
  const byPino = (given: RequestFields): string => {
    let line = '';
    pino(
      { base: null },
      {
        write: (text: string) => {
          line = text;
        },
      },
    ).info(given, 'request');
    return line;
  };
  const withoutTime = (line: string): string => line.replace(/"time":\d{13},/, '');

  const cases: Record<string, Partial<RequestFields>> = {
    'an ordinary request': {},
    'a traced one': { traceId: '4bf92f3577b34da6a3ce929d0e0e4736' },
    'one whose client went away': { aborted: true, status: 404 },
    'a path that wants escapes': { path: '/"\\\n\u2028é</x>' },
  };
  for (const [title, changed] of Object.entries(cases)) {
    it(`is pino's own line, for ${title}`, () => {
      const given = { ...fields, ...changed };
      const line = requestLine(given);
      assert.match(line, /"time":\d{13},/);
      assert.equal(withoutTime(line), withoutTime(byPino(given)));
    });
  }
});
