import { STATUS_CODES } from 'node:http';
import { accessFailures, securitySchemes } from './access';
import { type ApiRouter, type Endpoint, endpoint } from './endpoint';

/** What a service adds to its OpenAPI document, besides its endpoints. */
export interface OpenapiPart {
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  /** For `components.schemas`. They override those of the platform. */
  readonly schemas: { readonly [name: string]: object };
}

/** Schema of an object with exactly these properties, all required except `optional`. */
export function object(properties: { readonly [name: string]: object }, ...optional: readonly string[]) {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: 'object', required, properties, additionalProperties: false } as const;
}

/** Refers to one of `components.schemas`. */
export function reference(name: string): { readonly $ref: string } {
  return { $ref: `#/components/schemas/${name}` };
}

/** A JSON response, and alternative media types. */
export function json(description: string, schema: object, others: object = {}): object {
  return { description, content: { 'application/json': { schema }, ...others } };
}

/** Problem details (RFC 9457) of every failure. */
export const problemSchema = object({
  type: { type: 'string', format: 'uri', description: 'Type of the failure, for programs.' },
  title: { type: 'string' },
  status: { type: 'integer' },
  detail: { type: 'string', description: 'What happened and what to do next, for people.' },
});
const security = [{}, ...Object.keys(securitySchemes).map((name) => ({ [name]: [] }))];
const problem = { content: { 'application/problem+json': { schema: reference('Problem') } } };

/** Adds `GET /openapi.json`: the service's own description. The endpoints that `router` already has need no key. */
export function addOpenapi(router: ApiRouter, { info, schemas }: OpenapiPart): void {
  const describe = (path: string, { operation, responses, failures }: Endpoint): object => {
    const isPublic = publicPaths.includes(path);
    const replies = Object.entries(responses).map(([status, response]) => [
      status,
      typeof response === 'string' ? { description: response } : response,
    ]);
    const problems = [...failures, ...(isPublic ? [] : accessFailures)].map((status) => [
      status,
      { description: STATUS_CODES[status], ...problem },
    ]);
    return { ...operation, ...(!isPublic && { security }), responses: Object.fromEntries([...replies, ...problems]) };
  };
  let document: string | undefined; // made at the first request, when all routes exist
  const getOpenapi = endpoint('openapi', 'This document.', {
    responses: { 200: json('OpenAPI 3.1.', { type: 'object' }) },
    handler: (context) => {
      document ??= JSON.stringify({
        openapi: '3.1.1',
        info,
        servers: [{ url: '/' }],
        paths: mapValues(router.endpoints, (methods, path) => mapValues(methods, (one) => describe(path, one))),
        components: { schemas: { Problem: problemSchema, ...schemas }, securitySchemes },
      });
      context.type = 'json';
      context.body = document;
    },
  });
  const publicPaths = Object.keys(router.add('get', '/openapi.json', getOpenapi).endpoints);
}

function mapValues<From, To>(values: Readonly<Record<string, From>>, map: (value: From, name: string) => To) {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, map(value, name)]));
}
