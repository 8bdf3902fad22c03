import { json, type OpenapiPart, object, operation, problemSchema, reference } from '../platform/openapi';
import { maxIdentifier } from './document';
import { limits } from './routes';

const text = { type: 'string' };
const some = { type: 'string', minLength: 1 };
const count = (description: string, minimum = 0): object => ({ type: 'integer', minimum, description });
const errors = { type: 'array', items: reference('ItemError'), description: 'For NDJSON, the first 100.' };

const schemas = {
  Welcome: object({ message: text, time: { ...text, format: 'date-time', description: "The server's time." } }),
  Id: {
    ...some,
    maxLength: maxIdentifier,
    description: '24 lowercase hexadecimal digits are an ObjectId. Any other string stays a string.',
    examples: ['6b05510dd3baea8e046d387b'],
  },
  NewDocument: {
    type: 'object',
    properties: { _id: reference('Id'), _bsontype: false },
    description: 'Any JSON object. The _id is generated if it is missing.',
    examples: [{ name: 'test', value: 123 }],
  },
  Document: { type: 'object', required: ['_id'], description: 'A document as it was sent, with its _id.' },
  Inserted: object({ id: reference('Id') }),
  InsertedMany: object(
    {
      inserted: count('Documents stored.'),
      ids: {
        type: 'array',
        items: { anyOf: [reference('Id'), { type: 'null' }] },
        description: "Ids in the order of the array's items, null for a failed one. Not for NDJSON.",
      },
      failed: count('Lines that failed. NDJSON only.', 1),
      errors,
    },
    ...['ids', 'failed', 'errors'],
  ),
  ItemError: object(
    {
      index: count('Position of the item in the array.'),
      line: count('Line number in the NDJSON.', 1),
      status: { type: 'integer' },
      detail: text,
    },
    ...['index', 'line'],
  ),
  Problem: {
    ...problemSchema,
    properties: {
      ...problemSchema.properties,
      inserted: count('Lines of NDJSON stored before the failure.'),
      failed: count('Lines that failed.'),
      errors: { type: 'array', items: { anyOf: [reference('ItemError'), object({ path: text, message: text })] } },
    },
  },
};

const parameter =
  (where: 'header' | 'query') =>
  (name: string, description: string, schema: object = text): object => ({ name, in: where, description, schema });
const [query, inHeader] = [parameter('query'), parameter('header')];
const conditions = [
  inHeader('If-Match', 'Only if the document has this ETag, else 412.'),
  inHeader('If-None-Match', 'Only if the document does not have this ETag; * stands for any document.'),
];
const pageItems = { type: 'integer', minimum: 1, maximum: limits.pageItems.default };
const plain = { type: 'object', additionalProperties: { type: ['string', 'number', 'boolean', 'null'] } };
const lines = (description: string) => ({ 'application/x-ndjson': { schema: { ...text, description } } });
const header = (name: string, description: string) => ({ [name]: { description, schema: text } });
const etag = { headers: header('ETag', 'Changes with the document.') };
const document = reference('NewDocument');
const bodyOf = (...types: readonly string[]): object => ({
  required: true,
  content: Object.fromEntries(types.map((type) => [type, { schema: document }])),
});

const unavailable = { 503: 'Database unavailable, or service overloaded.', 504: 'The database took too long.' };
const writes = {
  400: 'The body is not JSON, or not UTF-8.',
  408: 'The body arrived too slowly.',
  409: 'The _id exists already.',
  413: 'The body, a line or the array is too large.',
  415: 'The content type or encoding is not supported.',
  422: "The document can't be stored unchanged, or the Idempotency-Key was used with another body.",
  503: 'The database is unavailable, or the service is overloaded. The write may have been stored.',
  504: 'The database took too long. Part of the write may have been stored.',
};
const unmet = { 412: 'The condition of If-Match or If-None-Match is not met.' };
const changed = { 409: 'The document kept changing during the request.', ...unmet };
const byId = { 404: 'No document has this id.', 422: 'The id is invalid.', ...unmet, ...unavailable };

