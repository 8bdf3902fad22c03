import { Problem } from '../http/problem';
import type { Identifier } from './identifier';

/** The failure of an id that no document has. */
export function noDocument(id: Identifier): Problem {
  return new Problem(404, 'no-document', {
    detail: `No document has the _id '${id}'. GET /data lists those that there are.`,
  });
}
