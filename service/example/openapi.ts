import { json, type OpenapiPart, object, operation, problemSchema, reference } from '../platform/openapi';
import { maxIdentifier } from './document';
import { limits } from './routes';

const text = { type: 'string' };
const some = { type: 'string', minLength: 1 };
const count = (description: string, minimum = 0): object => ({ type: 'integer', minimum, description });
const errors = { type: 'array', items: reference('ItemError'), description: 'For NDJSON the first 100 of them.' };

const schemas = {
  Welcome: object({ message: text, time: { ...text, format: 'date-time', description: "The server's time." } }),
  Id: {
    type: 'string',
    minLength: 1,
    maxLength: maxIdentifier,
    description: '24 lower-case hexadecimal digits are an ObjectId; any other text is itself.',
    examples: ['6b05510dd3baea8e046d387b'],
  },
  NewDocument: {
    type: 'object',
    properties: { _id: reference('Id'), _bsontype: false },
    description: 'Any JSON object. Without an _id it gets one.',
    examples: [{ name: 'test', value: 123 }],
  },
  Document: { type: 'object', required: ['_id'], description: 'A document as it was sent, with its _id.' },
  Inserted: object({ id: reference('Id') }),
  InsertedMany: object(
    {
      inserted: count('Those that are stored.'),
      ids: {
        type: 'array',
        items: { anyOf: [reference('Id'), { type: 'null' }] },
        description: "In the order of the array's items, null where one failed. Not there for NDJSON.",
      },
      failed: count('Lines that failed; only for NDJSON.', 1),
      errors,
    },
    ...['ids', 'failed', 'errors'],
  ),
  ItemError: object(
    {
      index: count('Of the item in the array.'),
      line: count('Of the NDJSON.', 1),
      status: { type: 'integer' },
      detail: text,
    },
    ...['index', 'line'],
  ),
  Problem: {
    ...problemSchema,
    properties: {
      ...problemSchema.properties,
      inserted: count('Lines of NDJSON that were stored before the failure.'),
      failed: count('Those that failed.'),
      errors: { type: 'array', items: { anyOf: [reference('ItemError'), object({ path: text, message: text })] } },
    },
  },
};

const parameter =
  (where: 'header' | 'query') =>
  (name: string, description: string, schema: object = text): object => ({ name, in: where, description, schema });
const [query, inHeader] = [parameter('query'), parameter('header')];
/** Preconditions. */
const parameters = [
  inHeader('If-Match', 'Only if the document still has this ETag; 412 otherwise.'),
  inHeader('If-None-Match', 'Only if the document does not have this ETag; * is any document.'),
];
const plain = { type: 'object', additionalProperties: { type: ['string', 'number', 'boolean', 'null'] } };
const lines = (description: string) => ({ 'application/x-ndjson': { schema: { ...text, description } } });
const header = (name: string, description: string) => ({ [name]: { description, schema: text } });
const etag = { headers: header('ETag', 'Changes with the document.') };
const document = reference('NewDocument');
const bodyOf = (...types: readonly string[]): object => ({
  required: true,
  content: Object.fromEntries(types.map((type) => [type, { schema: document }])),
});

const unavailable = { 503: 'No database, or overload.', 504: 'The database took too long.' };
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
const unmet = { 412: 'The document is not as If-Match or If-None-Match require.' };
const changed = { 409: 'Others changed the document again and again meanwhile.', ...unmet };
const byId = { 404: 'No document has that id.', 422: 'The id is none.', ...unmet, ...unavailable };

