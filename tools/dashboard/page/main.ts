import { type EventRow, kept, type Update } from '../messages';
import { Charts } from './charts';
import { byId } from './dom';
import { Logs } from './logs';
import { showEvents, showState } from './tables';

const charts = new Charts();
const logs = new Logs();
let events: EventRow[] = [];

const updates = new EventSource('/updates');
updates.addEventListener('message', ({ data }: MessageEvent<string>) => apply(JSON.parse(data) as Update));
updates.addEventListener('error', () => {
  byId('connection').className = 'bad';
  byId('connection').textContent = 'npm run dashboard has ended';
});

function apply({ reset, state, samples = [], events: newEvents = [], logs: lines = [] }: Update): void {
  if (reset !== undefined) {
    charts.reset();
    logs.reset();
    events = [];
    document.title = byId('stack').textContent = reset.stack;
    const link = byId<HTMLAnchorElement>('url');
    link.href = link.textContent = reset.url;
  }
  if (state !== undefined) {
    showState(state);
    logs.setPods(state.pods);
  }
  events = [...events, ...newEvents].slice(-kept.events);
  if (newEvents.length > 0 || reset !== undefined) showEvents(events);
  if (samples.length + newEvents.length > 0) charts.add(samples, newEvents);
  logs.add(lines);
}

const ranges = [...document.querySelectorAll<HTMLInputElement>('#range input')];
byId('range').addEventListener('change', () => {
  charts.minutes = Number(ranges.find(({ checked }) => checked)?.value);
  charts.draw();
});

document.addEventListener('keydown', (event) => {
  const { key, target } = event;
  const typing = target instanceof HTMLInputElement && target.type === 'search';
  if (key === 'Escape') {
    logs.filterBy({ level: 'info', pod: '', text: '', request: '' });
    if (typing) target.blur();
  }
  if (typing || target instanceof HTMLSelectElement || event.ctrlKey || event.metaKey || event.altKey) return;
  if (key === '/') {
    event.preventDefault(); // the key itself is not part of the text
    logs.focus();
  }
  if (key === 'e') logs.filterBy({ level: 'error' });
  if (key === 'p') logs.togglePause();
  ranges[Number(key) - 1]?.click();
});
