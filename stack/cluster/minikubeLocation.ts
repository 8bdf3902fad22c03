import type * as pulumi from '@pulumi/pulumi';
import { minikubeHome } from './minikubeHome';
import { DynamicResource, hasOtherProvider } from './resources';
import { output, readVariable } from './run';

/** Where the files and the container of a cluster are. With others its profile is not seen, or is another's. */
export interface Location {
  /** Minikube's folder. */
  readonly home: string;
  /** Id of the Docker engine; empty if it has none. */
  readonly engine: string;
  /** Address of the engine, for messages. */
  readonly endpoint: string;
}

export interface MinikubeLocationInputs {
  readonly profile: string;
}

type MinikubeLocationState = MinikubeLocationInputs & Location;

/** Why a cluster that was made at `recorded` can't be reached from `current`; undefined if it can. */
export function explainMove(profile: string, recorded: Partial<Location>, current: Location): string | undefined {
  const { home = current.home, engine = current.engine, endpoint } = recorded;
  const back = [
    ...(home === current.home ? [] : [`MINIKUBE_HOME is ${current.home}, and was ${home}`]),
    ...(engine === current.engine ? [] : [`Docker's engine is at ${current.endpoint}, and was at ${endpoint}`]),
  ];
  if (back.length === 0) return undefined;
  return (
    `The cluster of Minikube profile '${profile}' is not where it was made: ${back.join('; ')}. Nothing was changed. ` +
    'Restore that setting (MINIKUBE_HOME, DOCKER_HOST, docker context use). If it is gone for good, with its data: pulumi stack rm --force'
  );
}

export async function readLocation(): Promise<Location> {
  const [engine, context] = await Promise.all([
    output('docker', ['info', '--format', '{{.ID}}']),
    output('docker', ['context', 'inspect', '--format', '{{.Endpoints.docker.Host}}']),
  ]);
  return { home: minikubeHome(), engine: engine.trim(), endpoint: readVariable('DOCKER_HOST') ?? context.trim() };
}

export const minikubeLocationProvider: pulumi.dynamic.ResourceProvider<MinikubeLocationInputs, MinikubeLocationState> =
  {
    async diff(_id, olds, news) {
      const moved = olds.profile !== news.profile;
      return { changes: moved || hasOtherProvider(olds, news), replaces: moved ? ['profile'] : [] };
    },
    async create(inputs) {
      return { id: inputs.profile, outs: { ...inputs, ...(await readLocation()) } };
    },
    async update(_id, olds, news) {
      return { outs: { ...olds, ...news } };
    },
    async delete(profile, state) {
      const move = explainMove(profile, state, await readLocation());
      if (move) throw new Error(move);
    },
  };

/**
 * Where the cluster is. As it depends on all else, a destroy deletes it first, and alone: from elsewhere, where the cluster is
 * not seen, the destroy ends here, before it drops passwords and all that is deleted with the cluster from the state.
 */
export class MinikubeLocation extends DynamicResource {
  constructor(name: string, inputs: pulumi.Inputs & MinikubeLocationInputs, opts: pulumi.CustomResourceOptions) {
    super('minikube:Location', name, inputs, opts);
  }
}
