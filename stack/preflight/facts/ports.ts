import { once } from 'node:events';
import { createServer } from 'node:net';
import { run } from './run';

/** Who listens on 127.0.0.1:`port`, in words; `undefined` if nobody does. */
export async function readHolder(port: number): Promise<string | undefined> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return undefined;
  } catch {
    return (await fromLsof(port)) ?? (await fromSs(port)) ?? 'a program that this user can not see';
  } finally {
    server.close();
  }
}

async function fromLsof(port: number): Promise<string | undefined> {
  const answer = await run('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc']);
  const [, pid, name] = /^p(\d+)\nc(.*)$/m.exec(answer?.stdout ?? '') ?? [];
  return pid && `${name} (process ${pid})`;
}

async function fromSs(port: number): Promise<string | undefined> {
  const answer = await run('ss', ['-Hltnp', `sport = :${port}`]);
  const [, name, pid] = /\(\("([^"]+)",pid=(\d+)/.exec(answer?.stdout ?? '') ?? [];
  return pid && `${name} (process ${pid})`;
}
