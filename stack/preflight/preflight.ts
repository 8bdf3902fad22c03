import { RunError } from '@pulumi/pulumi';
import type { Configuration } from '../configuration/configuration';
import type { Check } from './check';
import { checkPorts, checkProfile } from './clusterChecks';
import { type Facts, readFacts } from './facts';
import {
  checkCertificates,
  checkDisk,
  checkDocker,
  checkEngine,
  checkProcessor,
  checkProgram,
  checkProxy,
} from './machineChecks';

/** Environment variable with the time, in milliseconds, at which a command has checked the machine before it called Pulumi. */
const passedVariable = 'WEBSTACK_PREFLIGHT_PASSED';

/** Milliseconds. Pulumi may have to download its plugins first. A variable that stays in an environment soon has no effect. */
const passedFor = 10 * 60_000;

/** Environment with which the Pulumi program does not check the machine again: a command has done so at `now`. */
export function passedPreflight(now = Date.now()): NodeJS.ProcessEnv {
  return { [passedVariable]: String(now) };
}

const fetchPrograms = 'npm run up -- --fetch installs it for this project only; or install it:';

/** All checks of `facts`. For an existing cluster, only those of this machine. */
export function judge(facts: Facts, { cluster, database, stack }: Configuration): Check[] {
  const { docker } = facts;
  const common = [
    checkProgram('Node', 'node', facts, 'Install a newer Node: https://nodejs.org'),
    checkProgram('Pulumi CLI', 'pulumi', facts, `${fetchPrograms} https://www.pulumi.com/docs/install`),
    checkDocker(docker),
    checkDisk(facts),
  ];
  if (cluster.kind === 'existing') return [...common, checkProxy(facts)];
  return [
    ...common,
    checkProgram('Minikube', 'minikube', facts, `${fetchPrograms} https://minikube.sigs.k8s.io/docs/start`),
    ...(docker.state === 'running' ? checkEngine(docker, facts) : []),
    ...(database.kind === 'mongo' ? checkProcessor(facts, database, stack) : []),
    ...checkPorts(facts, cluster, stack),
    checkProfile(facts, cluster, stack),
    checkProxy(facts),
    checkCertificates(facts),
  ];
}

/** Each of `checks` with its remedy, two lines each. */
export function describeFaults(checks: readonly Check[]): string {
  return checks
    .map(({ name, found, needed, remedy }) => `  - ${name}: found ${found}; needed ${needed}.\n    ${remedy}`)
    .join('\n');
}

/**
 * Checks, before any change, that a stack with `configuration` can run on this machine. Returns warnings; '' without any.
 * @throws one Error with each fatal fault and its remedy.
 */
export async function assertPreflight(configuration: Configuration): Promise<string> {
  const age = Date.now() - Number(process.env[passedVariable] ?? 0);
  if (age >= 0 && age < passedFor) return '';
  const faults = judge(await readFacts(configuration), configuration).filter((check) => !check.ok);
  const fatal = faults.filter((check) => check.fatal);
  if (fatal.length > 0) {
    throw new RunError(
      `This machine is not ready. Nothing was changed.\n${describeFaults(fatal)}\n` +
        'All checks: npm run doctor. Without Docker, Minikube and Pulumi, npm start runs the service without a cluster.',
    );
  }
  return faults.length > 0 ? `Notes:\n${describeFaults(faults)}\n` : '';
}
