import { probes } from '../contract';
import { parameters } from './parameters';
import { html, json, lines, problem, reference } from './parts';
import { schemas } from './schemas';

const reads = {
  406: problem('No such type is to be had.'),
  422: problem('A parameter is wrong.'),
  503: problem('No database, or overload.'),
};
const writes = {
  400: problem('The body is not JSON, or not UTF-8.'),
  408: problem('The body came too slowly.'),
  409: problem('The _id is there already.'),
  413: problem('The body, a line or the array is too large.'),
  415: problem('The body is of another type.'),
  422: problem("The document can't be stored as it is, or the Idempotency-Key came with another body."),
  503: problem('No database, or overload. The write may have been stored.'),
};
const byId = { 404: problem('No document has that id.'), 422: problem('The id is none.'), 503: reads[503] };

const health = (summary: string) => ({
  summary,
  responses: { 200: json('It can.', 'Health'), 503: json('It is draining, or has no database.', 'Health') },
});

/** The service's OpenAPI document. A test calls every operation in it, and holds the replies against it. */
export const openapi = {
  openapi: '3.1.1',
  info: { title: 'Documents', version: '1.0.0', description: 'Stores JSON documents in MongoDB.' },
  servers: [{ url: '/' }],
  paths: {
    '/': {
      get: {
        operationId: 'welcome',
        summary: "A welcome, and the server's time; a page for browsers.",
        responses: { 200: json('Welcome.', 'Welcome', html) },
      },
    },
    '/data': {
      get: {
        operationId: 'listData',
        summary: 'All documents, streamed, or a page of them.',
        parameters: [parameters.limit, parameters.after, parameters.filter],
        responses: {
          200: {
            description: 'The documents.',
            headers: {
              Link: { description: 'The next page, with rel="next", if there is one.', schema: { type: 'string' } },
            },
            content: {
              'application/json': { schema: { type: 'array', items: reference('Document') } },
              ...lines('A document on each line.'),
            },
          },
          ...reads,
        },
      },
      post: {
        operationId: 'postData',
        summary: 'Stores a document or many. Answered when the majority has them on disk.',
        parameters: [parameters.idempotencyKey],
        requestBody: {
          required: true,
          content: {
            'application/json': {
              schema: { anyOf: [reference('NewDocument'), { type: 'array', items: reference('NewDocument') }] },
            },
            ...lines('A document on each line, any number of them.'),
          },
        },
        responses: {
          201: {
            description: 'All are stored.',
            headers: {
              Location: { description: 'Where the document is; not for NDJSON.', schema: { type: 'string' } },
            },
            content: { 'application/json': { schema: { anyOf: [reference('Inserted'), reference('InsertedMany')] } } },
          },
          207: json('Some failed; each is told.', 'InsertedMany'),
          ...writes,
        },
      },
    },
    '/data/{id}': {
      parameters: [parameters.id],
      get: {
        operationId: 'getDocument',
        summary: 'One document.',
        parameters: [parameters.ifNoneMatch],
        responses: {
          200: {
            ...json('The document.', 'Document'),
            headers: { ETag: { description: 'Changes with the document.', schema: { type: 'string' } } },
          },
          304: { description: 'It is as the If-None-Match says.' },
          ...byId,
        },
      },
      delete: {
        operationId: 'deleteDocument',
        summary: 'Removes one document.',
        responses: { 204: { description: 'It is gone.' }, ...byId },
      },
    },
    '/health': { get: { operationId: 'health', ...health('Whether requests can be served.') } },
    [probes.ready]: { get: { operationId: 'ready', ...health('The same, for the readiness probe.') } },
    [probes.live]: {
      get: {
        operationId: 'live',
        summary: 'Whether the process answers.',
        responses: { 200: json('It does.', 'Live') },
      },
    },
    '/openapi.json': {
      get: {
        operationId: 'openapi',
        summary: 'This document.',
        responses: {
          200: { description: 'OpenAPI 3.1.', content: { 'application/json': { schema: { type: 'object' } } } },
        },
      },
    },
  },
  components: { schemas },
} as const;
