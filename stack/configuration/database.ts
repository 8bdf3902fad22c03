import { existsSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import type { ExternalDatabaseConfiguration, MongoConfiguration } from './configuration';
import { hostname, type Reader } from './reader';

/** The MongoDB that the stack runs. */
export function parseMongo(reader: Reader, onMinikube: boolean): MongoConfiguration {
  const storageClass = reader.optional('storageClass', hostname, 'the name of a StorageClass');
  return {
    kind: 'mongo',
    image: reader.text('mongoImage', /^\S+$/, 'an image reference such as mongo:8.0'),
    members: Number(reader.choice('mongoMembers', ['1', '3'])),
    passwords: reader.whole('mongoPasswords', 1, 1_000_000),
    memory: reader.whole('mongoMemory', 400, 1_048_576), // the cache has at least 256 MiB, and mongod needs 100 MiB or more
    storage: reader.text('mongoStorage', /^[1-9][0-9]*(Mi|Gi|Ti)$/, 'a size such as 1Gi or 500Mi'),
    storageClass,
    fixedStorage: onMinikube && storageClass === undefined,
  };
}

/**
 * The database at `mongoUri`; undefined if that is not set. Its TLS options name files by absolute paths, as the project may be deployed from
 * another folder: those that exist on this machine are given to the pods, others are files in the service's image.
 */
export function parseExternalDatabase(reader: Reader): ExternalDatabaseConfiguration | undefined {
  const wanted = 'a connection string with the name of a database, such as mongodb://user:password@host/app';
  const uri = reader.secret('mongoUri', /^mongodb(\+srv)?:\/\/[^/]+\/[^?]+/, wanted);
  if (uri === undefined) return undefined;
  const text = reader.source.get('mongoUri') ?? '';
  // Parsed by the driver, as in the service. It is loaded only here, as it takes longer than the rest of the configuration.
  const { mongoUriFault } =
    require('../../service/platform/mongoUri') as typeof import('../../service/platform/mongoUri');
  const fault = mongoUriFault(text);
  if (fault !== undefined) reader.faults.push(`mongoUri ${fault}`);
  const files = [...new URLSearchParams(text.replace(/^[^?]*/, ''))].filter(([option]) => /^tls\w*File$/i.test(option));
  for (const [option, file] of files)
    if (!isAbsolute(file)) {
      const remedy = `write ${option}=${encodeURI(resolve(file))}, or the path of a file in the service's image`;
      reader.faults.push(`mongoUri has ${option}=${file}, which is not an absolute path: ${remedy}`);
    }
  return { kind: 'external', uri, tlsFiles: Object.fromEntries(files.filter(([, file]) => existsSync(file))) };
}
