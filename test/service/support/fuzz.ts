import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Served } from './serve';

/** Texts that parsers, databases and shells have stumbled over. */
const nasty = fc.constantFrom(
  '',
  '\0',
  '%',
  '%00',
  '%ff',
  '..',
  '/',
  '$where',
  '$gt',
  'a.b',
  '__proto__',
  'constructor',
  '_bsontype',
  '{"$gt":""}',
  '[',
  '{',
  '"',
  '[[[[[[[[[[',
  'null',
  '1e999',
  '-0',
  '\ud800',
  '\r\nX: y',
  '😀',
  'ü',
  '\uffff',
  '6b05510dd3baea8e046d387b',
  'application/json; charset=x',
);
export const text = fc.oneof(nasty, fc.string(), fc.string({ unit: 'binary' }), fc.json());
export const json = fc.jsonValue({ maxDepth: 5 });
/** As HTTP allows in a header's value. */
export const header = fc.oneof(nasty, fc.string()).map((value) => value.replace(/[^\x20-\x7e]/g, '').trim());

/** Requests `path`. Fails at a status of 500 and beyond, and at a failure that is no problem. */
export async function sane(served: Served, path: string, init?: RequestInit): Promise<Response> {
  const response = await served.get(path, init);
  assert.ok(response.status < 500, `${init?.method ?? 'GET'} ${path} gave ${response.status}`);
  if (response.status >= 400 && init?.method !== 'HEAD') {
    assert.equal(response.headers.get('Content-Type'), 'application/problem+json');
    const problem = (await response.clone().json()) as { status: number };
    assert.equal(problem.status, response.status);
  }
  return response;
}
