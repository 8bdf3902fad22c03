import { createPublicKey, createSecretKey, hash, type KeyObject } from 'node:crypto';
import type { JWTVerifyGetKey } from 'jose';
import type { Middleware } from 'koa';
import { Problem, Unavailable } from './problem';

/** Who may use the routes. Without keys and tokens, access is open. */
export interface Access {
  /** Keys with full access. */
  readonly apiKeys: readonly string[];
  /** Keys that may only read. */
  readonly readKeys: readonly string[];
  /** Verifies tokens (JWT): the URL of a JWKS, a public key as PEM, or a secret. */
  readonly jwtKey?: string | undefined;
  /** The `iss` that a token must have, if set. */
  readonly jwtIssuer?: string | undefined;
  /** The `aud` that a token must have, if set. */
  readonly jwtAudience?: string | undefined;
}

/** Failures of `authenticate` and `limitRate`, for OpenAPI. 503: the keys for tokens are not available. */
export const accessFailures = [401, 403, 429, 503];

/** What `authenticate` accepts, for OpenAPI. */
export const securitySchemes = {
  key: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
  token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
};

/** Whether requests need neither a key nor a token. */
export function isOpen({ apiKeys, readKeys, jwtKey }: Access): boolean {
  return apiKeys.length + readKeys.length === 0 && jwtKey === undefined;
}

type Right = 'read' | 'write';
const windowMs = 60_000;
/** Maximum number of counted clients, which bounds the memory. Others are not limited. */
const maxClients = 10_000;
const safeMethods = ['GET', 'HEAD', 'OPTIONS'];

/** Requires a key (`X-API-Key`) or a token (`Authorization: Bearer`); answers 401 or 403 otherwise. */
export function authenticate(access: Access): Middleware {
  const rights = new Map<string, Right>([
    ...access.readKeys.map((key) => [hash('sha256', key), 'read'] as const),
    ...access.apiKeys.map((key) => [hash('sha256', key), 'write'] as const),
  ]);
  const verify = access.jwtKey === undefined ? undefined : verifier(access.jwtKey, access);

  return async (context, next) => {
    const key = context.get('X-API-Key');
    const [, token] = /^Bearer +(\S+)$/i.exec(context.get('Authorization')) ?? [];
    // Hashes are compared, so that the time reveals nothing about a key.
    const right = rights.get(hash('sha256', key)) ?? (token === undefined ? undefined : await verify?.(token));
    if (right === undefined)
      throw unauthorized(key === '' ? 'The request has no key or token.' : 'The key is not known.');
    if (right === 'read' && !safeMethods.includes(context.method)) {
      throw new Problem(403, 'forbidden', { detail: 'This key or token may only read. Use one that may write.' });
    }
    return next();
  };
}

/** What verifies tokens: the URL of a JWKS, a public key as PEM, or any other text as a secret. Throws if it is a URL or PEM that is malformed. */
export function parseJwtKey(text: string): URL | KeyObject {
  if (/^https?:/.test(text)) return new URL(text);
  return text.startsWith('-----') ? createPublicKey(text) : createSecretKey(Buffer.from(text));
}

/** Verifies a token. If it has a `scope` without `write`, it may only read. */
function verifier(text: string, { jwtIssuer: issuer, jwtAudience: audience }: Access) {
  const options = { requiredClaims: ['exp'], ...(issuer && { issuer }), ...(audience && { audience }) };
  const key = parseJwtKey(text);
  const load = import('jose').then(({ createRemoteJWKSet, errors, jwtVerify }) => {
    const find: JWTVerifyGetKey = key instanceof URL ? createRemoteJWKSet(key) : async () => key;
    /** Errors of a token that is for none of the keys. Others are of the JWKS. */
    const { JOSENotSupported, JWKSMultipleMatchingKeys, JWKSNoMatchingKey } = errors;
    const ofToken = [JOSENotSupported, JWKSMultipleMatchingKeys, JWKSNoMatchingKey];
    const findKey: JWTVerifyGetKey = async (...header) => {
      try {
        return await find(...header);
      } catch (error) {
        if (ofToken.some((Kind) => error instanceof Kind)) throw error;
        throw new Unavailable('keys-away', 'The keys for tokens could not be fetched. Try again in a second.', error);
      }
    };
    return (token: string) => jwtVerify(token, findKey, options);
  });
  return async (token: string): Promise<Right> => {
    const verify = await load;
    try {
      const { payload } = await verify(token);
      return typeof payload.scope !== 'string' || payload.scope.split(' ').includes('write') ? 'write' : 'read';
    } catch (error) {
      if (error instanceof Problem) throw error;
      // Also a `TypeError`: the key is of another kind than the token's `alg`.
      throw unauthorized(`The token is not valid: ${(error as Error).message}.`);
    }
  };
}

/** Limits each client address to `requests` per minute. Each pod counts for itself. */
export function limitRate(requests: number): Middleware {
  const counts = new Map<string, number>();
  let end = 0;
  return (context, next) => {
    const now = performance.now(); // the time of day may be set back
    if (now >= end) {
      counts.clear();
      end = now + windowMs;
    }
    const count = (counts.get(context.ip) ?? 0) + 1;
    if (counts.size < maxClients || count > 1) counts.set(context.ip, count);
    if (count <= requests) return next();
    throw new Problem(429, 'too-many-requests', {
      detail: `This address has sent ${requests} requests in a minute. Send fewer.`,
      headers: { 'Retry-After': String(Math.ceil((end - now) / 1000)) },
    });
  };
}

function unauthorized(what: string): Problem {
  return new Problem(401, 'unauthorized', {
    detail: `${what} Send a key as X-API-Key, or a token as Authorization: Bearer.`,
    headers: { 'WWW-Authenticate': 'Bearer' },
  });
}
