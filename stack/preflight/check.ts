/** What one look at the machine came to. */
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

type Fault = Pick<Check, 'name' | 'found' | 'needed' | 'remedy'>;

/** It is as needed. */
export function passes(name: string, found: string, needed = ''): Check {
  return { name, found, needed, remedy: '', fatal: false, ok: true };
}

/** It works, yet may surprise. */
export function warns(fault: Fault): Check {
  return { ...fault, fatal: false, ok: false };
}

/** Nothing can be started until this is mended. */
export function fails(fault: Fault): Check {
  return { ...fault, fatal: true, ok: false };
}

/** How to set a value of the configuration. `pulumi config set` can't, before there is a stack. */
export function setting(key: string, value: string | number): string {
  return `in the stack's Pulumi.STACK.yaml, under config: koa-mongo:${key}: "${value}"`;
}
