import type { State, Update } from '../messages';
import { addSamples, drawCharts } from './charts';
import { byId } from './dom';
import { addLogs, filterLogs, focusFilter } from './logs';
import { showConnection, showState } from './tables';

let state = {} as State;
const updates = new EventSource('/updates');

updates.addEventListener('message', ({ data }: MessageEvent<string>) => {
  const { title, state: changes, samples, logs } = JSON.parse(data) as Update;
  if (title !== undefined) {
    document.title = byId('stack').textContent = title.stack;
    const link = byId<HTMLAnchorElement>('url');
    link.href = link.textContent = title.url;
  }
  if (Object.keys(changes).length > 0) showState((state = { ...state, ...changes }));
  if (samples.length > 0) addSamples(samples, state, title !== undefined);
  addLogs(logs, title !== undefined);
});
updates.addEventListener('error', () => showConnection(false, 'the command has ended'));
byId('minutes').addEventListener('change', drawCharts);

document.addEventListener('keydown', (event) => {
  const { key, target, ctrlKey, metaKey, altKey } = event;
  if (key === 'Escape') {
    filterLogs('30', '');
    (target as HTMLElement).blur();
  }
  if (ctrlKey || metaKey || altKey || target instanceof HTMLSelectElement) return;
  if (target instanceof HTMLInputElement && target.type === 'search') return;
  if (key === 'e') filterLogs('50');
  if (key === '/') {
    event.preventDefault(); // the key itself is no part of the text
    focusFilter();
  }
});
