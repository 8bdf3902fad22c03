import type { State } from '../messages';
import { byId, clock, element, figure, fillTable, mebibytes, meter } from './dom';
import { showPods } from './pods';

/** Events and marks that are shown. */
const maxEvents = 100;

/** Shows all that is no chart and no log. */
export function showState(state: State): void {
  const { connected, since, scalers, database, events, marks, skipped } = state;
  showConnection(connected, connected ? 'live' : `the cluster has not answered since ${clock(since)}`);
  showPods(state);
  byId('scaling').textContent = scalers.map(describeScaler).join(' · ');
  byId('skipped').textContent = skipped > 0 ? `${figure(skipped)} lines left out: too many at once` : '';

  if (typeof database !== 'object') fillTable('database', [database], []);
  else {
    const { members, connections, operations, size, volume } = database;
    const disk = element('span', '', meter([String(size), undefined, volume], mebibytes), ` of ${volume}`);
    const row = [members.join(', '), String(connections), figure(operations, '/s'), disk];
    fillTable('database', ['members', 'connections', 'operations', 'on disk'], [row]);
  }

  const newest = [...events, ...marks].sort((one, other) => other.at - one.at).slice(0, maxEvents);
  const eventRows = newest.map(({ at, kind, object, text }) => {
    return [clock(at), element('b', kind.toLowerCase(), kind), element('code', '', object), text];
  });
  fillTable('events', [], eventRows);
}

export function showConnection(good: boolean, text: string): void {
  byId('connection').className = good ? 'good' : 'bad';
  byId('connection').textContent = text;
  document.body.classList.toggle('stale', !good);
}

function describeScaler({ metadata, spec, status }: State['scalers'][number]): string {
  const cpu = status?.currentMetrics?.[0]?.resource?.current.averageUtilization;
  const target = spec?.metrics?.[0]?.resource?.target.averageUtilization;
  const bounds = `${spec?.minReplicas ?? 1} to ${spec?.maxReplicas}`;
  return `${metadata?.name}: ${bounds}, ${status?.desiredReplicas ?? 0} wanted, CPU ${figure(cpu, ' %')} of ${figure(target, ' %')}`;
}
