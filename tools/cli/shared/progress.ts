import { Transform } from 'node:stream';

/** Milliseconds between updates of the line. */
const updateMs = 500;

/**
 * Shows the amount and rate of what passes, and `detail`, in a line of `terminal`, if it is one.
 * @param also gets each part
 */
export function meter(
  detail: () => string,
  also: (part: Buffer) => void = () => undefined,
  terminal: NodeJS.WritableStream & { readonly isTTY?: boolean } = process.stdout,
): Transform {
  const start = performance.now();
  let [bytes, shown] = [0, 0];
  return new Transform({
    transform(part: Buffer, _encoding, done) {
      bytes += part.length;
      also(part);
      const now = performance.now();
      if (terminal.isTTY && (shown === 0 || now - shown >= updateMs)) {
        shown = now;
        const rate = (bytes / (now - start)) * 1000;
        terminal.write(`\r  ${mebibytes(bytes)}, ${mebibytes(rate)}/s, ${detail()}\x1b[K`);
      }
      done(null, part);
    },
    destroy(error, done) {
      if (shown > 0) terminal.write('\r\x1b[K');
      done(error);
    },
  });
}

export function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(bytes < 2 ** 20 ? 3 : 1)} MiB`;
}
