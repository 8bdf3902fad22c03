import type { Configuration } from '../../../stack/configuration/configuration';
import { readFacts } from '../../../stack/preflight/facts';
import { describeFaults, judge } from '../../../stack/preflight/preflight';
import { root, say } from './command';
import { readConfiguration } from './readConfiguration';
import { choosePorts, withPorts, writePorts } from './stackPorts';

/**
 * Tells what may surprise on this machine, and gives a new stack ports of its own. Returns its configuration.
 * @throws an Error with each fault that nothing can work with.
 */
export async function passPreflight(stack: string): Promise<Configuration> {
  const given = await readConfiguration(root, stack);
  const ports = await choosePorts(root, stack, given);
  const configuration = withPorts(given, ports);
  const faults = judge(await readFacts(configuration), configuration).filter((check) => !check.ok);
  const fatal = faults.filter((check) => check.fatal);
  if (fatal.length > 0) {
    throw new Error(
      `This machine is not ready. Nothing was changed.\n${describeFaults(fatal)}\n` +
        'All checks: npm run doctor. Without Docker, Minikube and Pulumi, npm start runs the service alone.',
    );
  }
  if (ports) {
    await writePorts(root, stack, ports);
    say(
      `Stack '${stack}' is new, and gets free ports: nodePort ${ports.nodePort} and registryPort ${ports.registryPort}, ` +
        `written to Pulumi.${stack}.yaml.\n`,
    );
  }
  if (faults.length > 0) say(`Good to know:\n${describeFaults(faults)}\n`);
  return configuration;
}
