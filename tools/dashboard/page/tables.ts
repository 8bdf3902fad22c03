import type { DatabaseRow, EventRow, PodRow, RouteRow, State, Usage } from '../messages';
import { byId, clock, duration, element, figure, mebibytes } from './dom';

/** Shows the tables of pods, routes and the database. */
export function showState({ connected, since, pods, scalers, routes, database, skippedLines }: State): void {
  const connection = byId('connection');
  connection.className = connected ? 'good' : 'bad';
  connection.textContent = connected ? 'live' : `the cluster has not answered since ${clock(since)}`;
  document.body.classList.toggle('stale', !connected);
  byId('scaling').textContent = scalers
    .map(
      (it) =>
        `${it.name}: ${it.min} to ${it.max}, ${it.wanted} wanted, CPU ${figure(it.cpu, ' %')} of ${figure(it.target, ' %')}`,
    )
    .join(' · ');
  table(
    'pods',
    ['pod', 'state', 'age', 'restarts', 'CPU', 'memory', 'code', 'last reason'],
    pods.map(podCells),
    'No pods.',
  );
  table('routes', ['route', 'requests', 'median', 'p99', 'failed'], routes.map(routeCells), 'No requests.');
  byId('database').replaceChildren(
    ...(database ? databaseParts(database) : [element('dt', '', 'Not in this cluster, or not ready.')]),
  );
  byId('skipped').textContent = skippedLines > 0 ? `${figure(skippedLines)} lines left out: too many at once` : '';
}

export function showEvents(events: readonly EventRow[]): void {
  const rows = events.toSorted((one, other) => other.at - one.at).slice(0, 100);
  byId('events').replaceChildren(
    ...rows.map(({ at, type, reason, object, text }) =>
      element(
        'div',
        `event ${type.toLowerCase()}`,
        element('time', '', clock(at)),
        element('b', '', reason),
        element('span', 'object', object),
        element('span', '', text),
      ),
    ),
  );
}

function table(id: string, heading: readonly string[], rows: readonly HTMLElement[], none: string): void {
  const head = element('tr', '', ...heading.map((text) => element('th', '', text)));
  byId(id).replaceChildren(
    element('thead', '', head),
    element('tbody', '', ...(rows.length > 0 ? rows : [element('td', '', none)])),
  );
}

function podCells({ name, state, created, restarts, cpu, memory, code, reason }: PodRow): HTMLElement {
  const pill = element('span', `pill ${state.replace(' ', '-')}`, state);
  const texts = [code, reason].map((text) => element('td', 'code', text));
  return element(
    'tr',
    state === 'gone' ? 'gone' : '',
    element('td', 'name', name),
    element('td', '', pill),
    element('td', '', duration(Date.now() - created)),
    element('td', restarts > 0 ? 'warn' : '', String(restarts)),
    element(
      'td',
      '',
      meter(cpu, (cores) => `${Math.round((cores ?? 0) * 1000)}m`),
    ),
    element('td', '', meter(memory, mebibytes)),
    ...texts,
  );
}

/** What is used as a bar up to the limit, or the request without one, with a line at the request. */
function meter({ used, request, limit }: Usage, format: (value: number | undefined) => string): HTMLElement {
  const full = limit ?? Math.max((request ?? 0) * 2, used ?? 0);
  const bar = element('i', used !== undefined && limit !== undefined && used > limit * 0.9 ? 'high' : '');
  bar.style.width = `${Math.min(100, ((used ?? 0) / (full || 1)) * 100)}%`;
  const line = element('u');
  line.style.left = `${((request ?? 0) / (full || 1)) * 100}%`;
  const made = element('span', 'meter', element('span', 'bar', bar, line), used === undefined ? '–' : format(used));
  made.title = `used ${used === undefined ? 'not known' : format(used)}, request ${format(request)}, limit ${limit === undefined ? 'none' : format(limit)}`;
  return made;
}

function routeCells({ route, rate, median, p99, failed }: RouteRow): HTMLElement {
  const cells = [figure(rate, '/s'), figure(median, ' ms'), figure(p99, ' ms')].map((text) => element('td', '', text));
  return element(
    'tr',
    '',
    element('td', 'name', route),
    ...cells,
    element('td', failed > 0 ? 'bad' : '', figure(failed * 100, ' %')),
  );
}

function databaseParts({ members, connections, operations, size, volume }: DatabaseRow): HTMLElement[] {
  const states = Object.entries(members).map(([name, state]) => `${name} ${state.toLowerCase()}`);
  const rates = Object.entries(operations).map(([kind, rate]) => `${kind} ${figure(rate)}`);
  const parts: Record<string, string | HTMLElement> = {
    members: states.join(', ') || 'no replica set',
    connections: String(connections),
    'operations/s': rates.join(', ') || '–',
    'on disk': element(
      'span',
      '',
      meter({ ...(size && { used: size }), ...(volume && { limit: volume }) }, mebibytes),
      ` of ${mebibytes(volume)}`,
    ),
  };
  return Object.entries(parts).flatMap(([name, value]) => [element('dt', '', name), element('dd', '', value)]);
}
