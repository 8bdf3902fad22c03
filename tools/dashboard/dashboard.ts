import { say } from '../cli/shared/cli';
import { freePort } from '../cli/shared/configuration';
import { StackCluster } from '../cli/shared/kubernetes';
import type { StackOutputs } from '../cli/shared/pulumi';
import { observeCluster } from './clusterObserver';
import { followMarks } from './marks';
import { serve } from './server';

const nothing = { scaling: '', pods: [], database: [], events: [], marks: [], samples: [], logs: [], logsClosed: 0 };

/** Starts the dashboard of `stack` on the first port from 4040 on that is free, and says where it is. */
export async function startDashboard(stack: string, outputs: StackOutputs) {
  const port = await freePort(4040);
  const url = `http://127.0.0.1:${port}`;
  const server = await serve({ ...nothing, stack, url: outputs.url, lostAt: Date.now() }, port);
  const end = new AbortController();
  end.signal.addEventListener('abort', () => server.close());
  process.once('exit', () => end.abort());
  observeCluster(new StackCluster(outputs), followMarks(stack, end.signal), server.add, end.signal);
  say(`Dashboard: ${url}`);
  return { url, close: () => end.abort() };
}
