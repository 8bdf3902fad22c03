import { kept, type Level, type LogRow, levels, type PodRow } from '../messages';
import { byId, element } from './dom';

/** Lines that are shown at once. */
const maxShown = 400;

interface FilterForm extends HTMLFormElement {
  readonly level: HTMLSelectElement;
  readonly pod: HTMLSelectElement;
  readonly text: HTMLInputElement;
  readonly request: HTMLInputElement;
  readonly paused: HTMLInputElement;
}

/** The log of all pods, and what of it is shown. */
export class Logs {
  readonly #form = byId<FilterForm>('filter');
  readonly #lines = byId('lines');
  #rows: LogRow[] = [];

  constructor() {
    this.#field('level').replaceChildren(...levels.map((level) => new Option(level, level, false, level === 'info')));
    this.#form.addEventListener('input', () => this.show());
    this.#form.addEventListener('submit', (event) => event.preventDefault());
  }

  reset(): void {
    this.#rows = [];
    this.#lines.replaceChildren();
  }

  add(rows: readonly LogRow[]): void {
    this.#rows.push(...rows);
    if (this.#rows.length > kept.logs * 1.2) this.#rows.splice(0, this.#rows.length - kept.logs);
    if (!this.#checkbox().checked) this.#append(rows.filter(this.#filter()));
  }

  /** Shows anew what the filter lets through. */
  show(): void {
    this.#lines.replaceChildren();
    this.#append(this.#rows.filter(this.#filter()));
  }

  setPods(pods: readonly PodRow[]): void {
    const select = this.#field('pod') as HTMLSelectElement;
    const names = ['', ...pods.map(({ name }) => name)];
    if (!names.includes(select.value)) names.push(select.value);
    if ([...select.options].map(({ value }) => value).join() === names.join()) return;
    select.replaceChildren(...names.map((name) => new Option(name || 'all', name, false, name === select.value)));
  }

  filterBy(values: Partial<Record<'level' | 'pod' | 'text' | 'request', string>>): void {
    for (const [name, value] of Object.entries(values)) this.#field(name).value = value;
    this.show();
  }

  focus(): void {
    this.#field('text').focus();
  }

  togglePause(): void {
    this.#checkbox().click();
  }

  #field(name: string): HTMLInputElement | HTMLSelectElement {
    return this.#form.elements.namedItem(name) as HTMLInputElement;
  }

  #checkbox(): HTMLInputElement {
    return this.#field('paused') as HTMLInputElement;
  }

  #filter(): (row: LogRow) => boolean {
    const [pod, request] = [this.#field('pod').value, this.#field('request').value.trim()];
    const text = this.#field('text').value.toLowerCase();
    const least = levels.indexOf(this.#field('level').value as Level);
    return (row) =>
      (request === '' ? levels.indexOf(row.level) >= least : row.request === request || row.trace === request) &&
      (pod === '' || row.pod === pod) &&
      (text === '' || row.text.toLowerCase().includes(text));
  }

  #append(rows: readonly LogRow[]): void {
    const atEnd = this.#lines.scrollTop + this.#lines.clientHeight > this.#lines.scrollHeight - 30;
    this.#lines.append(...rows.slice(-maxShown).map((row) => this.#line(row)));
    while (this.#lines.childElementCount > maxShown) this.#lines.firstElementChild?.remove();
    if (atEnd) this.#lines.scrollTop = this.#lines.scrollHeight;
  }

  #line({ at, level, pod, text, request, trace }: LogRow): HTMLElement {
    const id = request ?? trace;
    const button = element('button', '', id?.slice(0, 8) ?? '');
    button.title = 'Show the lines of this request';
    button.addEventListener('click', () => this.filterBy({ request: id ?? '', pod: '', text: '' }));
    const time = element('time', '', new Date(at).toISOString().slice(11, 23));
    return element(
      'div',
      `line ${level}`,
      time,
      element('b', '', level),
      element('span', 'pod', pod),
      element('span', 'text', text, ' ', id !== undefined && button),
    );
  }
}
