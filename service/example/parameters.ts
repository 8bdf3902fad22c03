import { reference } from '../platform/openapi';

const parameter = (place: 'header' | 'query', name: string, description: string, schema: object) => ({
  name,
  in: place,
  description,
  schema,
});
const query = (name: string, description: string, schema: object = { type: 'string', minLength: 1 }) =>
  parameter('query', name, description, schema);
const header = (name: string, description: string, schema: object = { type: 'string' }) =>
  parameter('header', name, description, schema);

const value = { type: ['string', 'number', 'boolean', 'null'] };

/** Parameters of the operations. */
export const parameters = {
  id: { name: 'id', in: 'path', required: true, schema: reference('Id') },
  limit: query('limit', 'Documents of a page, in the order of their ids; at most 1000 unless configured otherwise.', {
    type: 'integer',
    minimum: 1,
    maximum: 1000,
  }),
  after: query('after', 'Where a page begins, from the Link header of the one before.'),
  sort: query('sort', 'Up to four fields, descending with a minus, such as -created,name. Needs limit.'),
  fields: query('fields', 'Fields to return, such as name,value. The _id is always there.'),
  total: query('total', 'Count the matching documents, in X-Total-Count.', { enum: ['true'] }),
  filter: {
    name: 'filter',
    in: 'query',
    description: 'Top-level fields and the plain values that they must be equal to.',
    content: {
      'application/json': { schema: { type: 'object', additionalProperties: value }, example: { name: 'test' } },
    },
  },
  lastEventId: header('Last-Event-ID', 'The id of the last event that the client has.'),
  idempotencyKey: header(
    'Idempotency-Key',
    'Makes a repeated request safe: the same key gets the same answer, and nothing is stored twice. Not for NDJSON.',
    { type: 'string', pattern: '^(?!""$)[!-~]{1,255}$' },
  ),
  ifMatch: header('If-Match', 'Only if the document still has this ETag; 412 otherwise.'),
  ifNoneMatch: header('If-None-Match', 'Only if the document does not have this ETag; * is any document.'),
} as const;
