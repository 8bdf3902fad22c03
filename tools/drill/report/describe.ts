import { cpus, release, totalmem, type } from 'node:os';
import type { Kubectl } from '../../cli/shared/cluster';

/** The machine in one line: figures are worth nothing without it. */
export function describeMachine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown CPU';
  return `${cpus().length} × ${model}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${type()} ${release()}, Node ${process.versions.node}`;
}

/** Which database runs: a server that only speaks MongoDB's protocol is no measure of MongoDB. */
export async function describeDatabase(kubectl: Kubectl): Promise<string> {
  const program = (await kubectl.read('exec', 'mongo-0', '--', 'cat', '/proc/1/comm')).trim();
  return program === 'mongod' ? 'MongoDB' : `${program}, a stand-in for MongoDB`;
}
