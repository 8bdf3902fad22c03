import { json, type OpenapiPart, problem, reference } from '../platform/openapi';
import { parameters } from './parameters';
import { schemas } from './schemas';

const html = { 'text/html': { schema: { type: 'string' } } };
const lines = (description: string) => ({ 'application/x-ndjson': { schema: { type: 'string', description } } });

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
const changed = problem('Others changed the document again and again meanwhile.');
const etag = { ETag: { description: 'Changes with the document.', schema: { type: 'string' } } };
const conditions = [parameters.ifMatch, parameters.ifNoneMatch];
const byId = {
  412: problem('The document is not as If-Match or If-None-Match require.'),
  404: problem('No document has that id.'),
  422: problem('The id is none.'),
  503: reads[503],
};

/** Describes the example's endpoints. A test calls every operation, and holds the replies against this. */
export const openapi = {
  info: { title: 'Documents', version: '1.0.0', description: 'Stores JSON documents in MongoDB.' },
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
        parameters: [
          parameters.limit,
          parameters.after,
          parameters.filter,
          parameters.sort,
          parameters.fields,
          parameters.total,
        ],
        responses: {
          200: {
            description: 'The documents.',
            headers: {
              Link: { description: 'The next page, with rel="next", if there is one.', schema: { type: 'string' } },
              'X-Total-Count': { description: 'How many match, if it was asked for.', schema: { type: 'integer' } },
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
    '/data/changes': {
      get: {
        operationId: 'watchChanges',
        summary: 'What changes from now on, as server-sent events.',
        parameters: [parameters.lastEventId],
        responses: {
          200: {
            description: 'Events, without end.',
            content: { 'text/event-stream': { schema: { type: 'string' } } },
          },
          410: problem('MongoDB no longer has what came after Last-Event-ID.'),
          422: problem('The Last-Event-ID is none of an event.'),
          501: problem('MongoDB is not a replica set, so it has no change streams.'),
          503: reads[503],
        },
      },
    },
    '/data/{id}': {
      parameters: [parameters.id],
      get: {
        operationId: 'getDocument',
        summary: 'One document.',
        parameters: conditions,
        responses: {
          200: { ...json('The document.', 'Document'), headers: etag },
          304: { description: 'It is as the If-None-Match says.' },
          ...byId,
        },
      },
      put: {
        operationId: 'putDocument',
        summary: 'Stores a document under its id, in place of the one that is there.',
        parameters: conditions,
        requestBody: { required: true, content: { 'application/json': { schema: reference('NewDocument') } } },
        responses: {
          201: { ...json('It is stored; there was none.', 'Inserted'), headers: etag },
          204: { description: 'It is stored in place of the earlier one.', headers: etag },
          ...writes,
          409: changed,
          412: byId[412],
        },
      },
      patch: {
        operationId: 'patchDocument',
        summary: 'Changes fields of a document by a JSON merge patch (RFC 7396); null removes one.',
        parameters: conditions,
        requestBody: {
          required: true,
          content: {
            'application/merge-patch+json': { schema: reference('NewDocument') },
            'application/json': { schema: reference('NewDocument') },
          },
        },
        responses: {
          ...writes,
          ...byId,
          204: { description: 'It is changed.', headers: etag },
          409: changed,
          422: writes[422],
        },
      },
      delete: {
        operationId: 'deleteDocument',
        summary: 'Removes one document.',
        parameters: conditions,
        responses: { 204: { description: 'It is gone.' }, 409: changed, ...byId },
      },
    },
  },
  schemas,
} as const satisfies OpenapiPart;
