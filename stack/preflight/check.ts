/** What one check of the machine found. */
export interface Check {
  readonly name: string;
  readonly found: string;
  readonly needed: string;
  /** What to do next; empty if `ok`. */
  readonly remedy: string;
  /** Whether it prevents updates. */
  readonly fatal: boolean;
  readonly ok: boolean;
}

/** `found` of a value that can't be read, or for which another check already says why. */
export const unknown = 'not known';

/** A check whose failure prevents updates. @param remedy if it fails */
export function check(name: string, found: string, needed: string, remedy?: string | false): Check {
  return { name, found, needed, remedy: remedy || '', fatal: Boolean(remedy), ok: !remedy };
}

/** A check whose failure is only a warning. @param remedy if it fails */
export function note(name: string, found: string, needed: string, remedy?: string | false): Check {
  return { ...check(name, found, needed, remedy), fatal: false };
}

/** Whether version `found` is `least` or later. */
export function isAtLeast(found: string, least: string): boolean {
  return found.replace(/^v/, '').localeCompare(least, 'en', { numeric: true }) >= 0;
}
