import type { Readable } from 'node:stream';
import { tooLarge } from '../platform/readBody';

const newline = 0x0a;

/** One line of a stream, without its end. */
export interface Line {
  readonly bytes: Buffer;
  /** From 1. */
  readonly number: number;
}

/** The lines of a body that are not blank, as they come, a piece of the stream at a time. None may have more than `limit` bytes. */
export async function* readLines(body: Readable, limit: number): AsyncGenerator<Line[], void> {
  let rest: Buffer[] = [];
  let restLength = 0;
  let number = 0;

  const line = (bytes: Buffer): Line[] => {
    number += 1;
    if (bytes.length > limit) throw tooLarge(limit, `Line ${number}`);
    return isBlank(bytes) ? [] : [{ bytes, number }];
  };

  for await (const chunk of body as AsyncIterable<Buffer>) {
    const lines: Line[] = [];
    let from = 0;
    for (let to = chunk.indexOf(newline); to !== -1; to = chunk.indexOf(newline, from)) {
      const end = chunk.subarray(from, to);
      lines.push(...line(rest.length === 0 ? end : Buffer.concat([...rest, end])));
      rest = [];
      restLength = 0;
      from = to + 1;
    }
    rest.push(chunk.subarray(from));
    restLength += chunk.length - from;
    if (lines.length > 0) yield lines;
    if (restLength > limit) throw tooLarge(limit, `Line ${number + 1}`);
  }
  if (restLength > 0) yield line(Buffer.concat(rest));
}

function isBlank(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x0d || byte === 0x09);
}
