import { once } from 'node:events';
import { connect } from 'node:net';

/** Milliseconds that a listener has to say what it is. */
const answerMs = 1000;

/** What listens on a port of `host`, in words; undefined if nothing does. */
export async function whoListens(host: string, port: number): Promise<string | undefined> {
  if (port === 0) return undefined;
  const socket = connect(port, host);
  const open = await once(socket, 'connect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  if (!open) return undefined;
  try {
    const response = await fetch(`http://${host}:${port}/`, { signal: AbortSignal.timeout(answerMs) });
    if ((await response.text()).includes('"message":"Welcome"')) return 'another run of this service';
    // macOS takes port 5000 for itself.
    if (response.headers.get('Server')?.startsWith('AirTunes')) return "macOS's AirPlay Receiver, see System Settings";
    return 'another HTTP server';
  } catch {
    return 'another program';
  }
}
