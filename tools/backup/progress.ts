/** A stage of a pipeline that shows its amount, rate and `detail` in a line of the terminal, if there is one. `also` gets each part. */
export function meter(detail: () => string, also: (part: Buffer) => void = () => undefined) {
  return async function* (source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    const start = performance.now();
    let bytes = 0;
    const show = (): void => {
      const rate = (bytes / (performance.now() - start)) * 1000;
      process.stdout.write(`\r  ${mebibytes(bytes)}, ${mebibytes(rate)}/s, ${detail()}\x1b[K`);
    };
    const timer = process.stdout.isTTY ? setInterval(show, 500) : undefined;
    try {
      for await (const part of source) {
        bytes += part.length;
        also(part);
        yield part;
      }
    } finally {
      clearInterval(timer);
      if (timer) process.stdout.write('\r\x1b[K');
    }
  };
}

export function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(bytes < 2 ** 20 ? 3 : 1)} MiB`;
}
