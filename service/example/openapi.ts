import { version } from '../../package.json';
import { type OpenapiPart, object, problemSchema, reference } from '../platform/openapi';
import { maxIdentifier } from './document';

const text = { type: 'string' };
const count = (description: string, minimum = 0): object => ({ type: 'integer', minimum, description });
const errors = { type: 'array', items: reference('ItemError'), description: 'For NDJSON, the first 100.' };

const schemas = {
  Welcome: object({ message: text, time: { ...text, format: 'date-time', description: "The server's time." } }),
  Id: {
    ...text,
    minLength: 1,
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

/** NDJSON, in a body or a reply. */
export const lines = (description: string) => ({ 'application/x-ndjson': { schema: { ...text, description } } });
/** A header of a reply. */
export const header = (name: string, description: string) => ({ [name]: { description, schema: text } });
/** Shared by what reads a document. */
export const etag = { headers: header('ETag', 'Changes with the document.') };
/** The example's part of the OpenAPI document. Its endpoints describe themselves. */
export const openapi: OpenapiPart = {
  info: { title: 'Documents', version, description: 'Stores JSON documents in MongoDB.' },
  schemas,
};
