import type { Context } from 'koa';
import { healthPaths, healthSchemas } from './health';
import { etagOf, isNotModified } from './request';

interface Content {
  readonly [type: string]: { readonly schema: object };
}
interface Response {
  readonly description: string;
  readonly content: Content;
}

/** What the routes of a service add to its OpenAPI document. */
export interface OpenapiPart {
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly paths: { readonly [path: string]: object };
  /** For `components.schemas`; one named as one of the platform's takes its place. */
  readonly schemas: { readonly [name: string]: object };
}

/** The OpenAPI document of a service. */
export interface Openapi extends Pick<OpenapiPart, 'info' | 'paths'> {
  readonly openapi: '3.1.1';
  readonly servers: readonly [{ readonly url: '/' }];
  readonly components: Pick<OpenapiPart, 'schemas'> & { readonly securitySchemes: object };
}

/** Problem details (RFC 9457), as every failure has them. */
export const problemSchema = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail'],
  properties: {
    type: { type: 'string', format: 'uri', description: 'Which failure it is, for programs.' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string', description: 'What happened, to what, and what to do next, for people.' },
  },
  additionalProperties: false,
} as const;

const methods = ['get', 'put', 'post', 'delete', 'patch'];
const refusals = {
  401: problem('A key or token is missing or wrong, if the service asks for one.'),
  403: problem('The key or token may only read.'),
  429: problem('Too many requests of one client, if they are limited.'),
};
const securitySchemes = {
  key: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
  token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
};

/** What any route may answer, and asks for: nothing, unless the service is set up with keys or tokens. */
function withRefusals(paths: OpenapiPart['paths']): OpenapiPart['paths'] {
  const operation = (method: string, value: { readonly responses?: object }): object =>
    methods.includes(method)
      ? { ...value, security: [{}, { key: [] }, { token: [] }], responses: { ...value.responses, ...refusals } }
      : value;
  const described = (path: object): object =>
    Object.fromEntries(Object.entries(path).map(([method, value]) => [method, operation(method, value)]));
  return Object.fromEntries(Object.entries(paths).map(([path, value]) => [path, described(value)]));
}

/** Describes the platform's endpoints and those of `part`. */
export function createOpenapi({ info, paths, schemas }: OpenapiPart): Openapi {
  const ownPath = {
    operationId: 'openapi',
    summary: 'This document.',
    responses: {
      200: { description: 'OpenAPI 3.1.', content: { 'application/json': { schema: { type: 'object' } } } },
    },
  };
  return {
    openapi: '3.1.1',
    info,
    servers: [{ url: '/' }],
    paths: { ...withRefusals(paths), ...healthPaths, '/openapi.json': { get: ownPath } },
    components: { schemas: { ...healthSchemas, Problem: problemSchema, ...schemas }, securitySchemes },
  };
}

/** `GET /openapi.json`: the service's own description. */
export function getOpenapi(document: Openapi): (context: Context) => void {
  const text = JSON.stringify(document);
  const etag = etagOf(text);
  return (context) => {
    if (isNotModified(context, etag)) return;
    context.set('Content-Type', 'application/json');
    context.body = text;
  };
}

/** Refers to one of `components.schemas`. */
export function reference(name: string): { readonly $ref: string } {
  return { $ref: `#/components/schemas/${name}` };
}

/** A JSON reply, and other contents that it may have instead. */
export function json(description: string, schema: string, others: Content = {}): Response {
  return { description, content: { 'application/json': { schema: reference(schema) }, ...others } };
}

/** A failure, as RFC 9457 problem details. */
export function problem(description: string): Response {
  return { description, content: { 'application/problem+json': { schema: reference('Problem') } } };
}
