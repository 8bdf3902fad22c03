import type { Context } from 'koa';
import { Problem } from './problem';

/** The query's parameters, each at most once. Throws a 422 `Problem` for one that is not in `names`: it may be misspelt. */
export function readQuery<Name extends string>(
  context: Context,
  names: readonly Name[],
): { readonly [name in Name]?: string } {
  const parameters: { [name in Name]?: string } = {};
  for (const [given, value] of new URLSearchParams(context.querystring)) {
    const name = names.find((known) => known === given);
    if (name === undefined) throw refused(`'${given}' is no parameter of ${context.path}. Use ${names.join(', ')}.`);
    if (name in parameters) throw refused(`The parameter '${name}' is given twice. Give it once.`);
    parameters[name] = value;
  }
  return parameters;
}

/** Reads a whole number from 1 to `max`; undefined if it is not given. */
export function readCount(name: string, text: string | undefined, max: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= max) return value;
  throw refused(`The parameter '${name}' is '${text}'. Give a whole number from 1 to ${max}.`);
}

function refused(detail: string): Problem {
  return new Problem(422, 'bad-query', { detail });
}
