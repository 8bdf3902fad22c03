import { reference } from './parts';

/** Parameters of the operations. */
export const parameters = {
  id: { name: 'id', in: 'path', required: true, schema: reference('Id') },
  limit: {
    name: 'limit',
    in: 'query',
    schema: { type: 'integer', minimum: 1 },
    description: 'Documents of a page, in the order of their ids; at most 1000 unless configured otherwise.',
  },
  after: {
    name: 'after',
    in: 'query',
    schema: { type: 'string' },
    description: 'Where a page begins, from the Link header of the one before.',
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
    schema: { type: 'string', maxLength: 255 },
    description:
      'Makes a repeated request safe: the same key gets the same answer, and nothing is stored twice. Not for NDJSON.',
  },
  ifNoneMatch: {
    name: 'If-None-Match',
    in: 'header',
    schema: { type: 'string' },
    description: 'An ETag that the client has.',
  },
} as const;
