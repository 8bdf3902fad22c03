import { problemSchema } from '../platform/openapi';

/** JSON Schemas of the example's replies and bodies, for `components.schemas`. */
export const schemas = {
  Welcome: {
    type: 'object',
    required: ['message', 'time'],
    properties: {
      message: { type: 'string' },
      time: { type: 'string', format: 'date-time', description: "The server's time." },
    },
    additionalProperties: false,
  },
  Id: {
    type: 'string',
    minLength: 1,
    maxLength: 256,
    description: '24 lower-case hexadecimal digits are an ObjectId; any other text is itself.',
    examples: ['6b05510dd3baea8e046d387b'],
  },
  NewDocument: {
    type: 'object',
    properties: { _id: { $ref: '#/components/schemas/Id' }, _bsontype: false },
    description: 'Any JSON object. Without an _id it gets one.',
    examples: [{ name: 'test', value: 123 }],
  },
  Document: { type: 'object', required: ['_id'], description: 'A document as it was sent, with its _id.' },
  Inserted: {
    type: 'object',
    required: ['id'],
    properties: { id: { $ref: '#/components/schemas/Id' } },
    additionalProperties: false,
  },
  InsertedMany: {
    type: 'object',
    required: ['inserted'],
    properties: {
      inserted: { type: 'integer', minimum: 0 },
      ids: {
        type: 'array',
        items: { anyOf: [{ $ref: '#/components/schemas/Id' }, { type: 'null' }] },
        description: "In the order of the array's items, null where one failed. Not there for NDJSON.",
      },
      failed: { type: 'integer', minimum: 1, description: 'Lines that failed; only for NDJSON.' },
      errors: {
        type: 'array',
        items: { $ref: '#/components/schemas/ItemError' },
        description: 'For NDJSON the first 100 of them.',
      },
    },
    additionalProperties: false,
  },
  ItemError: {
    type: 'object',
    required: ['status', 'detail'],
    properties: {
      index: { type: 'integer', minimum: 0, description: 'Of the item in the array.' },
      line: { type: 'integer', minimum: 1, description: 'Of the NDJSON.' },
      status: { type: 'integer' },
      detail: { type: 'string' },
    },
    additionalProperties: false,
  },
  Problem: {
    ...problemSchema,
    properties: {
      ...problemSchema.properties,
      inserted: { type: 'integer', description: 'Lines of NDJSON that were stored before the failure.' },
      failed: { type: 'integer' },
      errors: { type: 'array', items: { $ref: '#/components/schemas/ItemError' } },
    },
  },
} as const;
