import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** A folder of programs that stand in for others. */
export interface FakePrograms {
  readonly folder: string;
  /** PATH with these programs and Node's own folder, and none else that has what is faked. */
  readonly path: string;
  /** Adds `name`, a script of /bin/sh. */
  add(name: string, script: string): Promise<void>;
  remove(): Promise<void>;
}

export async function fakePrograms(): Promise<FakePrograms> {
  const folder = await mkdtemp(join(tmpdir(), 'programs-'));
  const add = async (name: string, script: string): Promise<void> => {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  };
  await add('node', `exec '${process.execPath}' "$@"`); // not its folder: other programs are there too
  return { folder, path: `${folder}:/usr/sbin:/sbin`, add, remove: () => rm(folder, { recursive: true }) };
}

/** For each test of a suite: programs that are all that PATH has. Returns what reads those of the current test. */
export function useFakePrograms(): () => FakePrograms {
  const { PATH } = process.env;
  let programs: FakePrograms;
  beforeEach(async () => {
    programs = await fakePrograms();
    process.env.PATH = programs.folder;
  });
  afterEach(async () => {
    process.env.PATH = PATH;
    await programs.remove();
  });
  return () => programs;
}

/** The folder of this repository. */
export const repository = resolve(__dirname, '../../../..');
