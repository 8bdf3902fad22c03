import type { ValidateFunction } from 'ajv/dist/2020';
import { Problem } from '../platform/problem';

/** Maximum number of faults in a response. */
const listedFaults = 20;
/** Characters of JSON up to which all faults are searched: each takes memory, and a large document can have many. */
const thoroughLength = 65_536;

/** Throws a 422 `Problem` if a document does not fit, without its `_id`. `where` begins the message. */
export type SchemaCheck = (document: object, where: string) => void;

/** Compiles `text`, a JSON Schema (2020-12). Throws if it is invalid. */
export function compileSchema(text: string): SchemaCheck {
  // Loaded here, as it takes 5 ms of each start.
  const { Ajv2020 } = require('ajv/dist/2020') as typeof import('ajv/dist/2020');
  const addFormats = require('ajv-formats') as typeof import('ajv-formats');
  const compile = (allErrors: boolean): ValidateFunction => {
    const ajv = new Ajv2020({ allErrors, ownProperties: true }); // a field may be named `constructor`
    addFormats.default(ajv);
    return ajv.compile(JSON.parse(text));
  };
  const [isValid, findAll] = [compile(false), compile(true)];
  return ({ _id, ...fields }: { readonly _id?: unknown }, where) => {
    if (isValid(fields)) return;
    let { errors } = isValid;
    if (JSON.stringify(fields).length <= thoroughLength) {
      findAll(fields);
      ({ errors } = findAll);
    }
    const faults = (errors ?? []).slice(0, listedFaults).map(({ instancePath, message = 'is wrong' }) => ({
      path: instancePath, // a JSON Pointer (RFC 6901)
      message,
    }));
    throw new Problem(422, 'schema', {
      detail: `${where} does not fit the schema: ${faults.map(({ path, message }) => `${path} ${message}`.trim()).join('; ')}. Change it.`,
      members: { errors: faults },
    });
  };
}
