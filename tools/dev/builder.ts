import { createHash } from 'node:crypto';
import { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { type BuildContext, type BuildFailure, build, context, formatMessages } from 'esbuild';
import { bundleTarget } from '../../service/bundle';

/** A file for a launcher. */
interface Packed {
  readonly hash: string;
  /** gzip, base64. */
  readonly code: string;
}

/** A bundle of the service's files, with an inline source map to absolute paths. Its hash includes the packages. */
export interface Build extends Packed {
  /** A bundle of the imported packages, which is sent only when it has changed. */
  readonly packages: Packed;
}

const pack = (code: Uint8Array = new Uint8Array(), more = ''): Packed => ({
  hash: createHash('sha256').update(code).update(more).digest('hex').slice(0, 12),
  code: gzipSync(code, { level: 1 }).toString('base64'),
});

const options = {
  bundle: true,
  platform: 'node',
  target: bundleTarget,
  write: false,
  logLevel: 'silent',
  supported: { 'dynamic-import': false }, // packages are loaded by `require`, and run by `vm.Script`, which has no other import
} as const;

/** Builds `entry`, a TypeScript file of the project in `root`, incrementally. */
export class Builder {
  #context: BuildContext<typeof options & { readonly metafile: true }> | undefined;
  #packages: { readonly names: string; readonly built: Packed } | undefined;

  constructor(
    private readonly root: string,
    private readonly entry: string,
  ) {}

  /** @throws an Error with file, line and excerpt of each fault. */
  async build(): Promise<Build> {
    try {
      this.#context ??= await context({
        ...options,
        entryPoints: [join(this.root, this.entry)],
        absWorkingDir: this.root,
        outfile: join(this.root, 'main.js'), // the base of the map's paths; not written
        sourcemap: 'inline',
        sourcesContent: false, // debuggers have the files
        sourceRoot: `${pathToFileURL(this.root).href}/`,
        packages: 'external',
        metafile: true,
      });
      const { outputFiles, metafile } = await this.#context.rebuild();
      const imports = Object.values(metafile.outputs).flatMap((output) => output.imports);
      const names = new Set(imports.filter(({ external }) => external).map(({ path }) => path));
      const packages = await this.#buildPackages([...names].filter((name) => !isBuiltin(name)).sort());
      return { ...pack(outputFiles?.[0]?.contents, packages.hash), packages };
    } catch (error) {
      const { errors } = error as Partial<BuildFailure>;
      if (errors === undefined) throw error;
      const texts = await formatMessages(errors, { kind: 'error', color: process.stdout.isTTY });
      throw new Error(texts.join('').trim());
    }
  }

  /** Makes the next build include the packages, after a change of node_modules. */
  forgetPackages(): void {
    this.#packages = undefined;
  }

  async close(): Promise<void> {
    await this.#context?.dispose();
  }

  async #buildPackages(imported: readonly string[]): Promise<Packed> {
    const names = JSON.stringify(imported);
    if (this.#packages?.names === names) return this.#packages.built;
    const loaders = imported.map((name) => JSON.stringify(name)).map((name) => `${name}: () => require(${name})`);
    const resolveDir = join(this.root, dirname(this.entry));
    const stdin = { contents: `module.exports = {${loaders.join(',\n')}};`, resolveDir, sourcefile: 'packages' };
    const { outputFiles } = await build({ ...options, stdin }).catch(async (error: unknown) => {
      // A build with the packages included has an error with the line of the import.
      await build({ ...options, absWorkingDir: this.root, entryPoints: [join(this.root, this.entry)] });
      throw error;
    });
    const built = pack(outputFiles[0]?.contents);
    this.#packages = { names, built };
    return built;
  }
}
