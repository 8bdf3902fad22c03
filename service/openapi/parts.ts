import type { schemas } from './schemas';

type SchemaName = keyof typeof schemas;
interface Response {
  readonly description: string;
  readonly content: { readonly [type: string]: { readonly schema: object } };
}

export function reference(name: SchemaName): { readonly $ref: string } {
  return { $ref: `#/components/schemas/${name}` };
}

/** A JSON reply, and other contents that it may have instead. */
export function json(description: string, schema: SchemaName, others: Response['content'] = {}): Response {
  return { description, content: { 'application/json': { schema: reference(schema) }, ...others } };
}

/** A failure, as RFC 9457 problem details. */
export function problem(description: string): Response {
  return { description, content: { 'application/problem+json': { schema: reference('Problem') } } };
}

export function lines(description: string): Response['content'] {
  return { 'application/x-ndjson': { schema: { type: 'string', description } } };
}

export const html: Response['content'] = { 'text/html': { schema: { type: 'string' } } };
