import { type EventRow, kept, type LogRow, type Sample, type State, type Update } from './messages';

/** Milliseconds between two updates of a page. */
const flushMs = 200;
/** Log lines of one update, without those of errors. More could not be read, and would keep the browser busy. */
const maxLines = 60;

interface Lists {
  readonly samples: Sample;
  readonly events: EventRow;
  readonly logs: LogRow;
}

/** What the dashboard knows, and who is told of it. */
export class Feed {
  readonly #listeners = new Set<(update: Update) => void>();
  readonly #timer = setInterval(() => this.#flush(), flushMs);
  readonly #lists: { [Kind in keyof Lists]: Lists[Kind][] } = { samples: [], events: [], logs: [] };
  #state: State = { connected: false, since: Date.now(), pods: [], scalers: [], routes: [], skippedLines: 0 };
  #pending: Update = {};
  #lines = 0;

  constructor(private readonly title: NonNullable<Update['reset']>) {}

  get state(): State {
    return this.#state;
  }

  set(state: Partial<State>): void {
    this.#state = { ...this.#state, ...state };
    this.#pending.state = this.#state;
  }

  addSample(sample: Sample): void {
    this.#add('samples', sample);
  }

  addEvent(event: EventRow): void {
    this.#add('events', event);
  }

  addLog(line: LogRow): void {
    const isError = line.level === 'error' || line.level === 'fatal';
    if (isError || this.#lines++ < maxLines) this.#add('logs', line);
    else this.set({ skippedLines: this.#state.skippedLines + 1 });
  }

  /** Sends all that is known, then what is new. Returns a function that ends it. */
  listen(listener: (update: Update) => void): () => void {
    this.#flush();
    listener({ reset: this.title, state: this.#state, ...this.#lists });
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #add<Kind extends keyof typeof kept>(kind: Kind, row: Lists[Kind]): void {
    const rows: unknown[] = this.#lists[kind];
    rows.push(row);
    if (rows.length > kept[kind] * 1.2) rows.splice(0, rows.length - kept[kind]);
    ((this.#pending[kind] ??= []) as unknown[]).push(row);
  }

  #flush(): void {
    const update = this.#pending;
    [this.#pending, this.#lines] = [{}, 0];
    if (Object.keys(update).length > 0) for (const listener of this.#listeners) listener(update);
  }
}
