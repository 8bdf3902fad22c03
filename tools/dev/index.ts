import { spawn } from 'node:child_process';
import { relative, resolve } from 'node:path';
import { styleText } from 'node:util';
import type { V1Pod } from '@kubernetes/client-node';
import { isTypeScript } from '../../stack/configuration/service';
import { type DevService, launcherVariable, podLauncher } from '../../stack/workloads/launcher';
import { flag, npmRun, option, readOptions, root, runCommand, say } from '../cli/shared/cli';
import { readConfiguration } from '../cli/shared/configuration';
import { followLogs, formatForPeople } from '../cli/shared/followLogs';
import { StackCluster, unanswered } from '../cli/shared/kubernetes';
import { isInDevMode } from '../cli/shared/pods';
import { onSignal, runUp } from '../cli/shared/process';
import { readOutputs } from '../cli/shared/pulumi';
import { recordMark } from '../dashboard/marks';
import { Session } from './session';

const usage = `npm run dev: makes each save of a service live in all of its pods, without an image build or a rollout.

  npm run dev -- --service shop  a service other than web
  npm run dev -- --no-logs       without the pods' logs
  npm run dev -- --inspect       with a debugger of one pod on 127.0.0.1:9229
  npm run dev -- --dashboard     with the dashboard`;

/** Node's default port for debuggers, and a port for requests to the debugged pod. */
const [inspectorPort, podPort] = [9229, 9228];
/** Messages of the service at each save, which are not shown. */
const ofReplacement = /"msg":"(listening|draining|stopped)"/;
const colours = ['cyan', 'magenta', 'blue', 'yellow', 'green'] as const;

runCommand(async () => {
  const service = { ...option, default: 'web' } as const;
  const options = readOptions(usage, { service, 'no-logs': flag, inspect: flag, dashboard: flag });
  const { stack, service: name, inspect, dashboard, 'no-logs': noLogs } = options;
  const { service: web, cluster: target } = await readConfiguration(root, stack);
  if (target.kind === 'existing')
    throw new Error(`Dev mode is for Minikube, not for existing clusters. After a change: ${npmRun('up', stack)}`);
  if (name === 'web' && !isTypeScript(web.source))
    throw new Error(`Dev mode is for TypeScript services. After a change in ${web.source}: ${npmRun('up', stack)}`);
  const code = await runUp(stack, '--dev');
  if (code !== 0) return code;

  const outputs = await readOutputs(stack);
  const cluster = new StackCluster(outputs);
  const selector = `app.kubernetes.io/name=${name}`;
  const { source, port } = await readDevService(cluster, name, selector);
  const url = outputs.services[name]?.url;
  let inspected: { readonly pod: string; readonly port: number } | undefined;
  const session = new Session({
    root,
    entry: relative(root, resolve(root, source)),
    unsent: {
      paths: ['stack', 'package.json', 'Pulumi.yaml', `Pulumi.${stack}.yaml`],
      remedy: 'To deploy it, restart this command.',
    },
    say,
    onMessage(target, message) {
      if (message.type === 'live') recordMark(stack, { kind: 'save', object: target.name, text: message.hash });
      if (message.type === 'inspecting') inspected = { pod: target.name, port: message.port };
      else if (inspect && message.type === 'live' && !session.targets.has(inspected?.pod ?? ''))
        target.send({ type: 'inspect' });
    },
  });
  await session.start();
  if (dashboard) await (await import('../dashboard/dashboard.js')).startDashboard(stack, outputs);
  if (inspect) {
    const pod = (): string => inspected?.pod ?? '';
    await cluster.forwardFrom(inspectorPort, () => cluster.forward(pod(), inspected?.port ?? 0));
    await cluster.forwardFrom(podPort, () => cluster.forward(pod(), port));
    say(`Debugger: 127.0.0.1:${inspectorPort}. Requests to http://127.0.0.1:${podPort} go to the debugged pod.`);
  }
  const colourOf = new Map<string, (typeof colours)[number]>();
  const lose = ({ metadata }: V1Pod): void => session.remove(metadata?.name ?? '');
  const see = (pod: V1Pod): void => {
    const { metadata: { name = '', deletionTimestamp } = {}, status } = pod;
    if (deletionTimestamp !== undefined || status?.phase !== 'Running') lose(pod);
    else if (isInDevMode(pod) && !session.targets.has(name)) {
      colourOf.set(name, colours[colourOf.size % colours.length] ?? 'cyan');
      session.add(name, () => cluster.forward(name, podLauncher.control));
    }
  };
  const pods = cluster.watchPods(selector, see, lose);
  const logs = noLogs
    ? pods
    : followLogs(cluster, selector, (line) => {
        if (ofReplacement.test(line.text)) return;
        const text = formatForPeople(line);
        say(process.stdout.isTTY ? styleText(colourOf.get(line.pod) ?? 'white', text) : text);
      });
  say(`\nEach save of ${name} is live in all of its pods${url === undefined ? '' : `: ${url}`}`);
  say(process.stdin.isTTY ? 'o: open the URL, r: restart the code, q: quit\n' : 'Ctrl-C stops it.\n');
  const ended = Promise.race([pods, logs, quit(session, url)]).catch(unanswered(stack));
  const fault = await ended.catch((error: Error) => error);
  await session.close();
  if (fault === undefined) say(`The pods return to the deployed code. To end dev mode: ${npmRun('up', stack)}`);
  else process.stderr.write(`${fault.message}\n`);
  process.exit(fault === undefined ? 0 : 1); // ends logs and watches
});

/**
 * Source and port of service `name`, from the environment of its pods.
 * @throws if none of them is in dev mode.
 */
async function readDevService(cluster: StackCluster, name: string, selector: string): Promise<DevService> {
  const pod = (await cluster.pods(selector)).find(isInDevMode);
  const options = pod?.spec?.containers[0]?.env?.find((variable) => variable.name === launcherVariable)?.value;
  if (options !== undefined) return JSON.parse(options) as DevService;
  throw new Error(`No pod of '${name}' is in dev mode. Give its WebService \`dev\` in stack/index.ts: see docs/dev.md`);
}

/** Resolves at a key or signal that ends the command. */
function quit(session: Session, url: string | undefined): Promise<void> {
  const open = { darwin: 'open', win32: 'explorer' }[process.platform as string] ?? 'xdg-open';
  return new Promise((resolve) => {
    onSignal(() => resolve());
    if (!process.stdin.isTTY) return;
    process.stdin
      .setRawMode(true)
      .setEncoding('utf8')
      .on('data', (key: string) => {
        if (key === 'q' || key === '\u0003') resolve(); // in raw mode, Ctrl-C is a key
        if (key === 'o' && url !== undefined)
          spawn(open, [url], { stdio: 'ignore', detached: true }).on('error', () => say(url));
        if (key === 'r') for (const target of session.targets.values()) target.send({ type: 'restart' });
      });
  });
}
