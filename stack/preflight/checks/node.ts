import { type Check, fails, passes } from '../check';
import type { Facts } from '../facts/facts';
import { isAtLeast } from '../version';

/** The first with `require(esm)` on by default: dependencies of ours are loaded by it. tools/cli/install.mjs says it too. */
const least = '20.19';

export function checkNode({ node }: Pick<Facts, 'node'>): Check {
  const needed = `${least} or later`;
  if (isAtLeast(node, least)) return passes('Node', node, needed);
  return fails({ name: 'Node', found: node, needed, remedy: 'Install a newer Node: https://nodejs.org' });
}
