import Router, { type RouterContext } from '@koa/router';
import { Problem } from './problem';
import { bodyFailures, unsupportedType } from './readBody';

/** A parameter: its OpenAPI description, and how it is parsed. */
export interface Parameter<Value = unknown> {
  readonly in: 'path' | 'query' | 'header';
  readonly description?: string;
  /** JSON Schema of the text. */
  readonly schema?: object;
  /** Instead of `schema`, for a text of a media type. */
  readonly content?: object;
  /** Parses the text, undefined if it is missing. Throws a `Problem` that says what to send. */
  readonly parse: (text: string | undefined, name: string) => Value;
}
type Parameters = Readonly<Record<string, Parameter>>;
type Values<Given extends Parameters> = { readonly [name in keyof Given]: ReturnType<Given[name]['parse']> };

/** Describes an endpoint, for OpenAPI and for reading its requests. */
interface EndpointArgs<Given extends Parameters> {
  /** Unknown and repeated query parameters are refused: they may be misspelt. */
  readonly parameters?: Given;
  /** JSON Schemas of the body by its media types. Others are refused. */
  readonly body?: Readonly<Record<string, object>>;
  /** Responses by status. A text describes one without content. */
  readonly responses: Readonly<Record<number, string | object>>;
  /** Statuses of problem details, besides those of access and body. */
  readonly failures?: readonly number[];
  /** Gets the parsed parameters, and the media type of the body. */
  readonly handler: (context: RouterContext, values: Values<Given>, type: string | null) => unknown;
}

/** The OpenAPI description of an endpoint, and its handler. */
export type Endpoint = ReturnType<typeof endpoint>;

/** Creates an endpoint from its OpenAPI description and its handler. */
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
      const values: Record<string, unknown> = {};
      for (const [name, { in: where, parse }] of entries) {
        values[name] = parse(texts[where][where === 'header' ? name.toLowerCase() : name], name);
      }
      return handler(context, values as Values<Given>, type);
    },
  };
}

/** A router that knows the descriptions of its endpoints. */
export class ApiRouter extends Router {
  /** The endpoints added by `add`, by OpenAPI path and method. */
  readonly endpoints: Record<string, Record<string, Endpoint>> = {};

  /** Adds an endpoint at a path such as `/things/:id`. */
  add(method: 'get' | 'post' | 'put' | 'patch' | 'delete', path: string, endpoint: Endpoint): this {
    const template = path.replace(/:(\w+)/g, '{$1}');
    this.endpoints[template] = { ...this.endpoints[template], [method]: endpoint };
    return this[method](path, endpoint.handle) as this;
  }
}

/** A parameter in the query or a header. */
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

/** A 422. `detail` names the query parameter, its fault, and what to send. */
export function badQuery(detail: string): Problem {
  return new Problem(422, 'bad-query', { detail });
}

/** Not by Koa's `query`, whose time grows with the square of the number of parameters. */
function readQuery({ querystring, path }: RouterContext, names: readonly string[]): Readonly<Record<string, string>> {
  const texts: Record<string, string> = {};
  for (const [name, text] of new URLSearchParams(querystring)) {
    if (!names.includes(name)) throw badQuery(`'${name}' is no parameter of ${path}. Use ${names.join(', ')}.`);
    if (Object.hasOwn(texts, name)) throw badQuery(`The parameter '${name}' is given twice. Give it once.`);
    texts[name] = text;
  }
  return texts;
}
