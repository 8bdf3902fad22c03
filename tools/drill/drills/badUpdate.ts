import { setTimeout as sleep } from 'node:timers/promises';
import type { Drill, Verdict } from '../drill';
import { assertDone, type ProjectCopy } from '../project/projectCopy';
import { sources } from '../sources';
import { holds, noFailure, within } from '../verdicts';

const rate = 200;

const web = 'stack/workloads/webService.ts';

/** An update that can't work, and what `npm run up` must say of it. */
interface BadUpdate {
  readonly name: string;
  readonly edits: readonly { readonly file: string; readonly before: string; readonly after: string }[];
  readonly reason: RegExp;
}

const updates: readonly BadUpdate[] = [
  {
    name: 'code that crashes',
    edits: [{ file: 'service/main.ts', before: 'import', after: "throw new Error('broken on purpose');\nimport" }],
    reason: /broken on purpose/,
  },
  {
    name: 'an image that is not there',
    edits: [
      {
        file: web,
        before: 'image: args.image.reference',
        after: `image: 'localhost:5000/web@sha256:${'0'.repeat(64)}'`,
      },
    ],
    reason: /ErrImagePull|ImagePullBackOff|not found/,
  },
  {
    name: 'more CPU than there is',
    edits: [
      { file: web, before: "cpu: '200m'", after: "cpu: '900'" },
      { file: web, before: "cpu: '500m'", after: "cpu: '900'" },
    ],
    reason: /Insufficient cpu/,
  },
];

/** Updates that can't work are deployed under load, and then one that can. */
export const badUpdate: Drill = {
  name: 'bad-update',
  title: 'Bad updates',
  long: true,
  async run({ copy, load: startLoad, mark }) {
    const project = await copy();
    const load = await startLoad({ rate });
    const stages: { name: string; seconds: number }[] = [];
    const verdicts: Verdict[] = [];
    for (const update of updates) {
      mark(`npm run up with ${update.name}`);
      const run = await deploy(project, update);
      mark(run.ok ? 'npm run up succeeded' : 'npm run up failed');
      stages.push({ name: `npm run up with ${update.name}`, seconds: run.seconds });
      const told = update.reason.exec(run.output)?.[0];
      verdicts.push(
        holds(
          `${update.name}: fails with the reason`,
          !run.ok && told !== undefined,
          run.ok ? 'it succeeded' : `said: ${told ?? errorOf(run.output)}`,
          sources.badUpdate,
        ),
        within(`${update.name}: fails soon`, run.seconds, 120, sources.badUpdate),
      );
    }
    mark('npm run up with the code as it was');
    const good = assertDone('The good update after the bad ones', await project.npm('up'));
    mark('npm run up is done');
    await sleep(3000);
    await load.stop();
    return {
      stages: [...stages, { name: 'the next good update', seconds: good.seconds }],
      verdicts: [...verdicts, noFailure('requests failed', load.failures, load.requests, sources.noLoss)],
    };
  },
};

/** What Pulumi said of the resource that failed. */
function errorOf(output: string): string {
  return output
    .split('\n')
    .filter((line) => /error|Pod|\[/.test(line))
    .slice(-4)
    .map((line) => line.trim())
    .join(' ')
    .slice(0, 400);
}

async function deploy(project: ProjectCopy, { edits }: BadUpdate) {
  for (const { file, before, after } of edits) await project.edit(file, before, after);
  const run = await project.npm('up');
  for (const { file } of edits) await project.restore(file);
  return run;
}
