import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { SourceMap } from 'node:module';
import { WebSocket } from 'ws';

interface Location {
  readonly scriptId: string;
  readonly lineNumber: number;
  readonly columnNumber?: number;
}
interface Script {
  readonly scriptId: string;
  readonly url: string;
  readonly sourceMapURL?: string;
}

/** A debugger that knows source maps, as editors are: it speaks the DevTools protocol to the inspector on `port`. */
export class Debugger {
  readonly #scripts = new Map<string, Script>();
  readonly #answers = new Map<number, (result: unknown) => void>();
  readonly #paused: Location[] = [];
  #id = 0;

  private constructor(private readonly socket: WebSocket) {
    socket.on('message', (text) => {
      const { id, result, method, params } = JSON.parse(String(text)) as {
        readonly id?: number;
        readonly result?: unknown;
        readonly method?: string;
        readonly params: Script & { readonly callFrames: readonly { readonly location: Location }[] };
      };
      if (id !== undefined) this.#answers.get(id)?.(result);
      if (method === 'Debugger.scriptParsed') this.#scripts.set(params.scriptId, params);
      if (method === 'Debugger.paused') this.#paused.push(params.callFrames[0]!.location);
    });
  }

  static async attach(port: number): Promise<Debugger> {
    const answer = await fetch(`http://127.0.0.1:${port}/json/list`);
    const [{ webSocketDebuggerUrl }] = (await answer.json()) as [{ readonly webSocketDebuggerUrl: string }];
    const socket = new WebSocket(webSocketDebuggerUrl.replace(/\/\/[^/]+/, `//127.0.0.1:${port}`));
    await once(socket, 'open');
    const attached = new Debugger(socket);
    await attached.send('Debugger.enable');
    return attached;
  }

  /** Sets a breakpoint on the first line of `file` that has `text`, by the source map alone. */
  async breakOn(file: string, text: string): Promise<void> {
    const [script, map] = this.#mapped(file);
    const { scriptSource } = (await this.send('Debugger.getScriptSource', { scriptId: script.scriptId })) as {
      readonly scriptSource: string;
    };
    const source = await readFile(file, 'utf8'); // the map does not have it
    const wanted = source.split('\n').findIndex((line) => line.includes(text));
    assert.notEqual(wanted, -1, `${file} has no ${text}`);
    for (const [lineNumber, line] of scriptSource.split('\n').entries()) {
      const columnNumber = line.search(/\S/);
      const entry = map.findEntry(lineNumber, columnNumber) as { originalSource?: string; originalLine?: number };
      if (entry.originalLine !== wanted || !entry.originalSource?.endsWith(file)) continue;
      await this.send('Debugger.setBreakpoint', { location: { scriptId: script.scriptId, lineNumber, columnNumber } });
      return;
    }
    assert.fail(`no code for line ${wanted + 1} of ${file}`);
  }

  /** The file and line of the source where it has paused; undefined while it runs. */
  pausedAt(): { readonly file: string; readonly line: number } | undefined {
    const location = this.#paused.at(-1);
    if (location === undefined) return undefined;
    const [, map] = this.#mapped('');
    const entry = map.findEntry(location.lineNumber, location.columnNumber ?? 0) as {
      originalSource: string;
      originalLine: number;
    };
    return { file: `${map.payload.sourceRoot}${entry.originalSource}`, line: entry.originalLine + 1 };
  }

  send(method: string, params: object = {}): Promise<unknown> {
    const id = ++this.#id;
    this.socket.send(JSON.stringify({ id, method, params }));
    return new Promise((resolve) => this.#answers.set(id, resolve));
  }

  /** Lets it run on, and never stop again. */
  async resume(): Promise<void> {
    await this.send('Debugger.setBreakpointsActive', { active: false });
    await this.send('Debugger.resume');
  }

  close(): void {
    this.socket.terminate();
  }

  /** The script that was made of `file`, and its source map. */
  #mapped(file: string): readonly [Script, SourceMap] {
    for (const script of this.#scripts.values()) {
      const [, base64] = /^data:application\/json;base64,(.+)/.exec(script.sourceMapURL ?? '') ?? [];
      if (base64 === undefined) continue;
      const map = new SourceMap(JSON.parse(Buffer.from(base64, 'base64').toString()));
      if (map.payload.sources.some((path) => path.endsWith(file))) return [script, map];
    }
    return assert.fail(`no script has a source map with ${file}`);
  }
}
