import { RunError } from '@pulumi/pulumi';
import type { Configuration } from '../configuration/configuration';
import type { Check } from './check';
import { checkCapacity, checkDisk } from './checks/capacity';
import { checkDocker, checkDockerPlace } from './checks/docker';
import { checkClock, checkStorage } from './checks/engine';
import { checkCertificates, checkProxy } from './checks/network';
import { checkNode } from './checks/node';
import { checkPorts } from './checks/ports';
import { checkCgroup, checkProcessor } from './checks/processor';
import { checkLeftovers, checkProfile } from './checks/profile';
import { checkMinikube, checkPulumi } from './checks/programs';
import { type Facts, readFacts } from './facts/facts';

/** Judges `facts`. Of a cluster that is there already only this machine's part is checked. */
export function judge(facts: Facts, configuration: Configuration): Check[] {
  const { cluster } = configuration;
  const here = [checkNode(facts), checkPulumi(facts), checkDocker(facts)];
  if (cluster.kind === 'existing') return [...here, checkDisk(facts), checkProxy(facts)];
  return [
    ...here,
    checkMinikube(facts),
    checkDockerPlace(facts),
    ...checkCapacity(facts, cluster),
    checkDisk(facts),
    checkStorage(facts),
    checkCgroup(facts, cluster.kubernetesVersion),
    checkProcessor(facts, configuration),
    checkClock(facts),
    ...checkPorts(facts, cluster),
    checkProfile(facts, cluster),
    checkLeftovers(facts, cluster),
    checkProxy(facts),
    checkCertificates(facts),
  ];
}

/** What stands between `checks` and a cluster, in a sentence each. */
export function describeFaults(checks: readonly Check[]): string {
  return checks
    .map(({ name, found, needed, remedy }) => `  - ${name}: found ${found}; needed ${needed}.\n    ${remedy}`)
    .join('\n');
}

/**
 * Makes sure, before anything is changed, that a stack of `configuration` can run on this machine.
 * @throws one Error with each fatal fault and its remedy.
 */
export async function assertPreflight(configuration: Configuration): Promise<void> {
  const fatal = judge(await readFacts(configuration), configuration).filter((check) => check.fatal);
  if (fatal.length > 0) throw new RunError(`This machine is not ready. Nothing was changed.\n${describeFaults(fatal)}`);
}
