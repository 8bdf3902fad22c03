import type { Database } from './database/database';
import type { Limits } from './limits';
import type { Observer } from './operations/observer';

/** What the app is handed: it has no state of its own. */
export interface Dependencies {
  readonly database: Database;
  readonly limits: Limits;
  /** Aborted when the service is about to stop: it is then unready, and every reply closes its connection. */
  readonly draining: AbortSignal;
  /** Logs and measures requests. Without it neither is done. */
  readonly observer?: Observer | undefined;
}
