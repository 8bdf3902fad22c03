import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Drill, Stage, Verdict } from '../drill';
import { assertDone } from '../project/projectCopy';
import type { SpareStack } from '../project/spareStack';
import { sources } from '../sources';
import { holds } from '../verdicts';

/** Kills, spread over the length of an `up` from nothing. */
const kills = 10;
const quickKills = 2;

/** Of `npm run up`: the rest is its look at the machine before. */
const pulumiPart = 0.9;

/** A `pulumi up` from nothing is killed with -9 at moments spread over it; `npm run up` must come to the same end each time. */
export const killedUpdate: Drill = {
  name: 'killed-update',
  title: 'pulumi up is killed',
  long: true,
  async run({ quick, mark, spare }) {
    const stack = await spare();
    mark('npm run up of a spare stack, not disturbed');
    const whole = assertDone('npm run up of a spare stack', await stack.up());
    const expected = (await stack.state()).urns;
    await stack.destroy();

    const count = quick ? quickKills : kills;
    const stages: Stage[] = [{ name: 'npm run up, not disturbed', seconds: whole.seconds }];
    const verdicts: Verdict[] = [];
    let length = whole.seconds * pulumiPart;
    while (verdicts.length < count) {
      const index = verdicts.length;
      const seconds = (length * (index + 0.5)) / count;
      const alone = index % 2 === 0; // by turns Pulumi alone, and it with all that it had started
      const at = `kill -9 of ${alone ? 'pulumi' : 'all its processes'} after ${seconds.toFixed(0)} s`;
      if (!(await killAfter(stack, seconds, alone))) {
        // this one was done sooner than the one that the moments were reckoned from
        mark('pulumi up ended before it was killed');
        length *= 0.9;
        await stack.destroy();
        continue;
      }
      mark(at);
      const again = await stack.up();
      await stack.endLeft();
      mark(again.ok ? 'npm run up succeeded' : 'npm run up failed');
      stages.push({ name: `npm run up after ${at}`, seconds: again.seconds });
      verdicts.push(await judge(stack, at, again, expected));
      await stack.destroy();
    }
    return { stages, verdicts, notes: ["On a stack and a cluster of the drill's own, destroyed after each time."] };
  },
};

/** Starts `pulumi up` and kills it after `seconds`. False if it succeeded before. */
async function killAfter(stack: SpareStack, seconds: number, alone: boolean): Promise<boolean> {
  const child = stack.start();
  const ended = once(child, 'exit');
  await Promise.race([sleep(seconds * 1000), ended]);
  if (child.exitCode === 0) return false;
  if (child.exitCode !== null)
    throw new Error(`pulumi up failed by itself within ${seconds.toFixed(0)} s, before the kill.`);
  await stack.kill(child, alone);
  return true;
}

async function judge(
  stack: SpareStack,
  at: string,
  again: { readonly ok: boolean; readonly output: string },
  expected: readonly string[],
): Promise<Verdict> {
  const text = `${at}: converges`;
  if (!again.ok) return holds(text, false, again.output.trim().split('\n').slice(-15).join(' '), sources.restored);
  const { urns, pending } = await stack.state();
  const truth = await stack.isTrue();
  const strangers = await stack.strangers();
  const faults = [
    ...(pending > 0 ? [`${pending} pending operations`] : []),
    ...(urns.join() === expected.join() ? [] : [`${urns.length} resources in the state, not ${expected.length}`]),
    ...(truth.ok ? [] : ['a refresh finds changes']),
    ...(strangers.length > 0 ? [`not in the state: ${strangers.join(', ')}`] : []),
  ];
  return holds(text, faults.length === 0, faults.join('; ') || `yes, ${urns.length} resources`, sources.restored);
}
