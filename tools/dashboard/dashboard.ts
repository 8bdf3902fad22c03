import { once } from 'node:events';
import { say } from '../cli/shared/cli';
import { freePort } from '../cli/shared/configuration';
import { StackCluster } from '../cli/shared/kubernetes';
import { signals } from '../cli/shared/process';
import type { StackOutputs } from '../cli/shared/pulumi';
import { codeOf, observeCluster } from './clusterObserver';
import { Feed } from './feed';
import { followMarks } from './marks';
import { serve } from './server';

/** Starts the dashboard of `stack` on the first port from 4040 on that is free, and says where it is. */
export async function startDashboard(stack: string, outputs: StackOutputs, withLogs = true) {
  const feed = new Feed({ stack, url: outputs.url });
  const port = await freePort(4040);
  const { url, close } = await serve(feed, port);
  const end = new AbortController();
  end.signal.addEventListener('abort', close);
  end.signal.addEventListener('abort', () => feed.close());
  process.once('exit', () => end.abort());
  observeCluster(new StackCluster(outputs), feed, end.signal, withLogs);
  followMarks(stack, (marks) => feed.set({ marks, code: codeOf(feed.state.pods, marks) }), end.signal);
  say(`Dashboard: ${url}`);
  return { url, close: () => end.abort() };
}

/** Ends the process with `code` at the next Ctrl-C: watches have no end of their own. */
export async function exitOnSignal(code: number): Promise<never> {
  await Promise.race(signals.map((signal) => once(process, signal)));
  process.exit(code);
}
