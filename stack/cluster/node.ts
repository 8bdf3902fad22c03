import { docker } from './run';

/** Runs a shell script, with `args` from `$0` on, as root on the node of `profile`. */
async function runOnNode(profile: string, script: string, ...args: readonly string[]): Promise<void> {
  await docker('exec', profile, 'sh', '-c', script, ...args);
}

/**
 * Makes the node of `profile` have `image`, which may be any text.
 * @throws if it can't be pulled
 */
export async function pullOnNode(profile: string, image: string): Promise<void> {
  await runOnNode(profile, 'crictl inspecti -q "$0" >/dev/null 2>&1 || crictl pull "$0"', image);
}

/** Makes the node of `profile` know `host` by its address, whatever resolver it has. Docker forgets it when the node restarts. */
export async function addHost(profile: string, address: string, host: string): Promise<void> {
  await runOnNode(profile, 'grep -qxF "$0" /etc/hosts || echo "$0" >> /etc/hosts', `${address} ${host}`);
}

/** Sets what the running or stopped node of `profile` may use. */
export async function resize(profile: string, { cpus, memory }: { cpus: number; memory: number }): Promise<void> {
  await docker('update', `--cpus=${cpus}`, `--memory=${memory}m`, `--memory-swap=${memory}m`, profile);
}

/**
 * Prepares the node of `profile` for Kubernetes, as far as that works: its container runtime is configured, and kubeadm has not run.
 * @param images that it pulls while Kubernetes starts
 */
export function prepareNode(profile: string, images: readonly string[]): void {
  const work = [refuseUntilForwarded(profile), awaitContainerd(profile)];
  for (const step of [...work, ...images.map((image) => pullOnNode(profile, image))]) step.catch(() => undefined);
}

/**
 * Makes the node refuse connections to the API server's Service while kube-proxy does not forward them. They would leave the node, and get
 * no answer: what starts before kube-proxy, such as CoreDNS and the provisioner of volumes, would wait for 30 s. The address is
 * Minikube's default.
 */
async function refuseUntilForwarded(profile: string): Promise<void> {
  const address = '10.96.0.1';
  // The node's own connections have a rule before, and are refused by iptables: kube-proxy forwards them after they are routed.
  const rule = `ip rule add to ${address} pref`;
  const script = `${rule} 100 iif lo lookup main && ${rule} 101 unreachable && iptables -A OUTPUT -d ${address} -j REJECT`;
  await runOnNode(profile, script);
}

/**
 * Makes each start of containerd last until it answers. Minikube restarts it on a node that was stopped, asks it at once, and without an
 * answer waits for 5 to 15 s.
 */
async function awaitContainerd(profile: string): Promise<void> {
  const folder = '/etc/systemd/system/containerd.service.d';
  const unit = `[Service]\\nExecStartPost=-timeout 30 sh -c "until crictl version; do sleep 0.1; done"\\n`;
  const write = `mkdir -p ${folder} && printf '${unit}' > ${folder}/ready.conf`;
  await runOnNode(profile, write);
}
