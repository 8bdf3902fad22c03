import { connect } from 'node:net';

/** Sends `text` as it is, and resolves to all that comes back until the other side closes the connection. Rejects if it resets it. */
export async function rawRequest(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(text);
  let answer = '';
  for await (const chunk of socket) answer += (chunk as Buffer).toString();
  return answer;
}
