import { json, type OpenapiPart, problems, reference, text } from '../platform/openapi';
import { parameters } from './parameters';
import { schemas } from './schemas';

const { id, limit, after, filter, sort, fields, total, ifMatch, ifNoneMatch } = parameters;
const conditions = [ifMatch, ifNoneMatch];
const lines = (description: string) => ({ 'application/x-ndjson': { schema: text(description) } });
const header = (name: string, description: string) => ({ [name]: { description, schema: { type: 'string' } } });
const etag = { headers: header('ETag', 'Changes with the document.') };
const newDocument = { schema: reference('NewDocument') };

const unavailable = { 503: 'No database, or overload.' };
const writes = {
  400: 'The body is not JSON, or not UTF-8.',
  408: 'The body came too slowly.',
  409: 'The _id is there already.',
  413: 'The body, a line or the array is too large.',
  415: 'The body is of another type.',
  422: "The document can't be stored as it is, or the Idempotency-Key came with another body.",
  503: 'No database, or overload. The write may have been stored.',
  504: 'The database took too long. A part of the write may have been stored.',
};
const changed = { 409: 'Others changed the document again and again meanwhile.' };
const unmet = { 412: 'The document is not as If-Match or If-None-Match require.' };
const byId = { 404: 'No document has that id.', ...unmet, 422: 'The id is none.', ...unavailable };

/** Describes the example's endpoints. A test calls every operation, and holds the replies against this. */
export const openapi: OpenapiPart = {
  info: { title: 'Documents', version: '1.0.0', description: 'Stores JSON documents in MongoDB.' },
  schemas,
  paths: {
    '/': {
      get: {
        operationId: 'welcome',
        summary: "A welcome, and the server's time; a page for browsers.",
        responses: { 200: json('Welcome.', 'Welcome', { 'text/html': { schema: { type: 'string' } } }) },
      },
    },
    '/data': {
      get: {
        operationId: 'listData',
        summary: 'All documents, streamed, or a page of them.',
        parameters: [limit, after, filter, sort, fields, total],
        responses: {
          200: {
            ...json('Them.', { type: 'array', items: reference('Document') }, lines('A document on each line.')),
            headers: {
              ...header('Link', 'The next page, with rel="next", if there is one.'),
              ...header('X-Total-Count', 'How many match, if it was asked for.'),
            },
          },
          ...problems({ 406: 'No such type is to be had.', 422: 'A parameter is wrong.', ...unavailable }),
          ...problems({ 504: 'The database took too long.' }),
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
              schema: { anyOf: [newDocument.schema, { type: 'array', items: newDocument.schema }] },
            },
            ...lines('A document on each line, any number of them.'),
          },
        },
        responses: {
          201: {
            ...json('All are stored.', { anyOf: [reference('Inserted'), reference('InsertedMany')] }),
            headers: header('Location', 'Where the document is; not for NDJSON.'),
          },
          207: json('Some failed; each is told.', 'InsertedMany'),
          ...problems(writes),
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
          ...problems({
            406: 'No such type is to be had.',
            410: 'MongoDB no longer has what came after Last-Event-ID.',
            422: 'The Last-Event-ID is none of an event.',
            501: 'MongoDB is not a replica set, so it has no change streams.',
            ...unavailable,
          }),
        },
      },
    },
    '/data/{id}': {
      parameters: [id],
      get: {
        operationId: 'getDocument',
        summary: 'One document.',
        parameters: conditions,
        responses: {
          200: { ...json('The document.', 'Document'), ...etag },
          304: { description: 'It is as the If-None-Match says.' },
          ...problems({ ...byId, 504: 'The database took too long.' }),
        },
      },
      put: {
        operationId: 'putDocument',
        summary: 'Stores a document under its id, in place of the one that is there.',
        parameters: conditions,
        requestBody: { required: true, content: { 'application/json': newDocument } },
        responses: {
          201: { ...json('It is stored; there was none.', 'Inserted'), ...etag },
          204: { description: 'It is stored in place of the earlier one.', ...etag },
          ...problems({ ...writes, ...changed, ...unmet }),
        },
      },
      patch: {
        operationId: 'patchDocument',
        summary: 'Changes fields of a document by a JSON merge patch (RFC 7396); null removes one.',
        parameters: conditions,
        requestBody: {
          required: true,
          content: { 'application/merge-patch+json': newDocument, 'application/json': newDocument },
        },
        responses: {
          204: { description: 'It is changed.', ...etag },
          ...problems({ ...byId, ...writes, ...changed }),
        },
      },
      delete: {
        operationId: 'deleteDocument',
        summary: 'Removes one document.',
        parameters: conditions,
        responses: { 204: { description: 'It is gone.' }, ...problems({ ...byId, ...changed, 504: writes[504] }) },
      },
    },
  },
};
