import { hammer } from '../load/hammer';
import type { Scenario } from '../measure/scenario';
import { atLeast } from '../measure/target';
import { type Program, programs } from '../process/programs';
import { withServer } from '../process/withServer';
import type { Bench } from './bench';

/** `GET /`: what framework, routing, logs and metrics cost, with no database in the way. */
export function root({ scale, databases }: Bench): Scenario {
  const measure = (program: Program) => () =>
    withServer(
      program,
      databases.uriOf('root'),
      async (server) => (await hammer(server, { method: 'GET', path: '/' }, scale)).sample,
    );
  return {
    title: 'GET /',
    unit: 'requests/s',
    reference: 'bare Koa',
    targets: [
      atLeast(0.95, 'ours, logs and metrics off', 'bare Koa'),
      atLeast(0.8, 'ours', 'bare Koa'),
      atLeast(1, 'ours', 'Express'),
    ],
    contestants: {
      'bare node:http': measure(programs.bareNode),
      'bare Koa': measure(programs.bareKoa),
      'ours, logs and metrics off': measure(programs.quiet),
      ours: measure(programs.ours),
      'Koa + router': measure(programs.koaRouter),
      Express: measure(programs.express),
      Fastify: measure(programs.fastify),
      Flask: measure(programs.flask),
    },
  };
}
