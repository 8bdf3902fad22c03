import { object, problemSchema, reference, text } from '../platform/openapi';
import { maxIdentifier } from './identifier';

const count = (description: string, minimum = 0): object => ({ type: 'integer', minimum, description });
const errors = { type: 'array', items: reference('ItemError'), description: 'For NDJSON the first 100 of them.' };

/** JSON Schemas of the example's replies and bodies, for `components.schemas`. */
export const schemas = {
  Welcome: object({ message: { type: 'string' }, time: text("The server's time.", { format: 'date-time' }) }),
  Id: text('24 lower-case hexadecimal digits are an ObjectId; any other text is itself.', {
    minLength: 1,
    maxLength: maxIdentifier,
    examples: ['6b05510dd3baea8e046d387b'],
  }),
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
      detail: { type: 'string' },
    },
    ...['index', 'line'],
  ),
  Problem: {
    ...problemSchema,
    properties: {
      ...problemSchema.properties,
      inserted: count('Lines of NDJSON that were stored before the failure.'),
      failed: count('Those that failed.'),
      errors: {
        type: 'array',
        items: { anyOf: [reference('ItemError'), object({ path: { type: 'string' }, message: { type: 'string' } })] },
      },
    },
  },
};
