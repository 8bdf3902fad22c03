import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { emptyDatabase, firstStartMs } from '../support/database';

describe('start()', function () {
  this.timeout(firstStartMs);

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
