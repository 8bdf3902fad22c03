import { once } from 'node:events';
import { createServer } from 'node:net';
import { run } from './system';

/** Who listens on 127.0.0.1:`port`, in words; `undefined` if nobody does. */
export async function portHolder(port: number): Promise<string | undefined> {
  if (await isFree(port)) return undefined;
  const lsof = await run('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc']);
  const ss = await run('ss', ['-Hltnp', `sport = :${port}`]);
  const holder =
    /^p(?<pid>\d+)\nc(?<name>.*)$/m.exec(lsof?.stdout ?? '') ??
    /\(\("(?<name>[^"]+)",pid=(?<pid>\d+)/.exec(ss?.stdout ?? '');
  return holder?.groups ? `${holder.groups.name} (process ${holder.groups.pid})` : "another user's program";
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
