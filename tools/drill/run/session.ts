import type { Kubectl, StackOutputs } from '../../cli/shared/cluster';
import type { Context } from '../drill';
import { Load } from '../load/load';
import { ProjectCopy } from '../project/projectCopy';
import { SpareStack } from '../project/spareStack';
import { Watch } from '../watch/watch';

export interface SessionOptions {
  readonly stack: string;
  readonly quick: boolean;
  readonly outputs: StackOutputs;
  readonly kubectl: Kubectl;
  readonly tell: (message: string) => void;
}

/** One run of a drill: all that it starts is here, to be stopped whatever happens. */
export class Session {
  readonly events: { readonly at: number; readonly text: string }[] = [];
  readonly loads: Load[] = [];
  #begin: number | undefined;
  #copy: Promise<ProjectCopy> | undefined;
  #spare: Promise<SpareStack> | undefined;

  private constructor(
    private readonly options: SessionOptions,
    readonly watch: Watch,
  ) {}

  static async open(options: SessionOptions): Promise<Session> {
    const watch = await Watch.start(options.kubectl, options.outputs.namespace);
    try {
      await watch.until("the cluster's API answers", () => true, 30);
    } catch (error) {
      await watch.stop();
      throw error;
    }
    return new Session(options, watch);
  }

  /** When the drill began in earnest, in milliseconds since 1970: it may have had to wait for a calm stack first. */
  get begin(): number {
    return (this.#begin ??= Date.now());
  }

  readonly context = (name: string): Context => ({
    ...this.options,
    watch: this.watch,
    copy: () => (this.#copy ??= ProjectCopy.make(this.options.stack)),
    spare: () => (this.#spare ??= SpareStack.make()),
    load: async (wishes) => {
      void this.begin;
      const run = `${name} ${new Date().toISOString()} ${this.loads.length + 1}`;
      const load = await Load.start({ url: this.options.outputs.url, run, ...wishes });
      this.loads.push(load);
      return load;
    },
    mark: (event, at = Date.now()) => {
      const seconds = (at - this.begin) / 1000;
      this.events.push({ at: Math.max(0, seconds), text: event });
      this.options.tell(`  ${seconds.toFixed(1).padStart(6)} s  ${event}`);
      return at;
    },
  });

  async stopLoads(): Promise<void> {
    await Promise.all(this.loads.map((load) => load.stop()));
  }

  async close(): Promise<void> {
    await this.stopLoads();
    await this.watch.stop();
    await (await this.#copy)?.remove();
    await (await this.#spare)?.remove();
  }
}
