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

/** What `found` says where a fact that the check needs is missing because another check fails, or the system does not tell it. */
export const unknown = 'not known';

/** @param fault the remedy if it is not as needed: `fails` if nothing can work so, `warns` if it only may surprise */
export function check(
  name: string,
  found: string,
  needed: string,
  fault: { readonly fails?: string | false; readonly warns?: string | false } = {},
): Check {
  const remedy = fault.fails || fault.warns || '';
  return { name, found, needed, remedy, fatal: Boolean(fault.fails), ok: remedy === '' };
}

/** Whether version `found` is `least` or later. */
export function isAtLeast(found: string, least: string): boolean {
  return found.replace(/^v/, '').localeCompare(least, 'en', { numeric: true }) >= 0;
}
