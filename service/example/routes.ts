import type { LimitTable, SettingTable } from '../platform/configuration';
import type { Dependencies } from '../platform/createService';
import type { ApiRouter } from '../platform/endpoint';
import { watchData } from './changes';
import { createIndexes, parseIndexes } from './indexes';
import { listData } from './listData';
import { oneDocument } from './oneDocument';
import { postData } from './postData';
import { compileSchema, type SchemaCheck } from './schema';
import { welcome } from './welcome';

/** Limits of the example, beyond the platform's. */
export const limits = {
  /** Objects in one JSON array. */
  items: { variable: 'MAX_ITEMS', default: 1000, min: 1, max: 100_000 },
  /** Nested objects and arrays in a document; MongoDB itself ends at 100. */
  depth: { variable: 'MAX_DEPTH', default: 64, min: 1, max: 90 },
  /** Greatest `?limit=` of a page. */
  pageItems: { variable: 'MAX_PAGE_ITEMS', default: 1000, min: 1, max: 100_000 },
  /** Hours that the answer to an `Idempotency-Key` is kept. */
  idempotencyHours: { variable: 'IDEMPOTENCY_HOURS', default: 24, min: 1, max: 720 },
} as const satisfies LimitTable<string>;

/** Variables of the example that are no limits, with their checks. */
export const settings = {
  /** JSON Schema (2020-12) that every document must fit. Default: any document is stored. */
  SCHEMA: compileSchema,
  /** Indexes of the collection, such as `name;-created,name`. Default: that of `_id`. */
  INDEXES: parseIndexes,
} as const satisfies SettingTable;

export interface ExampleDependencies extends Dependencies<keyof typeof limits> {
  readonly checkSchema?: SchemaCheck | undefined;
}
export type ExampleLimits = ExampleDependencies['limits'];

export function routes(router: ApiRouter, platform: Dependencies<keyof typeof limits>): void {
  const { SCHEMA, INDEXES } = platform.settings ?? {};
  const dependencies = { ...platform, checkSchema: SCHEMA === undefined ? undefined : settings.SCHEMA(SCHEMA) };
  if (INDEXES !== undefined) void createIndexes(dependencies, settings.INDEXES(INDEXES));
  const one = oneDocument(dependencies);
  router
    .add('get', '/', welcome(dependencies))
    .add('get', '/data', listData(dependencies))
    .add('post', '/data', postData(dependencies))
    .add('get', '/data/changes', watchData(dependencies))
    .add('get', '/data/:id', one.get)
    .add('put', '/data/:id', one.put)
    .add('patch', '/data/:id', one.patch)
    .add('delete', '/data/:id', one.remove);
}