/** Describes the example's endpoints. A test calls every operation, and holds the replies against this. */
export const openapi: OpenapiPart = {
  info: { title: 'Documents', version: '1.0.0', description: 'Stores JSON documents in MongoDB.' },
  schemas,
  paths: {
    '/': {
      get: operation('welcome', "A welcome, and the server's time; a page for browsers.", {
        responses: { 200: json('Welcome.', 'Welcome', { 'text/html': { schema: text } }) },
      }),
    },
    '/data': {
      get: operation('listData', 'All documents, streamed, or a page of them.', {
        parameters: [
          query('limit', 'Documents of a page, in the order of their ids; at most 1000 unless configured otherwise.', {
            type: 'integer',
            minimum: 1,
            maximum: limits.pageItems.default,
          }),
          query('after', 'Where a page begins, from the Link header of the one before.', some),
          {
            name: 'filter',
            in: 'query',
            description: 'Top-level fields and the plain values that they must be equal to.',
            content: { 'application/json': { schema: plain, example: { name: 'test' } } },
          },
          query('sort', 'Up to four fields, descending with a minus, such as -created,name. Needs limit.', some),
          query('fields', 'Fields to return, such as name,value. The _id is always there.', some),
          query('total', 'Count the matching documents, in X-Total-Count.', { ...text, enum: ['true'] }),
        ],
        responses: {
          200: {
            ...json('Them.', { type: 'array', items: reference('Document') }, lines('A document on each line.')),
            headers: {
              ...header('Link', 'The next page, with rel="next", if there is one.'),
              ...header('X-Total-Count', 'How many match, if it was asked for.'),
            },
          },
          406: 'No such type is to be had.',
          422: 'A parameter is wrong.',
          ...unavailable,
        },
      }),
      post: operation('postData', 'Stores a document or many. Answered when the majority has them on disk.', {
        parameters: [
          inHeader(
            'Idempotency-Key',
            'Makes a repeated request safe: the same key gets the same answer, and nothing is stored twice. Not for NDJSON.',
            { ...text, pattern: '^(?!""$)[!-~]{1,255}$' },
          ),
        ],
        requestBody: {
          required: true,
          content: {
            'application/json': { schema: { anyOf: [document, { type: 'array', items: document }] } },
            ...lines('A document on each line, any number of them.'),
          },
        },
        responses: {
          201: {
            ...json('All are stored.', { anyOf: [reference('Inserted'), reference('InsertedMany')] }),
            headers: header('Location', 'Where the document is; not for NDJSON.'),
          },
          207: json('Some failed; each is told.', 'InsertedMany'),
          ...writes,
        },
      }),
    },
    '/data/changes': {
      get: operation('watchChanges', 'What changes from now on, as server-sent events.', {
        parameters: [inHeader('Last-Event-ID', 'The id of the last event that the client has.')],
        responses: {
          200: { description: 'Events, without end.', content: { 'text/event-stream': { schema: text } } },
          406: 'No such type is to be had.',
          410: 'MongoDB no longer has what came after Last-Event-ID.',
          422: 'The Last-Event-ID is none of an event.',
          501: 'MongoDB is not a replica set, so it has no change streams.',
          503: unavailable[503],
        },
      }),
    },
    '/data/{id}': {
      parameters: [{ name: 'id', in: 'path', required: true, schema: reference('Id') }],
      get: operation('getDocument', 'One document.', {
        parameters,
        responses: {
          200: { ...json('The document.', 'Document'), ...etag },
          304: 'It is as the If-None-Match says.',
          ...byId,
        },
      }),
      put: operation('putDocument', 'Stores a document under its id, in place of the one that is there.', {
        parameters,
        requestBody: bodyOf('application/json'),
        responses: {
          201: { ...json('It is stored; there was none.', 'Inserted'), ...etag },
          204: { description: 'It is stored in place of the earlier one.', ...etag },
          ...writes,
          ...changed,
        },
      }),
      patch: operation('patchDocument', 'Changes fields by a JSON merge patch (RFC 7396); null removes one.', {
        parameters,
        requestBody: bodyOf('application/merge-patch+json', 'application/json'),
        responses: { 204: { description: 'It is changed.', ...etag }, ...byId, ...writes, ...changed },
      }),
      delete: operation('deleteDocument', 'Removes one document.', {
        parameters,
        responses: { 204: 'It is gone.', ...byId, ...changed, 504: writes[504] },
      }),
    },
  },
};
