/** What one check of the machine found. */
export interface Check {
  readonly name: string;
  readonly found: string;
  readonly needed: string;
  /** What to do next; empty if `ok`. */
  readonly remedy: string;
  /** Whether nothing can work while it is not `ok`. */
  readonly fatal: boolean;
  readonly ok: boolean;
}

/** A remedy where something is not as needed: nothing can work if it `fails`, and it may surprise if it `warns`. */
interface Fault {
  readonly fails?: string | false | undefined;
  readonly warns?: string | false | undefined;
}

/** What `found` says where the system does not tell, or where another check already says why. */
export const unknown = 'not known';

export function check(name: string, found: string, needed: string, { fails, warns }: Fault = {}): Check {
  const remedy = fails || warns || '';
  return { name, found, needed, remedy, fatal: Boolean(fails), ok: remedy === '' };
}

/** Whether version `found` is `least` or later. */
export function isAtLeast(found: string, least: string): boolean {
  return found.replace(/^v/, '').localeCompare(least, 'en', { numeric: true }) >= 0;
}
