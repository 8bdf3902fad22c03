import { createHash } from 'node:crypto';
import { isBuiltin } from 'node:module';
import { dirname, isAbsolute, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { type BuildContext, type BuildFailure, build, context, formatMessages, type Plugin } from 'esbuild';
import { bundleTarget } from '../../service/bundle';

/** Code that a launcher can run. */
export interface Build {
  /** Of the code and the packages: the same code has the same hash. */
  readonly hash: string;
  /** The service's own files as one, with an inline source map to their absolute paths: gzip, base64. */
  readonly code: string;
  readonly packages: Packages;
}

/** What the service imports from node_modules, in one file. It seldom changes, and is seldom sent. */
export interface Packages {
  readonly hash: string;
  /** gzip, base64. */
  readonly code: string;
}

const hashOf = (...parts: readonly (string | Uint8Array)[]): string => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex').slice(0, 12);
};

const pack = (code: Uint8Array): string => gzipSync(code, { level: 1 }).toString('base64');

const options = { bundle: true, platform: 'node', target: bundleTarget, write: false, logLevel: 'silent' } as const;

/** Builds `entry`, a TypeScript file of the project in `root`, again and again, from what it remembers. */
export class Builder {
  /** Names of the packages that the code imports. */
  readonly #imported = new Set<string>();
  #context: BuildContext<typeof options & { readonly entryPoints: string[] }> | undefined;
  #packages: { readonly names: string; readonly built: Packages } | undefined;

  constructor(
    private readonly root: string,
    private readonly entry: string,
  ) {}

  /**
   * Builds the code as it is now.
   * @throws an Error with file, line and excerpt of each fault.
   */
  async build(): Promise<Build> {
    try {
      this.#imported.clear();
      this.#context ??= await context({
        ...options,
        entryPoints: [join(this.root, this.entry)],
        absWorkingDir: this.root,
        outfile: join(this.root, 'main.js'), // not written: the map's paths are relative to it
        sourcemap: 'inline',
        sourcesContent: false, // debuggers have the files
        sourceRoot: `${pathToFileURL(this.root).href}/`,
        plugins: [packagesApart(this.#imported)],
      });
      const { outputFiles } = await this.#context.rebuild();
      const code = outputFiles?.[0]?.contents ?? new Uint8Array();
      const packages = await this.#buildPackages();
      return { hash: hashOf(code, packages.hash), code: pack(code), packages };
    } catch (error) {
      const { errors } = error as Partial<BuildFailure>;
      if (errors === undefined) throw error;
      const texts = await formatMessages(errors, { kind: 'error', color: process.stdout.isTTY });
      throw new Error(texts.join('').trim());
    }
  }

  /** Builds the packages anew with the next build, as node_modules has changed. */
  forgetPackages(): void {
    this.#packages = undefined;
  }

  async close(): Promise<void> {
    await this.#context?.dispose();
  }

  async #buildPackages(): Promise<Packages> {
    const names = JSON.stringify([...this.#imported].sort());
    if (this.#packages?.names === names) return this.#packages.built;
    const loaders = [...this.#imported]
      .sort()
      .map((name) => JSON.stringify(name))
      .map((name) => `${name}: () => require(${name})`);
    const { outputFiles } = await build({
      ...options,
      stdin: {
        contents: `module.exports = {${loaders.join(',\n')}};`,
        resolveDir: join(this.root, dirname(this.entry)),
        sourcefile: 'packages',
      },
    });
    const [file] = outputFiles;
    if (file === undefined) throw new Error('esbuild has built no packages.');
    const built = { hash: hashOf(file.contents), code: pack(file.contents) };
    this.#packages = { names, built };
    return built;
  }
}

/** Takes what is imported from node_modules from a file that the launcher has loaded before, and adds its name to `imported`. */
function packagesApart(imported: Set<string>): Plugin {
  return {
    name: 'packages',
    setup(plugin) {
      plugin.onResolve({ filter: /^[^.]/ }, async ({ path, pluginData, ...rest }) => {
        if (pluginData === packagesApart || rest.kind === 'entry-point' || isBuiltin(path) || isAbsolute(path))
          return undefined;
        const { errors } = await plugin.resolve(path, { ...rest, pluginData: packagesApart });
        imported.add(path);
        return { path, namespace: 'package', errors };
      });
      plugin.onLoad({ filter: /^/, namespace: 'package' }, ({ path }) => ({
        contents: `module.exports = globalThis[Symbol.for('dev.packages')][${JSON.stringify(path)}]();`,
      }));
    },
  };
}
