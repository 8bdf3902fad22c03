import type { Program } from './programs';
import { Server } from './server';

/** Starts `program`, hands it to `measure`, and ends it whatever happens. Each measurement has a process of its own. */
export async function withServer<T>(
  program: Program,
  mongoUri: string,
  measure: (server: Server) => Promise<T>,
): Promise<T> {
  const server = await Server.start(program, mongoUri);
  try {
    return await measure(server);
  } finally {
    await server.stop();
  }
}
