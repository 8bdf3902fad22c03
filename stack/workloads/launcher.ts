import { join } from 'node:path';
import { environment } from '../../service/contract';

// What the launcher of dev mode (the folder devLauncher), the stack and `npm run dev` must agree on.

/** Source, port and health check of a service. */
export interface DevService {
  /** Its main file, relative to the project's folder. */
  readonly source: string;
  /** Port of the service. */
  readonly port: number;
  /** Path on that port. New code takes over when it returns 200. */
  readonly health: string;
}

/** Environment variable with `LauncherOptions` as JSON. */
export const launcherVariable = 'DEV_LAUNCHER';

/** How the launcher runs. */
export interface LauncherOptions extends DevService {
  /** Folder for the code that it receives. */
  readonly folder: string;
  /** Address that the service listens on. Default: its own choice. */
  readonly host?: string;
  /** Environment variable with the seconds of a pod's drain, for which the launcher waits instead of the service. */
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

/** Messages of the launcher, a line of JSON each. `hash` identifies the code; `image` is the image's own. */
export type LauncherMessage =
  | { readonly type: 'hello'; readonly packages?: string; readonly code?: string }
  /** Milliseconds until the code was healthy, and until the old code stopped accepting connections; missing if it was running already. */
  | { readonly type: 'live'; readonly hash: string; readonly startMs?: number; readonly switchMs?: number }
  /** New code did not start, and the old code keeps running. */
  | ({ readonly type: 'failed' } & Crash)
  /** The code that ran has ended, and is started again. */
  | ({ readonly type: 'crashed' } & Crash)
  | { readonly type: 'inspecting'; readonly port: number }
  | { readonly type: 'replaced' | 'beat' };

/** Commands to the launcher, a line of JSON each. Code is gzip in base64; `packages` are loaded before the code that needs them. */
export type LauncherCommand =
  | { readonly type: 'packages' | 'code'; readonly hash: string; readonly code: string }
  /** All launchers run the newest code, so each may use CPU to prepare for the next. */
  | { readonly type: 'prepare' }
  | { readonly type: 'beat' | 'restart' | 'inspect' | 'release' };

/** Options in pods. `npm run dev` finds a new pod and sends it the code within two seconds. */
export const podLauncher: Omit<LauncherOptions, keyof DevService> = {
  folder: '/dev-code',
  drainVariable: environment.drainSeconds,
  control: 9465,
  waitMs: 5000,
  leaseMs: 15_000,
};

/** Name of a volume that identifies pods in dev mode. */
export const launcherVolume = 'dev-launcher';

/** The launcher's files in the project, and the one that is run. */
export const launcherFolder = join('stack', 'workloads', 'devLauncher');
export const launcherFile = 'launcher.js';
