import { until as untilWithin } from '../../../stack/cluster/until';

/** `until` with less time than mocha gives a test: so a test that fails tells what it waited for. */
export function until<T>(what: string, probe: () => T | Promise<T>): ReturnType<typeof untilWithin<T>> {
  return untilWithin(what, probe, 8000);
}
