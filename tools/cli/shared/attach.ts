import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { passSignals } from './passSignals';

/** Runs a program on this terminal. Returns its exit code. */
export async function attach(program: string, args: readonly string[], environment = process.env): Promise<number> {
  const child = passSignals(() => spawn(program, args, { env: environment, stdio: 'inherit' }));
  const [code] = (await once(child, 'close')) as [number | null];
  return code ?? 1;
}
