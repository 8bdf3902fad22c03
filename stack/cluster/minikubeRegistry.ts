import { randomUUID } from 'node:crypto';
import type * as pulumi from '@pulumi/pulumi';
import { registryName } from './minikube';
import { DynamicResource, hasOtherProvider } from './resources';
import { output } from './run';
import { until } from './until';

export interface MinikubeRegistryInputs {
  readonly profile: string;
  /** On 127.0.0.1 of the Docker engine's machine. */
  readonly port: number;
}

export interface MinikubeRegistryState extends MinikubeRegistryInputs {
  /** Of the volume: another identity is a registry without the images of before. */
  readonly identity: string;
}

const image = 'registry:3.1.1';

/** Both the container and the volume have it, with the profile as its value. */
const label = 'webstack.registry';

/** Milliseconds until a new registry answers: it starts within a second, on a busy machine within a few. */
const startMs = 60_000;

/**
 * Connects the registry to the network of `profile`, if there is one yet. Its address is fixed: Minikube gives the first ones to
 * nodes, and a registry that starts before them, as after a restart of Docker, must not take theirs.
 * @returns the address; `undefined` if there is no network
 */
export async function connectRegistry(profile: string): Promise<string | undefined> {
  const name = registryName(profile);
  const list = ['network', 'ls', '--quiet', `--filter=name=^${profile}$`];
  if ((await output('docker', list)).trim() === '') return undefined;
  const [network] = JSON.parse(await output('docker', ['network', 'inspect', profile])) as [Network];
  const address = network.IPAM.Config[0].Gateway.replace(/\d+$/, '250');
  const isConnected = Object.values(network.Containers).some(({ Name }) => Name === name);
  if (!isConnected) await output('docker', ['network', 'connect', `--ip=${address}`, profile, name]);
  return address;
}

interface Network {
  readonly Containers: Readonly<Record<string, { readonly Name: string }>>;
  readonly IPAM: { readonly Config: readonly [{ readonly Gateway: string }] };
}

/** Starts the registry anew, with the images of its volume. */
async function start({ profile, port }: MinikubeRegistryInputs): Promise<MinikubeRegistryState> {
  const name = registryName(profile);
  const owner = await readContainer(name);
  if (owner !== undefined && owner.profile !== profile) {
    throw new Error(
      `Docker has a container '${name}', and this stack did not make it. Remove it (docker rm --force ${name}), ` +
        'or choose another profile: pulumi config set profile NAME',
    );
  }
  const identity = (await readIdentity(name)) || randomUUID();
  const labels = [`--label=${label}=${profile}`, `--label=identity=${identity}`];
  await output('docker', ['volume', 'create', ...labels, name]);
  await output('docker', ['rm', '--force', name]);
  await output('docker', [
    'run',
    '--detach',
    `--name=${name}`,
    ...labels,
    '--restart=unless-stopped',
    `--publish=127.0.0.1:${port}:5000`,
    `--volume=${name}:/var/lib/registry`,
    '--env=OTEL_TRACES_EXPORTER=none', // it would look for a collector
    '--memory=256m',
    '--read-only',
    '--cap-drop=ALL',
    '--security-opt=no-new-privileges',
    image,
  ]);
  await connectRegistry(profile);
  await until('the registry answers', () => answers(port), startMs).catch(async () => {
    const log = await output('docker', ['logs', '--tail=20', name]);
    throw new Error(
      `The image registry did not answer on 127.0.0.1:${port} within ${startMs / 1000} s. Its log:\n${log}`,
    );
  });
  return { profile, port, identity };
}

function answers(port: number): Promise<boolean> {
  const options = { headers: { Connection: 'close' }, signal: AbortSignal.timeout(3000) };
  return fetch(`http://127.0.0.1:${port}/v2/`, options).then(
    ({ ok }) => ok,
    () => false,
  );
}

/** The profile that the container was made for, empty if it is not a registry of ours, and whether it runs. */
async function readContainer(name: string): Promise<{ profile: string; running: boolean } | undefined> {
  const format = `--format={{.State}} {{.Label "${label}"}}`;
  const [state, profile = ''] = (await output('docker', ['ps', '--all', `--filter=name=^${name}$`, format]))
    .trim()
    .split(' ');
  return state ? { profile, running: state === 'running' } : undefined;
}

/** Empty if there is no volume. */
async function readIdentity(name: string): Promise<string> {
  const format = '--format={{.Label "identity"}}';
  return (await output('docker', ['volume', 'ls', `--filter=name=^${name}$`, format])).trim();
}

/** Removes the registry of `profile`, and its images, if there is one. */
export async function removeRegistry(profile: string): Promise<void> {
  const name = registryName(profile);
  if ((await readContainer(name))?.profile === profile) await output('docker', ['rm', '--force', name]);
  if (await readIdentity(name)) await output('docker', ['volume', 'rm', '--force', name]);
}

type Provider = pulumi.dynamic.ResourceProvider<MinikubeRegistryInputs, MinikubeRegistryState>;

export const minikubeRegistryProvider: Provider = {
  async diff(_id, olds, news) {
    if (olds.profile !== news.profile) return { changes: true, replaces: ['profile'], deleteBeforeReplace: true };
    const name = registryName(olds.profile);
    const [container, identity] = await Promise.all([readContainer(name), readIdentity(name)]);
    const isGone = !container?.running || identity !== olds.identity;
    return { changes: isGone || olds.port !== news.port || hasOtherProvider(olds, news) };
  },
  async create(inputs) {
    return { id: registryName(inputs.profile), outs: { ...inputs, ...(await start(inputs)) } };
  },
  async update(_id, _olds, news) {
    return { outs: { ...news, ...(await start(news)) } };
  },
  async delete(_id, { profile }) {
    await removeRegistry(profile);
  },
};

/**
 * The image registry of a Minikube cluster: a container beside the node, on Minikube's network. Images can be pushed while the
 * cluster starts, and outlive it. Made again with its images when it was removed.
 */
export class MinikubeRegistry extends DynamicResource {
  declare readonly identity: pulumi.Output<string>;

  constructor(name: string, inputs: MinikubeRegistryInputs, opts: pulumi.CustomResourceOptions) {
    super('minikube:Registry', name, { ...inputs, identity: undefined }, opts);
  }
}
