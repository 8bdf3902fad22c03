import { kept, type LogRow } from '../messages';
import { byId, element } from './dom';

/** Lines that are shown at once, and those that count as the end when one scrolls, in pixels. */
const [maxShown, endPixels] = [400, 30];

const form = byId<HTMLFormElement>('filter');
const lines = byId('lines');
const field = (name: string) => form.elements.namedItem(name) as HTMLInputElement;
let rows: readonly LogRow[] = [];

form.addEventListener('input', () => filterLogs());
form.addEventListener('submit', (event) => event.preventDefault());

/** Adds lines; `fresh` takes those before away. */
export function addLogs(added: readonly LogRow[], fresh: boolean): void {
  rows = [...(fresh ? [] : rows), ...added].slice(-kept.logs);
  if (fresh) filterLogs();
  else append(added);
}

/** Shows the lines of at least `level` that have each word of `text` in them. */
export function filterLogs(level = field('level').value, text = field('text').value): void {
  [field('level').value, field('text').value] = [level, text];
  lines.replaceChildren();
  append(rows);
}

export function focusFilter(): void {
  field('text').focus();
}

function append(added: readonly LogRow[]): void {
  const words = field('text').value.toLowerCase().split(' ');
  const least = Number(field('level').value);
  const passed = added.filter(
    ({ level, text }) => level >= least && words.every((word) => text.toLowerCase().includes(word)),
  );
  const isAtEnd = lines.scrollTop + lines.clientHeight > lines.scrollHeight - endPixels;
  lines.append(...passed.slice(-maxShown).map(show));
  while (lines.childElementCount > maxShown) lines.firstElementChild?.remove();
  if (isAtEnd) lines.scrollTop = lines.scrollHeight;
}

function show({ level, text, id }: LogRow): HTMLElement {
  const line = element(id === undefined ? 'div' : 'button', level >= 50 ? 'bad' : level >= 40 ? 'warning' : '', text);
  if (id !== undefined) line.addEventListener('click', () => filterLogs('10', id));
  return line;
}
