import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pullOnNode } from '../../../stack/cluster/node';
import { useFakePrograms } from '../../tools/cli/support/fakePrograms';

describe('pullOnNode(profile, image)', () => {
  const programs = useFakePrograms();

  it('runs no part of the image as a command: it comes from the configuration, and runs as root on the node', async () => {
    const image = '$(echo injected >&2); `echo injected >&2`; "; echo injected >&2 #';
    const log = join(programs().folder, 'log');
    await writeFile(log, '');
    await programs().add('docker', `exec 2>>'${log}'; shift 2; shift; exec /bin/sh "$@"`); // exec PROFILE sh …
    await programs().add('crictl', `[ "$1" = pull ] && echo "pull $2" >> '${log}'`);
    await pullOnNode('p', image);
    assert.equal(await readFile(log, 'utf8'), `pull ${image}\n`);
  });
});
