const units: Record<string, number> = { n: 1e-6, u: 1e-3, m: 1, '': 1000 };

/** A Kubernetes CPU quantity, such as `250m` or `1`, in millicores. */
export function millicores(quantity: string): number {
  const [, number, unit] = /^([\d.]+)([num]?)$/.exec(quantity) ?? [];
  const factor = units[unit ?? ''];
  if (number === undefined || factor === undefined) throw new Error(`'${quantity}' is no quantity of CPU`);
  return Number(number) * factor;
}

/** Mean of the pods that have a reading, in percent of their `request`; undefined if none has. Both in millicores. */
export function cpuPercent(usage: readonly (number | undefined)[], request: number): number | undefined {
  const known = usage.filter((value) => value !== undefined);
  if (known.length === 0 || request === 0) return undefined;
  return (known.reduce((sum, value) => sum + value, 0) / known.length / request) * 100;
}
