import type { RouterContext } from '@koa/router';
import { endpoint, type Parameter } from '../platform/endpoint';
import { json, reference } from '../platform/openapi';
import { Problem } from '../platform/problem';
import { useBody } from '../platform/readBody';
import { conditions, etagOf, isNotModified } from '../platform/request';
import { type Change, change, measure, memoryOf, mergePatch, noDocument, read } from './changeDocument';
import { type Identifier, parseDocument, parseIdentifier } from './document';
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
    handler: async (context, { id }) =>
      memory.use(await memoryOf(context, database, id), () =>
        database.run((db) => change(context, db, id, () => undefined)),
      ),
  });

  const put = endpoint('putDocument', 'Creates or replaces the document with this id.', {
    parameters,
    body,
    responses: {
      201: { ...json('The document is created.', reference('Inserted')), ...etag },
      204: { description: 'The document is replaced.', ...etag },
    },
    failures: [409, 412, 422, 503, 504],
    handler: (context, { id }) => changeBy(context, id, (body) => () => new Map(Object.entries(body)), checkSchema),
  });

  const patch = endpoint('patchDocument', 'Changes fields with a JSON merge patch (RFC 7396); null removes a field.', {
    parameters,
    body: { 'application/merge-patch+json': reference('NewDocument'), ...body },
    responses: { 204: { description: 'The document is changed.', ...etag } },
    failures: [404, 409, 412, 422, 503, 504],
    handler: (context, { id }) => changeBy(context, id, (body) => mergePatch(body, checkSchema)),
  });

  /** Requests all memory of the task at once: tasks that hold some and wait for more could block each other. */
  function changeBy(context: RouterContext, id: Identifier, to: (body: object) => Change, check?: SchemaCheck) {
    const task = (text: string): Promise<void> => {
      const body = parseBody(parseJson(text, 'The body', limits.depth), id, check);
      return database.run((db) => change(context, db, id, to(body)));
    };
    return useBody(context, dependencies, task, () => memoryOf(context, database, id));
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
function parseBody(body: unknown, id: Identifier, checkSchema?: SchemaCheck): object {
  const given = (body as { readonly _id?: unknown } | null)?._id;
  const { _id, ...fields } = parseDocument(body, 'The body', checkSchema);
  if (given === undefined || given === String(id)) return fields;
  throw new Problem(422, 'other-id', {
    detail: `The body's _id is '${given}', and the path's '${id}'. Send the same, or none in the body.`,
  });
}
