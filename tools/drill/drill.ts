import type { DrillContext } from './context';

/** A failure or a change that is made to happen to a stack, and what must come of it. */
export interface Drill {
  /** Its name for `--only`. */
  readonly name: string;
  readonly title: string;
  /** Whether it takes many minutes: a quick run leaves it out, unless `--only` names it. */
  readonly long?: true;
  /** Rejects only if it could not be carried out. What the stack does wrong is a verdict. */
  run(context: DrillContext): Promise<Outcome>;
}

/** What came of a drill. */
export interface Outcome {
  /** How long its parts took, in their order. */
  readonly stages: readonly Stage[];
  readonly verdicts: readonly Verdict[];
  /** What a reader of the figures must know. */
  readonly notes?: readonly string[];
}

export interface Stage {
  readonly name: string;
  readonly seconds: number;
}

/** A limit, the reason for it, and whether it was kept. */
export interface Verdict {
  readonly text: string;
  readonly limit: string;
  readonly source: string;
  readonly reached: string;
  readonly met: boolean;
}
