import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { readProject } from '../../../../tools/cli/shared/configuration';
import type { FakePrograms } from './fakePrograms';

/** A Pulumi CLI that keeps its stacks and locks where the local backend has them, and the outputs of all stacks in one file. */
export interface FakePulumi {
  /** The arguments that it was called with, a line each call. */
  calls(): Promise<string>;
  /** Locks stack `dev`, as process `pid` of machine `host`. */
  lock(host: string, pid: number): Promise<void>;
  /** Makes a stack, with this state, without a command. */
  makeStack(state?: object, name?: string): Promise<void>;
  /** The text of the configuration file that an update was last given. */
  configFile(): Promise<string>;
  /** The state of a stack. */
  readState(name?: string): Promise<unknown>;
}

/** @param folder of the project that it will run in */
export async function addFakePulumi(
  programs: FakePrograms,
  folder: string,
  outputs: Readonly<Record<string, unknown>>,
): Promise<FakePulumi> {
  const at = (name: string): string => join(programs.folder, name);
  const { name: project } = await readProject(folder);
  const stacks = join(folder, '.pulumi/.pulumi/stacks', project);
  const locks = join(folder, '.pulumi/.pulumi/locks/organization', project, 'dev');
  await writeFile(at('outputs'), JSON.stringify(outputs));
  const resources = [
    { urn: 'urn:pulumi:dev::p::pulumi:pulumi:Stack::p-dev', type: 'pulumi:pulumi:Stack', outputs },
    {
      urn: 'urn:pulumi:dev::p::kubernetes:apps/v1:Deployment::web',
      type: 'kubernetes:apps/v1:Deployment',
      modified: '2099-01-01T00:00:00Z',
    },
  ];
  await writeFile(at('updated'), JSON.stringify({ version: 3, deployment: { resources } }));
  await writeFile(at('calls'), '');
  await programs.add('cat', 'exec /bin/cat "$@"');
  await programs.add('rm', 'exec /bin/rm "$@"');
  await programs.add('mkdir', 'exec /bin/mkdir "$@"');
  await programs.add(
    'pulumi',
    `
    echo "$*" >> '${at('calls')}'
    name="$PULUMI_STACK"; for word; do
      [ "$previous" = --stack ] && name=$word
      [ "$previous" = --config-file ] && cat "$word" > '${at('config-file')}'
      previous=$word
    done
    [ "$name" ] || name=selected
    while read -r key project; do [ "$key" = name: ] && break; done < "$PWD/Pulumi.yaml"
    stacks="$PWD/.pulumi/.pulumi/stacks/$project"
    exists() { [ -f "$stacks/$1.json" ] || { echo "error: no stack named '$1' found" >&2; exit 255; }; }
    salt() { case "$(cat "$PWD/Pulumi.$1.yaml")" in *encryptionsalt*) ;; *) echo 'encryptionsalt: v1:salt' >> "$PWD/Pulumi.$1.yaml";; esac; }
    case "$1 $2" in
      'up '*|'destroy '*|'preview '*)
        exists "$name"
        if [ -n "$FAIL" ]; then echo 'error: the update failed' >&2; exit 255; fi
        salt "$name"
        case "$1 $(cat "$stacks/$name.json")" in *resources*) ;; up*) cat '${at('updated')}' > "$stacks/$name.json" ;; esac
        echo "progress of $1" ;;
      'stack init')
        for word; do case "$word" in -*) ;; *) created=$word;; esac; done
        case "$(cat "$PWD/Pulumi.$created.yaml")" in *encryptionsalt*) echo 'error: incorrect passphrase' >&2; exit 255;; esac
        if [ -z "\${PULUMI_CONFIG_PASSPHRASE+set}$PULUMI_CONFIG_PASSPHRASE_FILE" ]; then echo 'error: passphrase must be set' >&2; exit 255; fi
        salt "$created"
        mkdir -p "$stacks"; echo '{"version":3,"deployment":{}}' > "$stacks/$created.json" ;;
      'stack rm') rm "$stacks/$3.json" ;;
      'stack export') exists "$name"; cat "$stacks/$name.json" ;;
      'stack import') exists "$name"; cat > "$stacks/$name.json" ;;
      'stack output') exists "$name"; cat '${at('outputs')}' ;;
      'config set') exists "$name" ;;
      version*) echo v3.259.0 ;;
    esac`,
  );
  return {
    calls: () => readFile(at('calls'), 'utf8'),
    async lock(host, pid) {
      await mkdir(locks, { recursive: true });
      await writeFile(join(locks, 'a-lock.json'), JSON.stringify({ pid, username: 'me', hostname: host }));
    },
    async makeStack(state = {}, name = 'dev') {
      await mkdir(stacks, { recursive: true });
      await writeFile(join(stacks, `${name}.json`), JSON.stringify({ version: 3, deployment: state }));
    },
    configFile: () => readFile(at('config-file'), 'utf8'),
    readState: async (name = 'dev') => JSON.parse(await readFile(join(stacks, `${name}.json`), 'utf8')) as unknown,
  };
}

/** A Docker and a Minikube that are as they should be. */
export async function addGoodMachine(programs: FakePrograms): Promise<void> {
  const info = JSON.stringify({
    ServerVersion: '28.0.0',
    NCPU: 8,
    MemTotal: 2 ** 34,
    CgroupVersion: '2',
    Driver: 'overlay2',
    Name: hostname(),
  });
  await programs.add('docker', `case "$1" in info) echo '${info}';; context) echo unix:///sock;; esac`);
  await programs.add(
    'minikube',
    `case "$1" in version) echo v1.38.1;; profile) echo '{"valid":[],"invalid":[]}';; status) echo Running;; esac`,
  );
}
