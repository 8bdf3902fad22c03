import { RunError } from '@pulumi/pulumi';
import type { Configuration } from '../configuration/configuration';
import type { Check } from './check';
import { checkPorts, checkProfile } from './clusterChecks';
import { checkDisk, checkDocker, checkEngine } from './dockerChecks';
import { type Facts, readFacts } from './facts';
import { checkCertificates, checkMinikube, checkProcessor, checkPrograms, checkProxy } from './machineChecks';

/** Environment variable with the time, in milliseconds, at which a command has checked the machine before it called Pulumi. */
const passedVariable = 'WEBSTACK_PREFLIGHT_PASSED';
/** Milliseconds. Pulumi may have to download its plugins first. A variable that stays in an environment soon has no effect. */
const passedFor = 10 * 60_000;

/** Environment in which Pulumi's program does not check the machine again: the checks have just passed. */
export function passedPreflight(now = Date.now()): NodeJS.ProcessEnv {
  return { [passedVariable]: String(now) };
}

/** Judges `facts`. With an existing cluster only what this machine does itself is checked. */
export function judge(facts: Facts, { cluster, database, stack }: Configuration): Check[] {
  const { docker } = facts;
  const common = [...checkPrograms(facts), checkDocker(facts), checkDisk(facts)];
  if (cluster.kind === 'existing') return [...common, checkProxy(facts)];
  return [
    ...common,
    checkMinikube(facts),
    ...(docker.state === 'running' ? checkEngine(docker, facts) : []),
    ...(database.kind === 'mongo' ? [checkProcessor(facts, database, stack)] : []),
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
 * Makes sure, before anything is changed, that a stack of `configuration` can run on this machine. Returns what may surprise, to be shown.
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
        'All checks: npm run doctor. Without Docker, Minikube and Pulumi, npm start runs the service alone.',
    );
  }
  return faults.length > 0 ? `Notes:\n${describeFaults(faults)}\n` : '';
}
