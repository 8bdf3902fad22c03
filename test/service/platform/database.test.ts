import assert from 'node:assert/strict';
import { documents } from '../../../service/example/identifier';
import { toProblem } from '../../../service/platform/answerProblem';
import { Problem } from '../../../service/platform/problem';
import { serveForSuite } from '../support/serve';

describe('Database', () => {
  const served = serveForSuite({ limits: { databaseMs: 200, connectMs: 200 } });
  const isAway = (error: unknown): boolean => error instanceof Problem && error.status === 503;

  it('ends an operation that is never answered, and works on with a new client', async () => {
    const { database } = served();
    await assert.rejects(
      database.run(() => new Promise(() => {})),
      isAway,
    );
    assert.equal(await database.run((db) => documents(db).countDocuments()), 0);
  });

  it('tells of a connection that was lost as of a database that is away', () => {
    const lost = Object.assign(new Error('This socket has been ended by the other party'), { code: 'EPIPE' });
    assert.ok(isAway(toProblem(lost)));
  });

  it('leaves any other error as it is', async () => {
    const other = new TypeError('a fault of ours');
    await assert.rejects(
      served().database.run(() => Promise.reject(other)),
      (error) => error === other,
    );
  });
});
