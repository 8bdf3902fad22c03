import { join, relative } from 'node:path';

/** The path of `file` of this package, relative to the working folder: another project may use the package. */
export function packageFile(file: string): string {
  return relative('', join(__dirname, '..', file)); // in the bundle of load.js too, __dirname is this folder
}
