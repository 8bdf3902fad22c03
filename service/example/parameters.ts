import { reference } from '../platform/openapi';

/** Parameters of the operations. */
export const parameters = {
  id: { name: 'id', in: 'path', required: true, schema: reference('Id') },
  limit: {
    name: 'limit',
    in: 'query',
    schema: { type: 'integer', minimum: 1, maximum: 1000 },
    description: 'Documents of a page, in the order of their ids; at most 1000 unless configured otherwise.',
  },
  after: {
    name: 'after',
    in: 'query',
    schema: { type: 'string' },
    description: 'Where a page begins, from the Link header of the one before.',
  },
  sort: {
    name: 'sort',
    in: 'query',
    schema: { type: 'string', minLength: 1 },
    description: 'Up to four fields, descending with a minus, such as -created,name. Needs limit.',
  },
  fields: {
    name: 'fields',
    in: 'query',
    schema: { type: 'string', minLength: 1 },
    description: 'Fields to return, such as name,value. The _id is always there.',
  },
  total: {
    name: 'total',
    in: 'query',
    schema: { type: 'string', enum: ['true'] },
    description: 'Count the matching documents, in X-Total-Count.',
  },
  lastEventId: {
    name: 'Last-Event-ID',
    in: 'header',
    schema: { type: 'string' },
    description: 'The id of the last event that the client has.',
  },
  filter: {
    name: 'filter',
    in: 'query',
    description: 'Top-level fields and the plain values that they must be equal to.',
    content: {
      'application/json': {
        schema: { type: 'object', additionalProperties: { type: ['string', 'number', 'boolean', 'null'] } },
        example: { name: 'test' },
      },
    },
  },
  idempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    schema: { type: 'string', pattern: '^(?!""$)[!-~]{1,255}$' },
    description:
      'Makes a repeated request safe: the same key gets the same answer, and nothing is stored twice. Not for NDJSON.',
  },
  ifMatch: {
    name: 'If-Match',
    in: 'header',
    schema: { type: 'string' },
    description: 'Only if the document still has this ETag; 412 otherwise.',
  },
  ifNoneMatch: {
    name: 'If-None-Match',
    in: 'header',
    schema: { type: 'string' },
    description: 'Only if the document does not have this ETag; * is any document.',
  },
} as const;
