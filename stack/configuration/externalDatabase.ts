import { existsSync } from 'node:fs';
import type { ExternalDatabaseConfiguration } from './configuration';
import type { ConfigurationSource, Reader } from './reader';

const connectionString = /^mongodb(\+srv)?:\/\/[^/]+\/[^?]+/;

/** The database at `mongoUri`; undefined if that is not set. The files of its TLS options are looked for in the project's folder. */
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
    tlsFiles[option] = file;
    if (!existsSync(file))
      reader.faults.push(`mongoUri has ${option}=${file}, which does not exist: give a file in the project's folder`);
  }
  return { kind: 'external', uri, tlsFiles };
}
