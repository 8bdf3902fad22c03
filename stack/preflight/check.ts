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

/** What `found` says where the system does not tell, or where another check already says why. */
export const unknown = 'not known';

/** A check without which nothing can work. @param remedy if it is not as needed */
export function check(name: string, found: string, needed: string, remedy?: string | false): Check {
  return { name, found, needed, remedy: remedy || '', fatal: Boolean(remedy), ok: !remedy };
}

/** A check of what may surprise. @param remedy if it is not as needed */
export function note(name: string, found: string, needed: string, remedy?: string | false): Check {
  return { ...check(name, found, needed, remedy), fatal: false };
}

/** Whether version `found` is `least` or later. */
export function isAtLeast(found: string, least: string): boolean {
  return found.replace(/^v/, '').localeCompare(least, 'en', { numeric: true }) >= 0;
}
