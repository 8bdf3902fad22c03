import { existsSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import type { ExternalDatabaseConfiguration } from './configuration';
import type { ConfigurationSource, Reader } from './reader';

const connectionString = /^mongodb(\+srv)?:\/\/[^/]+\/[^?]+/;

/**
 * The database at `mongoUri`; undefined if that is not set. Its TLS options name files on this machine, relative to the project's folder;
 * an absolute path that does not exist on this machine is one in the service's image.
 */
export function parseExternalDatabase(
  reader: Reader,
  source: ConfigurationSource,
): ExternalDatabaseConfiguration | undefined {
  const wanted = 'a connection string with the name of a database, such as mongodb://user:password@host/app';
  const uri = reader.secret('mongoUri', connectionString, wanted);
  if (uri === undefined) return undefined;
  const text = source.get('mongoUri') ?? '';
  // The driver itself, as in the service, reads it. It is loaded only here: it takes longer than the rest of the configuration.
  const { mongoUriFault } =
    require('../../service/platform/mongoUri') as typeof import('../../service/platform/mongoUri');
  const fault = mongoUriFault(text);
  if (fault !== undefined) reader.faults.push(`mongoUri ${fault}`);
  const tlsFiles: Record<string, string> = {};
  for (const [option, file] of new URLSearchParams(text.replace(/^[^?]*/, ''))) {
    if (!/^tls\w*File$/i.test(option)) continue;
    if (existsSync(file)) tlsFiles[option] = file;
    else if (!isAbsolute(file)) {
      const remedy = 'give the absolute path of a file on this machine, or in the image';
      reader.faults.push(`mongoUri has ${option}=${file}, which does not exist in ${process.cwd()}: ${remedy}`);
    }
  }
  return { kind: 'external', uri, tlsFiles };
}
