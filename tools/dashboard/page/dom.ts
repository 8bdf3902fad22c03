/** The page's element with this id. */
export function byId<T extends HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

/** A new element. Text in it is never markup, whatever a log or an event holds. */
export function element(tag: string, className: string, ...children: readonly (Node | string)[]): HTMLElement {
  const made = document.createElement(tag);
  made.className = className;
  made.append(...children);
  return made;
}

/** Fills a table. */
export function fillTable(id: string, heading: readonly string[], rows: readonly (readonly (Node | string)[])[]): void {
  const line = (tag: string, cells: readonly (Node | string)[]): HTMLElement => {
    return element('tr', '', ...cells.map((cell) => element(tag, '', cell)));
  };
  byId(id).replaceChildren(line('th', heading), ...rows.map((row) => line('td', row)));
}

export function clock(at: number): string {
  return new Date(at).toLocaleTimeString('sv');
}

/** Milliseconds in their largest unit, such as `3 min`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 100) return `${seconds} s`;
  return seconds < 6000 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 3600)} h`;
}

/** A number with the digits that say something; `–` if it is not known. */
export function figure(value: number | null | undefined, unit = ''): string {
  if (value === undefined || value === null) return '–';
  const digits = value >= 100 || Number.isInteger(value) ? 0 : value >= 10 ? 1 : 2;
  return `${value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })}${unit}`;
}

type Quantity = string | undefined;
const factors: Readonly<Record<string, number>> = { n: 1e-9, u: 1e-6, m: 1e-3, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30 };

/** A Kubernetes quantity, such as `200m` or `1Gi`, in cores or bytes; NaN if there is none. */
export function toNumber(quantity: Quantity): number {
  const [, amount, suffix = ''] = /^([\d.]+)(\w*)$/.exec(quantity ?? '') ?? [];
  return Number(amount) * (suffix === '' ? 1 : (factors[suffix] ?? NaN));
}

export const cores = (value: number): string => figure(Math.round(value * 1000), 'm');
export const mebibytes = (value: number): string => figure(Math.round(value / 2 ** 20), ' MiB');

/** What is used of the limit, or of twice the request without one, as a bar with a line at the request. */
export function meter(quantities: readonly Quantity[], format: (value: number) => string): HTMLElement {
  const [used = NaN, request = NaN, limit = NaN] = quantities.map(toNumber);
  const part = (value: number): string => `${Math.min(100, (100 * value) / (limit || request * 2)) || 0}%`;
  const [bar, line] = [element('i', used > limit * 0.9 ? 'high' : ''), element('u', '')];
  [bar.style.width, line.style.left] = [part(used), part(request)];
  return element('span', 'meter', element('span', 'bar', bar, line), used >= 0 ? format(used) : '–');
}
