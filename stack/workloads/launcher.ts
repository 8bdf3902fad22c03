import { join } from 'node:path';
import { environment } from '../../service/contract';

// What the launcher of dev mode (the folder devLauncher), the stack and `npm run dev` must agree on.

/** What a service is made from, and what it serves. */
export interface DevService {
  /** Its main file, from the project's folder. */
  readonly source: string;
  /** Port of the service. */
  readonly port: number;
  /** Path on that port. New code takes over once it is answered with 200. */
  readonly health: string;
}

/** Environment variable with `LauncherOptions` as JSON. */
export const launcherVariable = 'DEV_LAUNCHER';

/** How the launcher runs. */
export interface LauncherOptions extends DevService {
  /** Folder for the code that it is sent. */
  readonly folder: string;
  /** Address that the service listens on, in place of its own choice. */
  readonly host?: string;
  /** Environment variable with the seconds of a pod's drain, which the launcher then does in place of the service. */
  readonly drainVariable: string;
  /** Port on 127.0.0.1 for `npm run dev`: a forwarded port reaches it, the pod network does not. */
  readonly control: number;
  /** Milliseconds that a start waits for code before the image's own runs. */
  readonly waitMs: number;
  /** Milliseconds without a heartbeat after which the image's own code runs again. */
  readonly leaseMs: number;
}

/** Code that has ended: why, and the last of its error output. */
interface Crash {
  readonly hash: string;
  readonly fault: string;
  readonly output: string;
}

/** What the launcher tells, a line of JSON each. `hash` names the code that it is about; `image` is the image's own. */
export type LauncherMessage =
  | { readonly type: 'hello'; readonly packages?: string; readonly code?: string }
  /** Milliseconds from the code to healthy, and until the old code took no more connections; missing if it ran before. */
  | { readonly type: 'live'; readonly hash: string; readonly startMs?: number; readonly switchMs?: number }
  /** New code did not start, and the old code runs on. */
  | ({ readonly type: 'failed' } & Crash)
  /** The code that ran has ended, and is started again. */
  | ({ readonly type: 'crashed' } & Crash)
  | { readonly type: 'inspecting'; readonly port: number }
  | { readonly type: 'replaced' | 'beat' };

/** What it is told, a line of JSON each. Code is gzip in base64; `packages` are loaded before the code that needs them. */
export type LauncherCommand =
  | { readonly type: 'packages' | 'code'; readonly hash: string; readonly code: string }
  /** All launchers run the newest code: each may use CPU to make ready for the next. */
  | { readonly type: 'prepare' }
  | { readonly type: 'beat' | 'restart' | 'inspect' | 'release' };

/** In pods. `npm run dev` sees a new pod, and has sent it the code, within two seconds. */
export const podLauncher: Omit<LauncherOptions, keyof DevService> = {
  folder: '/dev-code',
  drainVariable: environment.drainSeconds,
  control: 9465,
  waitMs: 5000,
  leaseMs: 15_000,
};

/** The volume by which a pod in dev mode is known. */
export const launcherVolume = 'dev-launcher';

/** The launcher's files in the project, and the one that is run. */
export const launcherFolder = join('stack', 'workloads', 'devLauncher');
export const launcherFile = 'launcher.js';
