import { resolve } from 'node:path';
import { localFolder } from '../database/databaseProcess';

/** This folder. */
export const benchFolder = __dirname;

/** The checkout. */
export const projectFolder = resolve(benchFolder, '../..');

/** Logs, bundles, data and figures of quick runs; out of git. */
export const workFolder = resolve(localFolder, 'bench');

/** Virtual environment of the Python peer. */
export const pythonFolder = resolve(workFolder, 'python');

/** Bundles of what ships as one file. Below `bench/`, so that what is not bundled in is found in its `node_modules`. */
export const bundleFolder = resolve(benchFolder, 'dist');
