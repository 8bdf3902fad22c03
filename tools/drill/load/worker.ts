import { setTimeout as sleep } from 'node:timers/promises';
import { Client, type Request } from './client';
import type { Failure, Plan, Report } from './load';

// The process of a load. Its argument is a plan. Its parent sends new rates; 0 ends it.

const plan = JSON.parse(process.argv[2] ?? '') as Plan;
let { rate } = plan;
let running = true;
let written = 0;
let ended = { times: [] as number[], failures: [] as Failure[], acknowledged: [] as string[] };

function report(last: boolean): void {
  const message: Report = { at: Date.now(), ...ended, last };
  ended = { times: [], failures: [], acknowledged: [] };
  process.send?.(message, undefined, undefined, () => last && process.disconnect());
}

function stop(): void {
  running = false;
}

async function run(): Promise<void> {
  const end = setTimeout(stop, plan.seconds * 1000);
  const reports = setInterval(() => report(false), 1000);
  await Promise.all(Array.from({ length: plan.clients }, (_, index) => runClient(index)));
  clearTimeout(end);
  clearInterval(reports);
  report(true);
}

async function runClient(index: number): Promise<void> {
  const part = index / plan.clients;
  const client = new Client(plan, Math.floor(part * plan.renewAfter));
  const interval = (): number => (plan.clients / rate) * 1000;
  let due = performance.now() + part * interval();
  while (running) {
    const early = due - performance.now();
    if (early > 0) await sleep(Math.min(early, 100)); // short, so that a new rate takes effect
    if (early > 100) {
      due = Math.min(due, performance.now() + interval());
      continue;
    }
    await request(client);
    due = Math.max(due + interval(), performance.now());
  }
  client.close();
}

async function request(client: Client): Promise<void> {
  const writes = Math.random() < plan.writes / rate;
  const outcome = await client.send(writes ? nextWrite() : { method: 'GET', path: '/' });
  if (!outcome.ok) {
    ended.failures.push(outcome.failure);
    return;
  }
  ended.times.push(outcome.ms);
  if (writes) ended.acknowledged.push((JSON.parse(outcome.body) as { readonly id: string }).id);
}

function nextWrite(): Request {
  written += 1;
  return { method: 'POST', path: '/data', body: JSON.stringify({ drill: plan.run, number: written }) };
}

process.on('message', (value: number) => {
  if (value === 0) stop();
  else rate = value;
});
process.on('disconnect', () => process.exit()); // a load never outlives its drill
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop); // Ctrl-C is for the drill
void run();
