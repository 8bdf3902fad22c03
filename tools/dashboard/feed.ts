import { kept, type LogRow, type Sample, type State, type Update } from './messages';

/** Milliseconds between two updates of a page, and the log lines of one update, errors not counted: nobody could read more. */
const [flushMs, maxLines] = [200, 60];
/** Pino's number. */
const error = 50;

/** What the dashboard knows. Pages are told of it, and of what is new. */
export class Feed {
  readonly #listeners = new Set<(update: Update) => void>();
  readonly #timer = setInterval(() => this.#flush(), flushMs).unref();
  readonly #all = { samples: [] as Sample[], logs: [] as LogRow[] };
  #new = { state: {} as Partial<State>, samples: [] as Sample[], logs: [] as LogRow[] };
  state: State = {
    ...{ connected: false, since: Date.now(), skipped: 0, usage: {}, code: {}, database: '' },
    ...{ pods: [], scalers: [], events: [], marks: [] },
  };

  constructor(private readonly title: NonNullable<Update['title']>) {}

  set(state: Partial<State>): void {
    this.state = { ...this.state, ...state };
    Object.assign(this.#new.state, state);
  }

  addSample(sample: Sample): void {
    this.#new.samples.push(sample);
  }

  addLog(row: LogRow): void {
    if (row.level >= error || this.#new.logs.length < maxLines) this.#new.logs.push(row);
    else this.set({ skipped: this.state.skipped + 1 });
  }

  /** Sends all that is known, then what is new. Returns a function that ends it. */
  listen(listener: (update: Update) => void): () => void {
    this.#flush();
    listener({ title: this.title, state: this.state, ...this.#all });
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #flush(): void {
    const update = this.#new;
    this.#new = { state: {}, samples: [], logs: [] };
    this.#all.samples = [...this.#all.samples, ...update.samples].slice(-kept.samples);
    this.#all.logs = [...this.#all.logs, ...update.logs].slice(-kept.logs);
    const isEmpty = update.samples.length + update.logs.length + Object.keys(update.state).length === 0;
    if (!isEmpty) for (const listener of this.#listeners) listener(update);
  }
}
