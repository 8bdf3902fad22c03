import type { Configuration, MinikubeConfiguration } from '../configuration/configuration';
import { configSet } from '../configuration/reader';
import { type Check, check, unknown } from './check';
import type { Facts } from './facts';

/** What Docker has under the profile's name. Names of containers and volumes are shared by all users of an engine. */
function ownership({ docker, profiles, ownsContainer }: Facts, profile: string) {
  const [containers, volumes] = docker.state === 'running' ? [docker.containers, docker.volumes] : [[], []];
  const known = !(profiles instanceof Error) && profiles.includes(profile);
  const container = containers.find(({ name }) => name === profile);
  const ours = known && ownsContainer !== false;
  return { known, container, ours, volume: volumes.some((name) => name === profile) };
}

/** The stack's ports on 127.0.0.1 are free, or published by its own cluster's container. */
export function checkPorts(facts: Facts, cluster: MinikubeConfiguration, { stack }: Configuration): Check[] {
  const { container: own, ours } = ownership(facts, cluster.profile);
  const containers = facts.docker.state === 'running' ? facts.docker.containers : [];
  return (['nodePort', 'registryPort'] as const).map((key) => {
    const port = cluster[key];
    const container = containers.find(({ ports }) => ports.includes(port));
    const holder = container ? `container ${container.name}` : facts.holders.get(port);
    const isOwn = ours && container !== undefined && container === own;
    const other = key === 'nodePort' ? Math.min(port + 1, 32767) : port + 1;
    const found = isOwn ? "this stack's cluster" : holder ? `held by ${holder}` : 'free';
    return check(`port ${port}`, found, `free, for ${key}`, {
      fails: !isOwn && holder !== undefined && `Stop that, or use another port: ${configSet(stack, `${key} ${other}`)}`,
    });
  });
}

/** The profile is absent, or the stack's: a cluster, or a volume with data, that is another's is never taken over. */
export function checkProfile(facts: Facts, { profile }: MinikubeConfiguration, { stack }: Configuration): Check {
  const { profiles, ownsProfile, minikube, host } = facts;
  const { known, container, ours, volume } = ownership(facts, profile);
  const fails = (found: string, remedy: string): Check =>
    check('Minikube profile', found, `${profile}, absent or this stack's`, { fails: remedy });
  const rename = `Use another name: ${configSet(stack, `profile ${profile.slice(0, 61)}-2`)}`;
  if (minikube === undefined) return check('Minikube profile', unknown, '');
  if (profiles instanceof Error)
    return fails(
      `a list that can't be read: ${profiles.message}`,
      'See what it prints: minikube profile list --output=json',
    );
  if (container && !ours)
    return fails(
      `a cluster that is not of ${host.minikubeHome}: another user's, or made with another MINIKUBE_HOME`,
      `${rename}. If this stack made it: set MINIKUBE_HOME as it was then`,
    );
  if (known && ownsProfile === false)
    return fails(
      'one that this stack did not make',
      `${rename}. If it is left of a stack whose state is lost, and its data is not needed: minikube delete -p ${profile}`,
    );
  if (!known && volume)
    return fails(
      'absent, but Docker has a volume of that name with the data of another cluster',
      `${rename}. If its data is not needed: docker volume rm ${profile}`,
    );
  return check('Minikube profile', known ? 'present' : 'absent', `${profile}, absent or this stack's`);
}
