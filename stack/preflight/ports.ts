import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { run } from './system';

/** The first port of 127.0.0.1 from `first` on that nobody listens on and that is not in `taken`; any free one if `first` is 0. */
export async function freePort(first = 0, taken: ReadonlySet<number> = new Set()): Promise<number> {
  const port = taken.has(first) ? undefined : await listenBriefly(first);
  return port ?? freePort(first + 1, taken);
}

/** Who listens on 127.0.0.1:`port`, in words; `undefined` if nobody does. */
export async function portHolder(port: number): Promise<string | undefined> {
  if ((await listenBriefly(port)) !== undefined) return undefined;
  const lsof = await run('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc']);
  const ss = await run('ss', ['-Hltnp', `sport = :${port}`]);
  const holder =
    /^p(?<pid>\d+)\nc(?<name>.*)$/m.exec(lsof?.stdout ?? '') ??
    /\(\("(?<name>[^"]+)",pid=(?<pid>\d+)/.exec(ss?.stdout ?? '');
  return holder?.groups ? `${holder.groups.name} (process ${holder.groups.pid})` : "another user's program";
}

/** The port that was listened on; `undefined` if it can't be. */
async function listenBriefly(port: number): Promise<number | undefined> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return undefined;
  }
  const address = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return address.port;
}
