import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FakePrograms } from './fakePrograms';

/** A Pulumi CLI that keeps a file for each stack, the outputs of all in one, and a lock if there is a file of that name. */
export interface FakePulumi {
  /** Lines of the arguments that it was called with. */
  calls(): Promise<string>;
  /** Locks the stack, as process `pid` of machine `host`. */
  lock(host: string, pid: number): Promise<void>;
  /** Makes stack `dev`, without a command. */
  makeStack(): Promise<void>;
}

export async function addFakePulumi(
  programs: FakePrograms,
  outputs: Readonly<Record<string, string>>,
): Promise<FakePulumi> {
  const at = (name: string): string => join(programs.folder, name);
  await writeFile(at('outputs'), JSON.stringify(outputs));
  await writeFile(at('calls'), '');
  await programs.add('cat', 'exec /bin/cat "$@"');
  await programs.add('rm', 'exec /bin/rm "$@"');
  await programs.add(
    'pulumi',
    `
    echo "$*" >> '${at('calls')}'
    name=dev; for word; do [ "$previous" = --stack ] && name=$word; previous=$word; done
    case "$1 $2" in
      'up '*|'destroy '*)
        if [ -f '${at('locked')}' ]; then cat '${at('locked')}' >&2; exit 255; fi
        if [ -n "$FAIL" ]; then echo 'error: the update failed' >&2; exit 255; fi
        echo 'encryptionsalt: v1:salt' >> "$PWD/Pulumi.$name.yaml"
        echo "progress of $1" ;;
      'stack select') [ -f '${at('stack.')}'"$name" ] || { echo "error: no stack named '$name' found" >&2; exit 255; } ;;
      'stack init')
        case "$(cat "$PWD/Pulumi.$3.yaml")" in *encryptionsalt*) echo 'error: incorrect passphrase' >&2; exit 255;; esac
        echo '{}' > '${at('stack.')}'"$3" ;;
      'stack rm') rm '${at('stack.')}'"$5" ;;
      'stack ls') [ -f '${at('stack.dev')}' ] && echo '[{"name":"dev"}]' || echo '[]' ;;
      'stack export') echo '{"version":3,"deployment":{}}' ;;
      'stack output') cat '${at('outputs')}' ;;
      'stack history') echo '[{"kind":"update","result":"succeeded","startTime":"2026-01-01T00:00:00Z","endTime":"2026-01-01T00:00:01Z"}]' ;;
      'cancel '*) rm '${at('locked')}' ;;
      version*) echo v3.259.0 ;;
    esac`,
  );
  return {
    makeStack: () => writeFile(at('stack.dev'), ''),
    calls: () => readFile(at('calls'), 'utf8'),
    lock: (host, pid) =>
      writeFile(
        at('locked'),
        'error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end ' +
          `or delete the lock file with \`pulumi cancel\`.\n  file:///lock.json: created by me@${host} (pid ${pid}) at 2026-01-01T00:00:00Z\n`,
      ),
  };
}

/** A Docker and a Minikube that are as they should be. @param containers lines of `docker ps`: name and published ports */
export async function addGoodMachine(programs: FakePrograms, containers = ''): Promise<void> {
  const info = JSON.stringify({
    ServerVersion: '28.0.0',
    NCPU: 8,
    MemTotal: 2 ** 34,
    CgroupVersion: '2',
    DockerRootDir: '/',
    Name: 'vm',
    Driver: 'overlay2',
    SystemTime: '',
  });
  await programs.add(
    'docker',
    `case "$1" in info) echo '${info}';; context) echo unix:///sock;; ps) echo '${containers}';; esac`,
  );
  await programs.add(
    'minikube',
    `case "$1" in version) echo v1.38.1;; profile) echo '{"valid":[],"invalid":[]}';; status) echo Running;; esac`,
  );
}
