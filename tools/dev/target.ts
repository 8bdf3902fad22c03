import type { Duplex } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import type { LauncherCommand, LauncherMessage } from '../../stack/workloads/launcher';
import type { Build } from './builder';

/** Milliseconds between heartbeats. Without one for `leaseMs`, a launcher returns to its image's code. */
const beatMs = 3000;
/** Milliseconds without a message after which a connection counts as lost. */
const silentMs = 10_000;
/** Milliseconds between attempts to connect, and to send the last message. */
const [retryMs, endMs] = [200, 2000];

/** Keeps a connection to a launcher until `close`, and sends it the newest code. */
export class Target {
  #stream: Duplex | undefined;
  #build: Build | undefined;
  #packages: string | undefined;
  #closed = false;
  readonly #end: Promise<void>;
  /** Hash of its running code; undefined while unknown. */
  running: string | undefined;

  /** @param connect opens a stream to the launcher; it is retried if it fails */
  constructor(
    readonly name: string,
    private readonly connect: () => Promise<Duplex>,
    private readonly onMessage: (target: Target, message: LauncherMessage) => void,
  ) {
    this.#end = this.#keep();
  }

  async #keep(): Promise<void> {
    while (!this.#closed) {
      await this.connect().then(
        (stream) => this.#converse(stream),
        () => undefined, // it has not started yet, or is ending
      );
      this.running = undefined;
      if (!this.#closed) await wait(retryMs);
    }
  }

  /** Sends code now, or when the launcher is connected. */
  push(build: Build): void {
    this.#build = build;
    if (this.#stream === undefined) return;
    const { packages } = build;
    if (this.#packages !== packages.hash) this.send({ type: 'packages', ...packages });
    this.#packages = packages.hash;
    this.send({ type: 'code', hash: build.hash, code: build.code });
  }

  send(command: LauncherCommand): void {
    this.#stream?.write(`${JSON.stringify(command)}\n`);
  }

  /** Ends the connection. Resolves when everything is sent. @param release returns the launcher to the image's code */
  async close(release: boolean): Promise<void> {
    this.#closed = true;
    if (release) this.send({ type: 'release' });
    this.#stream?.end();
    await Promise.race([this.#end, wait(endMs)]);
  }

  async #converse(stream: Duplex): Promise<void> {
    let heard = Date.now();
    let line = '';
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      heard = Date.now();
      const lines = (line + text).split('\n');
      line = lines.pop() ?? '';
      for (const each of lines) this.#receive(stream, JSON.parse(each) as LauncherMessage);
    });
    const beat = setInterval(() => {
      if (Date.now() - heard > silentMs) stream.destroy();
      else this.send({ type: 'beat' });
    }, beatMs);
    await new Promise((resolve) => stream.once('close', resolve).once('error', resolve));
    clearInterval(beat);
    this.#stream = undefined;
  }

  #receive(stream: Duplex, message: LauncherMessage): void {
    switch (message.type) {
      case 'hello':
        if (this.#closed) return void stream.end();
        this.#stream = stream;
        this.#packages = message.packages;
        this.running = message.code;
        if (this.#build !== undefined) this.push(this.#build);
        break;
      case 'live':
        this.running = message.hash;
        break;
      case 'crashed':
        this.running = undefined;
        break;
      case 'replaced':
        this.#closed = true; // by another `npm run dev`
        break;
      default:
        message.type satisfies 'failed' | 'inspecting' | 'beat';
    }
    this.onMessage(this, message);
  }
}
