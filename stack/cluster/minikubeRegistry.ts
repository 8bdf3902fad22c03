import { randomUUID } from 'node:crypto';
import type * as pulumi from '@pulumi/pulumi';
import { registryName } from './minikube';
import { DynamicResource } from './resources';
import { docker } from './run';
import { until } from './until';

export interface MinikubeRegistryInputs {
  readonly profile: string;
  /** Port on 127.0.0.1 of the Docker engine's machine. */
  readonly port: number;
}

export interface MinikubeRegistryState extends MinikubeRegistryInputs {
  /** Id of the volume. A new one means that earlier images are gone. */
  readonly identity: string;
}

const image = 'registry:3.1.1';

/** Milliseconds until a new registry answers: it starts within a second, on a busy machine within a few. */
const startMs = 60_000;

/** The label that the container has. */
const labelOf = (profile: string): string => `webstack.registry=${profile}`;

/**
 * Connects the registry to the network of `profile`, if that exists yet. The address is fixed: Minikube gives the first addresses to
 * nodes, and after a restart of Docker the registry may start before them.
 * @returns the address; `undefined` if there is no network
 */
export async function connectRegistry(profile: string): Promise<string | undefined> {
  if (!(await docker('network', 'ls', '--quiet', `--filter=name=^${profile}$`))) return undefined;
  const format = '--format={{(index .IPAM.Config 0).Gateway}} {{range .Containers}}{{.Name}} {{end}}';
  const [gateway = '', ...connected] = (await docker('network', 'inspect', format, profile)).split(' ');
  const address = gateway.replace(/\d+$/, '250');
  const name = registryName(profile);
  if (!connected.includes(name)) await docker('network', 'connect', `--ip=${address}`, profile, name);
  return address;
}

/** Recreates the registry, with the images in its volume. Docker refuses if another container has its name. */
async function start({ profile, port }: MinikubeRegistryInputs): Promise<MinikubeRegistryState> {
  const name = registryName(profile);
  const identity = (await readIdentity(name)) || randomUUID();
  await docker('volume', 'create', `--label=identity=${identity}`, name);
  await removeContainer(profile);
  const container = [`--name=${name}`, `--label=${labelOf(profile)}`, '--detach', '--restart=unless-stopped'];
  const reach = [`--publish=127.0.0.1:${port}:5000`, `--volume=${name}:/var/lib/registry`];
  const limits = ['--memory=256m', '--read-only', '--cap-drop=ALL', '--security-opt=no-new-privileges'];
  const noTraces = '--env=OTEL_TRACES_EXPORTER=none'; // it would look for a collector
  await docker('run', ...container, ...reach, ...limits, noTraces, image);
  await connectRegistry(profile);
  const url = `http://127.0.0.1:${port}/v2/`;
  const send = () => fetch(url, { headers: { Connection: 'close' }, signal: AbortSignal.timeout(3000) });
  await until('the registry answers', async () => (await send().catch(() => undefined))?.ok, startMs).catch(
    async () => {
      const log = await docker('logs', '--tail=20', name);
      throw new Error(`The image registry did not answer on ${url} within ${startMs / 1000} s. Its log:\n${log}`);
    },
  );
  return { profile, port, identity };
}

/** Empty if there is no volume. */
function readIdentity(name: string): Promise<string> {
  return docker('volume', 'ls', `--filter=name=^${name}$`, '--format={{.Label "identity"}}');
}

async function removeContainer(profile: string): Promise<void> {
  const id = await docker('ps', '--all', '--quiet', `--filter=label=${labelOf(profile)}`);
  if (id) await docker('rm', '--force', id);
}

/** Removes the registry of `profile`, and its images, if there is one. */
export async function removeRegistry(profile: string): Promise<void> {
  const name = registryName(profile);
  await removeContainer(profile);
  if (await readIdentity(name)) await docker('volume', 'rm', '--force', name);
}

type Provider = pulumi.dynamic.ResourceProvider<MinikubeRegistryInputs, MinikubeRegistryState>;

export const minikubeRegistryProvider: Provider = {
  async diff(_id, olds, news) {
    if (olds.profile !== news.profile) return { changes: true, replaces: ['profile'], deleteBeforeReplace: true };
    const [running, identity] = await Promise.all([
      docker('ps', '--quiet', '--filter=status=running', `--filter=label=${labelOf(olds.profile)}`),
      readIdentity(registryName(olds.profile)),
    ]);
    const isGone = !running || identity !== olds.identity;
    return { changes: isGone || olds.port !== news.port };
  },
  async create(inputs) {
    return { id: registryName(inputs.profile), outs: await start(inputs) };
  },
  async update(_id, _olds, news) {
    return { outs: await start(news) };
  },
  async delete(_id, { profile }) {
    await removeRegistry(profile);
  },
};

/**
 * The image registry of a Minikube cluster: a container on Minikube's network. Images can be pushed while the cluster starts, and survive
 * it. A removed container is recreated with its images.
 */
export class MinikubeRegistry extends DynamicResource {
  declare readonly identity: pulumi.Output<string>;

  constructor(name: string, inputs: MinikubeRegistryInputs, opts: pulumi.CustomResourceOptions) {
    super('minikube:Registry', name, { ...inputs, identity: undefined }, opts);
  }
}
