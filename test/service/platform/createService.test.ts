import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import pino from 'pino';
import { createService } from '../../../service/platform/createService';
import { emptyDatabase, firstStartMs } from '../support/database';

describe('start()', function () {
  this.timeout(firstStartMs);

  it('tells open requests, five seconds before it cuts them off, that it stops', async () => {
    let begin = (): void => {};
    const begun = new Promise<void>((resolve) => (begin = resolve));
    const { readConfiguration, start } = createService({
      limits: {},
      openapi: { info: { title: '', version: '', description: '' }, schemas: {} },
      routes: (router, { stopping }) => {
        router.get('/open', async (context) => {
          begin();
          await once(stopping, 'abort');
          context.body = 'the last word';
        });
      },
    });
    const variables = { MONGODB_URI: 'mongodb://127.0.0.1:1/app', HTTP_PORT: '0', METRICS_PORT: '0' };
    const log = { logger: pino({ level: 'silent' }), dropped: () => 0, flush: async () => true };
    const { port, stop } = await start(readConfiguration(variables), log);
    const answer = fetch(`http://127.0.0.1:${port}/open`);
    await begun;
    const { setTimeout } = globalThis;
    const delays: unknown[] = [];
    globalThis.setTimeout = ((action: () => void, delay: number) => {
      delays.push(delay);
      return setTimeout(action, delay === 15_000 ? 0 : delay);
    }) as typeof setTimeout;
    try {
      await stop();
    } finally {
      globalThis.setTimeout = setTimeout;
    }
    assert.equal(await (await answer).text(), 'the last word');
    assert.deepEqual(
      [15_000, 20_000].filter((delay) => !delays.includes(delay)),
      [],
    );
  });

  it("leaves nothing behind that keeps the process if it can't have its port", async () => {
    await using taken = createServer().listen(0);
    await once(taken, 'listening');
    const env = {
      PATH: process.env.PATH,
      MONGODB_URI: await emptyDatabase(),
      HTTP_PORT: String((taken.address() as AddressInfo).port),
      METRICS_PORT: '0',
      INDEXES: 'name', // created in the background
    };
    const program = `
      const { service } = require('./service/service.ts');
      const { createLogger } = require('./service/platform/logger.ts');
      const configuration = service.readConfiguration(process.env);
      service.start(configuration, createLogger({ logLevel: 'silent', traced: false })).catch(({ message }) => console.log(message));`;
    const options = { cwd: resolve(__dirname, '../../..'), env, timeout: 30_000 };
    const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', '--eval', program], options);
    assert.match(stdout, /^Port \d+ is in use by another process/);
  });
});
