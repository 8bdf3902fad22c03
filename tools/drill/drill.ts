import type { Kubectl, StackOutputs } from '../cli/shared/cluster';
import type { Load } from './load/load';
import type { Plan } from './load/plan';
import type { ProjectCopy } from './project/projectCopy';
import type { SpareStack } from './project/spareStack';
import type { Watch } from './watch/watch';

/** One thing that befalls a stack, and what must come of it. */
export interface Drill {
  /** As `--only` takes it. */
  readonly name: string;
  readonly title: string;
  /** Whether it takes many minutes: a quick run leaves it out, unless it is asked for by name. */
  readonly long?: true;
  /** Rejects only if it could not be carried out: what the stack does wrong is in the verdicts. */
  run(context: Context): Promise<Outcome>;
}

/** What a drill works with. */
export interface Context {
  readonly stack: string;
  readonly outputs: StackOutputs;
  /** Whether to be done soon rather than to measure what is configured. */
  readonly quick: boolean;
  readonly kubectl: Kubectl;
  readonly watch: Watch;
  /** The project's sources in a temporary folder, for changes that must not touch the user's files. Made at the first call. */
  copy(): Promise<ProjectCopy>;
  /** A stack of the drill's own, with a cluster of its own, for what must not befall the user's. Destroyed when the drill is over. */
  spare(): Promise<SpareStack>;
  /** Puts load on the service until the drill stops it, or is over. */
  load(wishes?: Partial<Plan>): Promise<Load>;
  /** Notes for the report that `event` happened at `at`, in milliseconds since 1970, or now. Returns that time. */
  mark(event: string, at?: number): number;
}

/** What came of a drill. */
export interface Outcome {
  /** How long its parts took, in the order that they happened. */
  readonly stages: readonly Stage[];
  readonly verdicts: readonly Verdict[];
  /** What a reader of the figures must know. */
  readonly notes?: readonly string[];
}

export interface Stage {
  readonly name: string;
  readonly seconds: number;
}

/** A limit, where it comes from, and whether it was kept. */
export interface Verdict {
  readonly text: string;
  readonly limit: string;
  readonly source: string;
  readonly reached: string;
  readonly met: boolean;
}
