import type { Context } from 'koa';
import { healthPaths } from './health';
import { etagOf, isNotModified } from './request';

/** What the routes of a service add to its OpenAPI document. */
export interface OpenapiPart {
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  /** Each method's by `operation`. */
  readonly paths: { readonly [path: string]: object };
  /** For `components.schemas`; one named as one of the platform's takes its place. */
  readonly schemas: { readonly [name: string]: object };
}

/** Replies by status. One that is a text has no content below 400, and problem details from there on. */
type Responses = Readonly<Record<number, string | object>>;

/** Schema of an object with these properties and no others, all of them there but those named `optional`. */
export function object(properties: { readonly [name: string]: object }, ...optional: readonly string[]) {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: 'object', required, properties, additionalProperties: false } as const;
}

/** Refers to one of `components.schemas`. */
export function reference(name: string): { readonly $ref: string } {
  return { $ref: `#/components/schemas/${name}` };
}

/** A JSON reply, and other contents that it may have instead. */
export function json(description: string, schema: string | object, others: object = {}): object {
  const content = { schema: typeof schema === 'string' ? reference(schema) : schema };
  return { description, content: { 'application/json': content, ...others } };
}

/** An operation of a service: what it takes, and may answer. */
export function operation(
  operationId: string,
  summary: string,
  { responses, ...takes }: { parameters?: readonly object[]; requestBody?: object; responses: Responses },
): object {
  const content = { 'application/problem+json': { schema: reference('Problem') } };
  const described = Object.entries({ ...responses, ...refusals }).map(([status, response]) => [
    status,
    typeof response === 'string' ? { description: response, ...(Number(status) >= 400 && { content }) } : response,
  ]);
  return { operationId, summary, ...takes, security, responses: Object.fromEntries(described) };
}

/** Problem details (RFC 9457), as every failure has them. */
export const problemSchema = object({
  type: { type: 'string', format: 'uri', description: 'Type of the failure, for programs.' },
  title: { type: 'string' },
  status: { type: 'integer' },
  detail: { type: 'string', description: 'What happened and what to do next, for people.' },
});

/** What any route may answer, and asks for: nothing, unless the service is set up with keys, tokens or a limit of requests. */
const refusals: Responses = {
  401: 'A key or token is required, and missing or invalid.',
  403: 'The key or token is read-only.',
  429: 'The client sent too many requests.',
};
const security = [{}, { key: [] }, { token: [] }];
const securitySchemes = {
  key: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
  token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
};

/** Describes the platform's endpoints and those of `part`. */
export function createOpenapi({ info, paths, schemas }: OpenapiPart) {
  const responses = { 200: json('OpenAPI 3.1.', { type: 'object' }) };
  const own = { '/openapi.json': { get: { operationId: 'openapi', summary: 'This document.', responses } } };
  return {
    openapi: '3.1.1',
    info,
    servers: [{ url: '/' }],
    paths: { ...paths, ...healthPaths, ...own },
    components: { schemas: { Problem: problemSchema, ...schemas }, securitySchemes },
  };
}

/** `GET /openapi.json`: the service's own description. */
export function getOpenapi(document: object): (context: Context) => void {
  const body = JSON.stringify(document);
  const etag = etagOf(body);
  return (context) => {
    if (isNotModified(context, etag)) return;
    context.set('Content-Type', 'application/json');
    context.body = body;
  };
}
