import { html, render } from 'lit-html';
import { repeat } from 'lit-html/directives/repeat.js';
import { type Cell, type LogRow, type Mark, merge, type Row, type State } from '../messages';
import { drawCharts, time } from './charts';

let state: State | undefined;
/** Shown are log lines of at least `level` with each word of `text`. */
let view = { level: '30', text: '', ended: false };
let frame = 0;

const updates = new EventSource('/updates');
updates.addEventListener('message', ({ data }: MessageEvent<string>) => {
  const update = JSON.parse(data) as Partial<State>;
  state = state === undefined || update.stack !== undefined ? (update as State) : merge(state, update);
  show({ ended: false });
});
updates.addEventListener('error', () => show({ ended: true }));
addEventListener('keydown', (event) => {
  const search = document.querySelector('input');
  if (event.key === 'Escape') show({ level: '30', text: '' });
  if (event.key === 'Escape') search?.blur();
  if (event.ctrlKey || event.metaKey || event.altKey || document.activeElement === search) return;
  if (event.key === 'e') show({ level: '50' });
  if (event.key !== '/') return;
  event.preventDefault(); // don't type the key
  search?.focus();
});

/** Draws the state with `changes` of the view, once per frame. */
function show(changes: Partial<typeof view>): void {
  view = { ...view, ...changes };
  cancelAnimationFrame(frame);
  frame = requestAnimationFrame(() => state && draw(state));
}

function draw(state: State): void {
  const lines = document.getElementById('lines');
  const isAtEnd = lines === null || lines.scrollTop + lines.clientHeight > lines.scrollHeight - 30;
  document.title = state.stack;
  render(page(state), document.body);
  if (isAtEnd) document.getElementById('lines')?.scrollTo(0, 1e9);
  drawCharts(state);
}

function page({ stack, url, lostAt, pods, scaling, database, events, logs, logsClosed }: State) {
  const shown = logs.filter(isShown).slice(-400); // more are slow to draw
  const textOf = ({ target }: Event): string => (target as HTMLInputElement).value;
  const fault = view.ended ? 'the command has ended' : lostAt && `the cluster has not answered since ${time(lostAt)}`;
  const closed = Date.now() < logsClosed ? `too many at once: closed until ${time(logsClosed)}` : '';
  return html`
    <header>
      <h1>${stack}</h1>
      <a href=${url}>${url}</a>
      <output id="connection" class="pill ${fault ? 'failing' : 'ready'}">${fault || 'live'}</output>
    </header>
    <main class=${fault ? 'stale' : ''}>
      <section id="charts"></section>
      ${section('Pods', scaling, pods)} ${section('Database', '', database)} ${section('Events', '', events.map(eventRow))}
      <section id="logs">
        <h2>Logs <small>${closed}</small></h2>
        <label>Level
          <select .value=${view.level} @change=${(event: Event) => show({ level: textOf(event) })}>
            <option value="10">all<option value="30">info<option value="40">warn<option value="50">error
          </select>
        </label>
        <label>Text, pod or request <input type="search" size="40" .value=${view.text} @input=${(event: Event) => show({ text: textOf(event) })}></label>
        <small>/ search · e errors only · Esc all lines again · click a line: its request</small>
        <div id="lines" tabindex="0">${repeat(shown, (row) => row, line)}</div>
      </section>
    </main>
  `;
}

const eventRow = ({ at, kind, object, text }: Mark): Row => ({
  time: time(at),
  kind: { text: kind, style: kind.toLowerCase() },
  object: { text: object, style: 'code' },
  event: text,
});

function section(title: string, note: string, rows: readonly Row[]) {
  return html`
    <section id=${title.toLowerCase()}>
      <h2>${title} <small>${note}</small></h2>
      <table>
        <tr>${Object.keys(rows[0] ?? {}).map((heading) => html`<th>${heading}</th>`)}</tr>
        ${rows.map((row) => html`<tr>${Object.values(row).map(cell)}</tr>`)}
      </table>
    </section>
  `;
}

function cell(content: Cell) {
  if (typeof content === 'string') return html`<td>${content}</td>`;
  const { text, style = '', bar } = content;
  if (bar === undefined) return html`<td><span class=${style}>${text}</span></td>`;
  return html`<td><svg><rect width="${bar[0]}%" height="7" /><rect class="request" x="${bar[1]}%" height="7" /></svg> ${text}</td>`;
}

function isShown({ level, text }: LogRow): boolean {
  const words = view.text.toLowerCase().split(' ');
  return level >= Number(view.level) && words.every((word) => text.toLowerCase().includes(word));
}

function line({ level, text, id }: LogRow) {
  const style = level >= 50 ? 'failing' : level >= 40 ? 'warning' : '';
  if (id === undefined) return html`<p class=${style}>${text}</p>`;
  return html`<button class=${style} @click=${() => show({ level: '10', text: id })}>${text}</button>`;
}
