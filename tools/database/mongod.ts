import { DryMongoBinary, MongoBinary } from 'mongodb-memory-server-core';
import type { DatabaseServer } from './databaseServer';
import { findExecutable } from './executable';

const downloads = 'https://fastdl.mongodb.org/';
/** Milliseconds for MongoDB's download server to answer at all; a machine without internet should not wait for longer. */
const answerMs = 3000;
/** Milliseconds for the whole download, about 100 MB. */
const downloadMs = 300_000;

/** A mongod on PATH, or one that was downloaded to `folder` before. */
export async function findMongod(folder: string): Promise<DatabaseServer | undefined> {
  const path = (await findExecutable('mongod')) ?? (await DryMongoBinary.locateBinary(await options(folder)));
  return path === undefined ? undefined : server(path);
}

/** Downloads mongod to `folder`. Rejects when it can't be had in bounded time. */
export async function downloadMongod(folder: string): Promise<DatabaseServer> {
  await fetch(downloads, { method: 'HEAD', signal: AbortSignal.timeout(answerMs) });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${downloads} took longer than ${downloadMs / 1000} s`)), downloadMs);
  });
  try {
    return server(await Promise.race([options(folder).then((chosen) => MongoBinary.getPath(chosen)), late]));
  } finally {
    clearTimeout(timer);
  }
}

function options(folder: string): ReturnType<typeof DryMongoBinary.generateOptions> {
  return DryMongoBinary.generateOptions({ downloadDir: folder });
}

function server(command: string): DatabaseServer {
  return {
    title: `MongoDB (${command})`,
    kind: 'mongod',
    command,
    arguments: (folder, port) => ['--dbpath', folder, '--port', String(port), '--bind_ip', '127.0.0.1', '--quiet'],
  };
}
