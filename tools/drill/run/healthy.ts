import { setTimeout as sleep } from 'node:timers/promises';
import { probes } from '../../../service/contract';

/** Waits for the service and its database to answer. */
export async function healthy(url: string, seconds: number): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (
    !(await fetch(url + probes.ready, { signal: AbortSignal.timeout(3000) }).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    if (Date.now() > deadline) throw new Error(`${url}${probes.ready} was not 200 within ${seconds} s.`);
    await sleep(200);
  }
}
