import type { RouterContext } from '@koa/router';
import { BSON } from 'mongodb';
import { endpoint, type Parameter } from '../platform/endpoint';
import { json, reference } from '../platform/openapi';
import { Problem } from '../platform/problem';
import { useBody } from '../platform/readBody';
import { conditions, etagOf, isNotModified } from '../platform/request';
import {
  type Change,
  change,
  commandBytes,
  measure,
  mergePatch,
  needsStored,
  noDocument,
  read,
} from './changeDocument';
import { type Fields, type Identifier, parseDocument, parseIdentifier } from './document';
import { toJson } from './jsonWriter/jsonWriter';
import { etag } from './openapi';
import { parseJson } from './parseJson';
import type { ExampleDependencies } from './routes';
import type { SchemaCheck } from './schema';

const id: Parameter<Identifier> = {
  in: 'path',
  schema: reference('Id'),
  parse: (text = '') => parseIdentifier(text, 'The path'),
};
const parameters = { id, ...conditions };
const body = { 'application/json': reference('NewDocument') };

/** `/data/:id`, under the preconditions of RFC 9110. */
export function oneDocument(dependencies: ExampleDependencies) {
  const { checkSchema, database, limits, memory } = dependencies;

  const get = endpoint('getDocument', 'Returns a document.', {
    parameters,
    responses: {
      200: { ...json('The document.', reference('Document')), ...etag },
      304: 'The document has the ETag of If-None-Match.',
    },
    failures: [404, 412, 422, 503, 504],
    handler: async (context, { id }) => {
      const found = await database.run((db) => measure(db, id));
      if (found === null) throw noDocument(id);
      const [small] = found.small;
      if (small !== undefined) {
        const hold = memory.reserve(2 * small.length, context.res); // its BSON and its JSON, at the pace of the client
        return send(context, small, hold);
      }
      const hold = memory.reserveStream(context.res);
      await memory.use(2 * found.bytes, async () => {
        const large = await database.run((db) => read(db, id));
        if (large === null) throw noDocument(id);
        send(context, large, hold);
      });
    },
  });

  const remove = endpoint('deleteDocument', 'Deletes a document.', {
    parameters,
    responses: { 204: 'The document is deleted.' },
    failures: [404, 409, 412, 422, 503, 504],
    handler: async (context, { id }) => {
      const bytes = await bytesOf(context, id);
      await memory.use(bytes, () => write(context, id, () => undefined));
    },
  });

  const put = endpoint('putDocument', 'Creates or replaces the document with this id.', {
    parameters,
    body,
    responses: {
      201: { ...json('The document is created.', reference('Inserted')), ...etag },
      204: { description: 'The document is replaced.', ...etag },
    },
    failures: [409, 412, 422, 503, 504],
    handler: (context, { id }) =>
      useText(context, id, (text) => {
        const fields = new Map(Object.entries(parseFields(parseJson(text, 'The body', limits.depth), id, checkSchema)));
        return write(context, id, () => fields);
      }),
  });

  const patch = endpoint('patchDocument', 'Changes fields with a JSON merge patch (RFC 7396); null removes a field.', {
    parameters,
    body: { 'application/merge-patch+json': reference('NewDocument'), ...body },
    responses: { 204: { description: 'The document is changed.', ...etag } },
    failures: [404, 409, 412, 422, 503, 504],
    handler: (context, { id }) =>
      useText(context, id, (text) => {
        const changes = parseFields(parseJson(text, 'The body', limits.depth), id);
        return write(context, id, (stored) => {
          const merged = mergePatch(stored, changes) as Fields;
          if (checkSchema !== undefined && BSON.calculateObjectSize(merged) <= commandBytes) {
            // A larger one is refused as such.
            const json = toJson(Buffer.from(BSON.serialize(merged))).toString(); // with BSON's types as clients see them
            checkSchema(JSON.parse(json) as object, 'The changed document');
          }
          return merged;
        });
      }),
  });

  function write(context: RouterContext, id: Identifier, next: Change): Promise<void> {
    return database.run((db) => change(context, db, id, next));
  }
  async function bytesOf(context: RouterContext, id: Identifier): Promise<number> {
    if (!needsStored(context)) return 0;
    return 2 * ((await database.run((db) => measure(db, id)))?.bytes ?? 0); // as BSON and as objects
  }
  /** Requests all memory of the task at once: tasks that hold some and wait for more could block each other. */
  function useText(context: RouterContext, id: Identifier, task: (text: string) => Promise<void>): Promise<void> {
    return useBody(context, dependencies, task, () => bytesOf(context, id));
  }
  return { get, put, patch, remove };
}

/** `hold` is called with the bytes of the JSON, which may be six times those of the BSON. */
function send(context: RouterContext, bson: Buffer, hold: (bytes: number) => void): void {
  if (isNotModified(context, etagOf(bson))) return;
  context.set('Content-Type', 'application/json');
  const json = toJson(bson);
  hold(json.length);
  context.body = json;
}

/** The fields of a body, without `_id`, which must be that of the path if it is given. */
function parseFields(body: unknown, id: Identifier, checkSchema?: SchemaCheck): object {
  const given = (body as { readonly _id?: unknown } | null)?._id;
  const { _id, ...fields } = parseDocument(body, 'The body', checkSchema);
  if (given === undefined || given === String(id)) return fields;
  throw new Problem(422, 'other-id', {
    detail: `The body's _id is '${given}', and the path's '${id}'. Send the same, or none in the body.`,
  });
}
