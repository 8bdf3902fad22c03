import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Runs a program on this terminal. Returns its exit code. */
export async function attach(program: string, args: readonly string[], environment = process.env): Promise<number> {
  const child = spawn(program, args, { env: environment, stdio: 'inherit' });
  const stay = (): void => undefined; // Ctrl-C is the child's: the terminal sends it there too
  process.on('SIGINT', stay);
  try {
    const [code] = await once(child, 'close') as [number | null];
    return code ?? 1;
  } finally {
    process.off('SIGINT', stay);
  }
}
