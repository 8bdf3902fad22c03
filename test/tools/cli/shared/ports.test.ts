import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { portHolder } from '../../../../stack/preflight/facts';
import { readProject } from '../../../../tools/cli/shared/configuration';
import { type FakePrograms, fakePrograms } from '../support/fakePrograms';
import { addFakePulumi, addGoodMachine } from '../support/fakePulumi';
import { copyProject, type Outcome, type Project } from '../support/project';

/** The first of `length` ports in a row that nobody holds. */
async function freeRow(from: number, length: number): Promise<number> {
  const row = Array.from({ length }, (_, index) => from + index);
  const holders = await Promise.all(row.map(portHolder));
  const last = holders.findLastIndex((holder) => holder !== undefined);
  return last === -1 ? from : freeRow(from + last + 1, length);
}

describe('the ports of a stack without a file', function () {
  this.timeout(120_000); // each command compiles and loads Pulumi's SDK anew
  let project: Project;
  let programs: FakePrograms;
  let holder: Server;
  let name: string;
  let nodePort: number;
  let registryPort: number;
  beforeEach(async () => {
    [project, programs] = await Promise.all([copyProject(), fakePrograms()]);
    ({ name } = await readProject(project.folder));
    await addFakePulumi(programs, project.folder, { url: 'http://127.0.0.1' });
    [nodePort, registryPort] = await Promise.all([freeRow(31000, 3), freeRow(6500, 2)]);
    const defaults = (await readFile(at('Pulumi.yaml'), 'utf8'))
      .replace('30500', String(nodePort))
      .replace('5500', String(registryPort));
    // The first is claimed by a stack that is down, the next by a program.
    await writeFile(at('Pulumi.yaml'), defaults);
    await writeFile(
      at('Pulumi.dev.yaml'),
      `config: {${name}:nodePort: ${nodePort}, ${name}:mongoImage: "mongo:4.4"}\n`,
    );
    holder = createServer().listen(nodePort + 1, '127.0.0.1');
    await once(holder, 'listening');
    await addGoodMachine(programs);
  });
  afterEach(async () => {
    holder.close();
    await Promise.all([project.remove(), programs.remove()]);
  });
  const at = (name: string): string => join(project.folder, name);
  const npm = (command: string, ...args: string[]): Promise<Outcome> =>
    project.run({ PATH: programs.path }, command, ...args);

  it('are free ones that no other stack has, shown and written once', async () => {
    const dev = await readFile(at('Pulumi.dev.yaml'), 'utf8');
    const { code, output } = await npm('up', '--stack', 'staging');
    assert.equal(code, 0, output);
    assert.ok(
      output.includes(
        `gets free ports: nodePort ${nodePort + 2} and registryPort ${registryPort + 1}, written to Pulumi.staging.yaml.`,
      ),
      output,
    );
    const written = await readFile(at('Pulumi.staging.yaml'), 'utf8');
    assert.ok(
      written.endsWith(
        `\nconfig:\n  ${name}:nodePort: "${nodePort + 2}"\n  ${name}:registryPort: "${registryPort + 1}"\n`,
      ),
      written,
    );

    const again = await npm('up', '--stack', 'staging');
    assert.doesNotMatch(again.output, /free ports/);
    assert.equal(await readFile(at('Pulumi.staging.yaml'), 'utf8'), written);
    assert.equal(await readFile(at('Pulumi.dev.yaml'), 'utf8'), dev);
  });

  it("stay the project's where the stack is made already", async () => {
    assert.equal((await npm('up')).code, 0);
    await rm(at('Pulumi.dev.yaml'));
    const { code, output } = await npm('up');
    assert.equal(code, 0, output);
    assert.doesNotMatch(output, /free ports/);
    assert.equal(existsSync(at('Pulumi.dev.yaml')), false);
  });

  it('are not written before the machine is ready; the doctor checks the planned ones', async () => {
    await programs.add('minikube', 'case "$1" in version) echo v1.0.0;; *) exit 1;; esac');
    assert.match((await npm('up', '--stack', 'staging')).output, /This machine is not ready\. Nothing was changed/);
    const { output } = await npm('doctor', '--stack', 'staging');
    assert.match(output, new RegExp(`^ok +port ${nodePort + 2} +free`, 'm'));
    assert.equal(existsSync(at('Pulumi.staging.yaml')), false);
  });
});
