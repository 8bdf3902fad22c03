import { registryName } from '../cluster/minikube';
import { minikubeHome } from '../cluster/minikubeLocation';
import type { MinikubeConfiguration } from '../configuration/configuration';
import { configSet } from '../configuration/reader';
import { type Check, check, unknown } from './check';
import { containersOf } from './docker';
import type { Facts } from './facts';

/** Whether the container of the profile's name belongs to this Minikube folder. All users of an engine share its names. */
function isOwn({ profiles, ownsContainer }: Facts, profile: string): boolean {
  return ownsContainer ?? (!(profiles instanceof Error) && profiles.includes(profile));
}

/** The stack's ports on 127.0.0.1 are free, or published by its own cluster's containers. */
export function checkPorts(facts: Facts, cluster: MinikubeConfiguration, stack: string): Check[] {
  const extra = cluster.extraNodePorts.map((port) => ['extraNodePorts', port] as const);
  const ports = [['nodePort', cluster.nodePort] as const, ...extra, ['registryPort', cluster.registryPort] as const];
  return ports.map(([key, port]) => {
    const container = containersOf(facts.docker).find(({ ports }) => ports.includes(port))?.name;
    const own =
      container === registryName(cluster.profile) || (container === cluster.profile && isOwn(facts, container));
    const holder = container ? `container ${container}` : facts.holders.get(port);
    const found = own ? "this stack's cluster" : holder ? `held by ${holder}` : 'free';
    const other = key === 'registryPort' ? port + 1 : Math.min(port + 1, 32767);
    const remedy = `Use another port: ${configSet(stack, `${key} ${other}`)}`;
    return check(`port ${port}`, found, `free, for ${key}`, !own && holder && remedy);
  });
}

/** The profile is absent, or the stack's. Other clusters and volumes are never taken over. */
export function checkProfile(facts: Facts, { profile }: MinikubeConfiguration, stack: string): Check {
  const { profiles, ownsProfile, docker } = facts;
  const result = (found: string, remedy?: string): Check =>
    check('Minikube profile', found, `${profile}, absent or this stack's`, remedy);
  const rename = `Use another name: ${configSet(stack, `profile ${profile.slice(0, 61)}-2`)}`;
  const ifOurs = 'If this stack created it: set MINIKUBE_HOME as it was then';
  if (profiles instanceof Error)
    return result(`no list of profiles: ${profiles.message}`, 'Let your user read that folder');
  if (ownsProfile instanceof Error)
    return result(`no state of the stack: ${ownsProfile.message}`, 'See why: npm run pulumi -- stack export');
  if (docker.state !== 'running') return result(unknown);
  if (docker.containers.some(({ name }) => name === profile) && !isOwn(facts, profile))
    return result(
      `a cluster outside ${minikubeHome()}: another user's, or created with another MINIKUBE_HOME`,
      `${rename}. ${ifOurs}`,
    );
  if (profiles.includes(profile)) {
    const lost = `If it belongs to a stack whose state is lost, and its data is not needed: minikube delete -p ${profile}`;
    return ownsProfile === false ? result('not created by this stack', `${rename}. ${lost}`) : result('present');
  }
  if (docker.volumes.includes(profile))
    return result(
      'absent, but Docker has a volume of that name, with the data of another cluster',
      `${rename}. ${ifOurs}. If its data is not needed: docker volume rm ${profile}`,
    );
  return result('absent');
}
