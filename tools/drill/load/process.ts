import { setTimeout as sleep } from 'node:timers/promises';
import { Client, type Request } from './client';
import type { Order, Plan, Report } from './plan';
import { Tally } from './tally';

// The load's own process: its work must not slow the drill's watching, nor the other way round.

const tally = new Tally();
const acknowledged: string[] = [];
let rate = 0;
let running = true;
let written = 0;

function send(report: Report, sent?: () => void): void {
  process.send?.(report, undefined, undefined, sent);
}

async function run(plan: Plan): Promise<void> {
  rate = plan.rate;
  const end = setTimeout(() => {
    running = false;
  }, plan.seconds * 1000);
  const ticks = setInterval(() => send({ type: 'tick', tick: tally.tick(Date.now()) }), 1000);
  await Promise.all(Array.from({ length: plan.clients }, (_, index) => runClient(plan, index)));
  clearTimeout(end);
  clearInterval(ticks);
  send({ type: 'tick', tick: tally.tick(Date.now()) });
  send({ type: 'stopped', acknowledged }, () => process.disconnect());
}

async function runClient(plan: Plan, index: number): Promise<void> {
  const part = index / plan.clients;
  const client = new Client(plan, Math.floor(part * plan.renewAfter));
  const interval = (): number => (plan.clients / rate) * 1000;
  let due = performance.now() + part * interval();
  while (running) {
    const early = due - performance.now();
    if (early > 0) await sleep(Math.min(early, 100)); // short, to see a change of the rate
    if (early > 100) {
      due = Math.min(due, performance.now() + interval());
      continue;
    }
    await ask(plan, client);
    due = Math.max(due + interval(), performance.now());
  }
  client.close();
}

async function ask(plan: Plan, client: Client): Promise<void> {
  const writes = Math.random() < plan.writes / rate;
  const outcome = await client.ask(writes ? writeOf(plan.run) : { method: 'GET', path: '/' });
  if (!outcome.ok) {
    tally.failed();
    send({ type: 'failure', failure: outcome.failure });
    return;
  }
  tally.answered(outcome.ms);
  if (writes) acknowledged.push((JSON.parse(outcome.body) as { id: string }).id);
}

function writeOf(run: string): Request {
  written += 1;
  return { method: 'POST', path: '/data', body: JSON.stringify({ drill: run, number: written }) };
}

process.on('message', (order: Order) => {
  if (order.type === 'start') void run(order.plan);
  if (order.type === 'rate') rate = order.rate;
  if (order.type === 'stop') running = false;
});
process.on('disconnect', () => process.exit()); // a load never outlives its drill
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    running = false;
  }); // Ctrl-C is the drill's to act on
