import { probes } from '../../../service/contract';
import type { Sample } from '../measure/sample';
import type { Scenario } from '../measure/scenario';
import { atMost } from '../measure/target';
import { type Program, programs } from '../process/programs';
import { Server } from '../process/server';
import type { Bench } from './bench';

/** From the start of a process to its first `200` at the readiness probe, the database connected. */
export function coldStart({ databases }: Bench): Scenario {
  const measure = (program: Program) => async (): Promise<Sample> => {
    const server = await Server.spawn(program, databases.uriOf('root'));
    await server.answers(probes.ready, 2);
    const value = performance.now() - server.begin;
    await server.stop();
    return { value };
  };
  return {
    title: 'Cold start, to ready',
    unit: 'ms',
    reference: 'bare Node, driver connected',
    targets: [atMost(1.5, 'ours', 'bare Node, driver connected', 400, 'ms')],
    contestants: { 'bare Node, driver connected': measure(programs.connected), ours: measure(programs.ours) },
  };
}
