import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../cli/shared/cli';
import { type Drill, holds, noFailure, within } from '../drill';

const deployment = 'stack/workloads/scaledDeployment.ts';
const missing = `'localhost:5000/web@sha256:${'0'.repeat(64)}'`;

/** Updates that can't work: the replacements in `file`, and what `npm run up` must report. Exported for the test that `file` has these texts. */
export const updates = [
  {
    name: 'code that crashes',
    file: 'service/main.ts',
    edits: { import: "throw new Error('broken on purpose');\nimport" },
    reason: /broken on purpose/,
  },
  {
    name: 'an image that does not exist',
    file: deployment,
    edits: { 'image.rootless()': missing, ': image.reference': `: ${missing}` },
    reason: /ErrImagePull|ImagePullBackOff|not found/,
  },
  {
    name: 'more CPU than the node has',
    file: deployment,
    edits: { "cpu: '200m'": "cpu: '900'", "cpu: '500m'": "cpu: '900'" },
    reason: /Insufficient cpu/,
  },
];

/** Updates that can't work are deployed under load, then one that can. */
export const badUpdate: Drill = {
  name: 'bad-update',
  title: 'Bad updates',
  long: true,
  async run({ copy, load: startLoad, mark, verdicts }) {
    const project = await copy();
    const load = startLoad({ rate: 200 });
    for (const { name, file, edits, reason } of updates) {
      for (const [before, after] of Object.entries(edits)) await project.edit(file, before, after);
      const start = mark(`npm run up with ${name}`);
      const failure = await project.npm('up').then(() => '', messageOf);
      const end = mark(failure ? 'npm run up failed' : 'npm run up succeeded');
      await project.restore(file);
      const said = reason.exec(failure)?.[0];
      verdicts.push(
        holds(`${name}: reports the reason`, said !== undefined, said ?? (failure.slice(-400) || 'it succeeded')),
        within(`${name}: fails quickly`, (end - start) / 1000, 120),
      );
    }
    mark('npm run up with the original code');
    await project.npm('up');
    mark('npm run up succeeded');
    await sleep(3000);
    await load.stop();
    verdicts.push(noFailure('requests failed', [load]));
  },
};
