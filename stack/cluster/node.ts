import { docker } from './run';

/** Runs a shell script, with `args` from `$0` on, as root on the node of `profile`. */
async function runOnNode(profile: string, script: string, ...args: readonly string[]): Promise<void> {
  await docker('exec', profile, 'sh', '-c', script, ...args);
}

/**
 * Pulls `image` on the node of `profile`, unless it is there. It may be any text: the shell does not interpret it.
 * @throws if it can't be pulled
 */
export async function pullOnNode(profile: string, image: string): Promise<void> {
  await runOnNode(profile, 'crictl inspecti -q "$0" >/dev/null 2>&1 || crictl pull "$0"', image);
}

/** Adds `host` to /etc/hosts of the node of `profile`. Docker resets the file when the node restarts. */
export async function addHost(profile: string, address: string, host: string): Promise<void> {
  await runOnNode(profile, 'grep -qxF "$0" /etc/hosts || echo "$0" >> /etc/hosts', `${address} ${host}`);
}

/** Sets the CPU and memory limits of the node of `profile`, running or stopped. */
export async function resize(profile: string, { cpus, memory }: { cpus: number; memory: number }): Promise<void> {
  await docker('update', `--cpus=${cpus}`, `--memory=${memory}m`, `--memory-swap=${memory}m`, profile);
}

/**
 * Prepares the node of `profile` after its container runtime is configured, before kubeadm runs. Failures are ignored.
 * @param images are pulled while Kubernetes starts
 */
export function prepareNode(profile: string, images: readonly string[]): void {
  const work = [refuseUntilForwarded(profile), awaitContainerd(profile)];
  for (const step of [...work, ...images.map((image) => pullOnNode(profile, image))]) step.catch(() => undefined);
}

/**
 * Makes the node refuse connections to the API server's Service until kube-proxy forwards them. Otherwise they leave the node and get no
 * response: pods that start before kube-proxy, such as CoreDNS and the volume provisioner, would wait for 30 s. The address is Minikube's
 * default.
 */
async function refuseUntilForwarded(profile: string): Promise<void> {
  const address = '10.96.0.1';
  // The node's own connections have a rule before, and are refused by iptables: kube-proxy forwards them after they are routed.
  const rule = `ip rule add to ${address} pref`;
  const script = `${rule} 100 iif lo lookup main && ${rule} 101 unreachable && iptables -A OUTPUT -d ${address} -j REJECT`;
  await runOnNode(profile, script);
}

/**
 * Makes systemd wait at each start of containerd until it responds. On a stopped node, Minikube restarts it, connects at once, and waits
 * 5 to 15 s if that fails.
 */
async function awaitContainerd(profile: string): Promise<void> {
  const folder = '/etc/systemd/system/containerd.service.d';
  const unit = `[Service]\\nExecStartPost=-timeout 30 sh -c "until crictl version; do sleep 0.1; done"\\n`;
  const write = `mkdir -p ${folder} && printf '${unit}' > ${folder}/ready.conf`;
  await runOnNode(profile, write);
}