/** Describes the example's endpoints. A test calls every operation, and holds the replies against this. */
export const openapi: OpenapiPart = {
  info: { title: 'Documents', version: '1.0.0', description: 'Stores JSON documents in MongoDB.' },
  schemas,
  paths: {
    '/': {
      get: operation('welcome', 'Welcome message and server time, or a page for browsers.', {
        responses: { 200: json('Welcome.', 'Welcome', { 'text/html': { schema: text } }) },
      }),
    },
    '/data': {
      get: operation('listData', 'Streams all documents, or returns a page of them.', {
        parameters: [
          query('limit', 'Documents per page; at most 1000 by default.', pageItems),
          query('after', 'Start of the page, from the Link header of the previous one.', some),
          {
            name: 'filter',
            in: 'query',
            description: 'Top-level fields and the values that they must equal.',
            content: { 'application/json': { schema: plain, example: { name: 'test' } } },
          },
          query('sort', 'Up to four fields, with - for descending, such as -created,name. Needs limit.', some),
          query('fields', 'Fields to return, such as name,value. The _id is always returned.', some),
          query('total', 'Adds the number of matching documents as X-Total-Count.', { ...text, enum: ['true'] }),
        ],
        responses: {
          200: {
            ...json('The documents.', { type: 'array', items: reference('Document') }, lines('One document per line.')),
            headers: {
              ...header('Link', 'The next page, with rel="next", if there is one.'),
              ...header('X-Total-Count', 'Number of matching documents, if requested.'),
            },
          },
          406: 'The accepted type is not available.',
          422: 'A parameter is invalid.',
          ...unavailable,
        },
      }),
      post: operation('postData', 'Stores one or many documents, on the disks of a majority of the replica set.', {
        parameters: [
          inHeader(
            'Idempotency-Key',
            'Makes retries safe: the same key gets the same response, and nothing is stored twice. Not for NDJSON.',
            { ...text, pattern: '^(?!""$)[!-~]{1,255}$' },
          ),
        ],
        requestBody: {
          required: true,
          content: {
            'application/json': { schema: { anyOf: [document, { type: 'array', items: document }] } },
            ...lines('One document per line, any number of lines.'),
          },
        },
        responses: {
          201: {
            ...json('All documents are stored.', { anyOf: [reference('Inserted'), reference('InsertedMany')] }),
            headers: header('Location', 'Path of the document. Only for a single one.'),
          },
          207: json('Some documents failed; see errors.', 'InsertedMany'),
          ...writes,
        },
      }),
    },
    '/data/changes': {
      get: operation('watchChanges', 'Sends changes from now on as server-sent events.', {
        parameters: [inHeader('Last-Event-ID', 'Id of the last event that the client received.')],
        responses: {
          200: { description: 'An endless stream of events.', content: { 'text/event-stream': { schema: text } } },
          406: 'The accepted type is not available.',
          410: 'MongoDB no longer has the changes after Last-Event-ID.',
          422: 'The Last-Event-ID is invalid.',
          501: 'MongoDB is not a replica set, so it has no change streams.',
          503: unavailable[503],
        },
      }),
    },
    '/data/{id}': {
      parameters: [{ name: 'id', in: 'path', required: true, schema: reference('Id') }],
      get: operation('getDocument', 'Returns a document.', {
        parameters: conditions,
        responses: {
          200: { ...json('The document.', 'Document'), ...etag },
          304: 'The document has the ETag of If-None-Match.',
          ...byId,
        },
      }),
      put: operation('putDocument', 'Creates or replaces the document with this id.', {
        parameters: conditions,
        requestBody: bodyOf('application/json'),
        responses: {
          201: { ...json('The document is created.', 'Inserted'), ...etag },
          204: { description: 'The document is replaced.', ...etag },
          ...writes,
          ...changed,
        },
      }),
      patch: operation('patchDocument', 'Changes fields with a JSON merge patch (RFC 7396); null removes a field.', {
        parameters: conditions,
        requestBody: bodyOf('application/merge-patch+json', 'application/json'),
        responses: { 204: { description: 'The document is changed.', ...etag }, ...byId, ...writes, ...changed },
      }),
      delete: operation('deleteDocument', 'Deletes a document.', {
        parameters: conditions,
        responses: { 204: 'The document is deleted.', ...byId, ...changed, 504: writes[504] },
      }),
    },
  },
};
