import Router, { type RouterContext } from '@koa/router';
import { Problem } from './problem';
import { bodyFailures, unsupportedType } from './readBody';

/** A parameter: OpenAPI's description of it, and how it is read. */
export interface Parameter<Value = unknown> {
  readonly in: 'path' | 'query' | 'header';
  readonly description?: string;
  /** JSON Schema of the text. */
  readonly schema?: object;
  /** In place of `schema`, for a text that is of a media type. */
  readonly content?: object;
  /** Makes a value of the text, undefined if there is none. Throws a `Problem` that tells what to give. */
  readonly parse: (text: string | undefined, name: string) => Value;
}
type Parameters = Readonly<Record<string, Parameter>>;

/** Describes an endpoint, for OpenAPI and for reading its requests. */
interface EndpointArgs<Given extends Parameters> {
  /** With query parameters, unknown and repeated ones are refused: they may be misspelt. */
  readonly parameters?: Given;
  /** JSON Schemas of the body by its media types. Others are refused. */
  readonly body?: Readonly<Record<string, object>>;
  /** Replies by status. One without content is described by a text. */
  readonly responses: Readonly<Record<number, string | object>>;
  /** Statuses of problem details, besides those of access and body. */
  readonly failures?: readonly number[];
  /** Gets the values of the parameters, and which of the media types the body has. */
  readonly handler: (
    context: RouterContext,
    values: { readonly [name in keyof Given]: ReturnType<Given[name]['parse']> },
    type: string | null,
  ) => unknown;
}

/** What OpenAPI says of an endpoint, and its handler for the router. */
export type Endpoint = ReturnType<typeof endpoint>;

/** Makes an endpoint of what OpenAPI says of it and of its handler. */
export function endpoint<Given extends Parameters = Record<never, Parameter>>(
  operationId: string,
  summary: string,
  { parameters, body, responses, failures = [], handler }: EndpointArgs<Given>,
) {
  const entries = Object.entries(parameters ?? {});
  const query = entries.filter(([, { in: where }]) => where === 'query').map(([name]) => name);
  const types = Object.keys(body ?? {});
  const content = Object.fromEntries(types.map((type) => [type, { schema: body?.[type] }]));
  return {
    /** OpenAPI's, without its responses. */
    operation: {
      operationId,
      summary,
      parameters: entries.map(([name, { parse, ...known }]) => ({ name, ...known, required: known.in === 'path' })),
      ...(body && { requestBody: { required: true, content } }),
    },
    responses,
    failures: [...(body ? bodyFailures : []), ...failures],
    handle: (context: RouterContext): unknown => {
      const type = body === undefined ? null : context.is(types);
      if (type === false) throw unsupportedType(context, types);
      const texts = {
        path: context.params as Readonly<Record<string, string>>,
        query: query.length > 0 ? readQuery(context, query) : {},
        header: context.headers as Readonly<Record<string, string>>,
      };
      const values = entries.map(([name, { in: where, parse }]) => [
        name,
        parse(texts[where][where === 'header' ? name.toLowerCase() : name], name),
      ]);
      return handler(context, Object.fromEntries(values), type);
    },
  };
}

/** A router that knows the descriptions of its endpoints. */
export class ApiRouter extends Router {
  /** The endpoints that were added by `add`, by path, as OpenAPI writes it, and method. */
  readonly endpoints: Record<string, Record<string, Endpoint>> = {};

  /** Adds an endpoint at a path such as `/things/:id`. */
  add(method: 'get' | 'post' | 'put' | 'patch' | 'delete', path: string, endpoint: Endpoint): this {
    const template = path.replace(/:(\w+)/g, '{$1}');
    this.endpoints[template] = { ...this.endpoints[template], [method]: endpoint };
    return this[method](path, endpoint.handle) as this;
  }
}

/** A text in the query or a header; `parse` makes its value. */
export function text<Value>(
  where: 'query' | 'header',
  description: string,
  parse: Parameter<Value>['parse'],
  schema: object = {},
): Parameter<Value> {
  return { in: where, description, schema: { type: 'string', ...schema }, parse };
}

/** A whole number from 1 to `maximum` in the query. */
export function count(description: string, maximum: number): Parameter<number | undefined> {
  return {
    in: 'query',
    description,
    schema: { type: 'integer', minimum: 1, maximum },
    parse: (text, name) => {
      if (text === undefined) return undefined;
      const value = Number(text);
      if (/^\d+$/.test(text) && value >= 1 && value <= maximum) return value;
      throw badQuery(`The parameter '${name}' is '${text}'. Give a whole number from 1 to ${maximum}.`);
    },
  };
}

/** A 422: `detail` says what is wrong with which query parameter, and what to give. */
export function badQuery(detail: string): Problem {
  return new Problem(422, 'bad-query', { detail });
}

function readQuery({ query, path }: RouterContext, names: readonly string[]): Readonly<Record<string, string>> {
  for (const [name, text] of Object.entries(query)) {
    if (!names.includes(name)) throw badQuery(`'${name}' is no parameter of ${path}. Use ${names.join(', ')}.`);
    if (Array.isArray(text)) throw badQuery(`The parameter '${name}' is given twice. Give it once.`);
  }
  return query as Readonly<Record<string, string>>;
}
