import { Problem } from '../http/problem';

/** What a client is told when the database gave no answer. */
export function databaseAway(cause?: unknown): Problem {
  return new Problem(503, 'database-away', {
    detail:
      'The database did not answer in time. A write may or may not have been stored: ' +
      'send it again with the same Idempotency-Key. Try again in a second.',
    headers: { 'Retry-After': '1' },
    cause,
  });
}
