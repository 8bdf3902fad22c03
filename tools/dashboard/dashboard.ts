import getPort, { portNumbers } from 'get-port';
import { say } from '../cli/shared/cli';
import { StackCluster } from '../cli/shared/kubernetes';
import type { StackOutputs } from '../cli/shared/pulumi';
import { ClusterObserver } from './clusterObserver';
import { Feed } from './feed';
import { followMarks } from './marks';
import { serveDashboard } from './server';

export interface Dashboard {
  readonly url: string;
  close(): void;
}

/** Starts the dashboard of `stack`, and says where it is. @param port default: the first from 4040 on that is free */
export async function startDashboard(stack: string, outputs: StackOutputs, port?: number): Promise<Dashboard> {
  const cluster = new StackCluster(outputs);
  const feed = new Feed({ stack, url: outputs.url });
  const chosen = port ?? (await getPort({ host: '127.0.0.1', port: portNumbers(4040, 4099) }));
  const server = await serveDashboard(feed, chosen);
  const observer = new ClusterObserver(cluster, feed);
  observer.start();
  const endMarks = followMarks(stack, (mark) => {
    feed.addEvent(mark);
    if (mark.reason === 'save') void observer.readDevCode();
  });
  say(`Dashboard: ${server.url}`);
  const close = (): void => {
    endMarks();
    observer.close();
    feed.close();
    server.close();
  };
  process.once('exit', endMarks);
  return { url: server.url, close };
}
