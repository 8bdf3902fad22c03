import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Check } from '../../stack/preflight/check';
import { profilesIn } from '../../commands/shared/claimedProfiles';
import { fakePrograms, type FakePrograms } from './support/fakePrograms';
import { addGoodMachine } from './support/fakePulumi';
import { copyProject, type Project } from './support/project';

describe('npm run doctor', function () {
  this.timeout(60_000);
  let project: Project;
  let programs: FakePrograms;
  before(async () => { [project, programs] = await Promise.all([copyProject(), fakePrograms()]); });
  after(() => Promise.all([project.remove(), programs.remove()]));

  it('fails on a machine where everything is missing, with a remedy for each, and changes nothing', async () => {
    const { code, output } = await project.run({ PATH: programs.path }, 'doctor', '--json');
    assert.equal(code, 1);
    const checks = JSON.parse(output) as Check[];
    const failed = checks.filter((check) => check.fatal);
    assert.deepEqual(failed.map(({ name }) => name), ['Pulumi CLI', 'Docker', 'Minikube']);
    assert.ok(failed.every(({ remedy }) => remedy !== ''));
    assert.equal(existsSync(join(project.folder, '.pulumi')), false);

    const table = await project.run({ PATH: programs.path }, 'doctor');
    assert.equal(table.code, 1);
    assert.match(table.output, /^FAILS {2}Minikube +no minikube on PATH +1\.34\.0 or later$/m);
    assert.match(table.output, new RegExp(`Not ready: 3 of ${checks.length} checks fail`));
  });

  it('passes a good machine, its own programs found in .local/bin', async () => {
    await addGoodMachine(programs);
    await programs.add('pulumi', 'case "$1" in version) echo v3.259.0;; esac');
    const { code, output } = await project.run({ PATH: programs.path }, 'doctor');
    assert.equal(code, 0, output);
    assert.match(output, /This machine is ready: npm run up/);
  });

  it('knows the profiles of a stack by its state', () => {
    assert.deepEqual(profilesIn({}), []);
    assert.deepEqual(profilesIn({
      resources: [
        { type: 'pulumi:pulumi:Stack' },
        { type: 'pulumi-nodejs:dynamic/minikube:Profile', inputs: { profile: 'ours' } },
        { type: 'pulumi-nodejs:dynamic/minikube:Start', inputs: { profile: 'started' } },
      ],
    }), ['ours']);
  });
});
