import { MongoClient } from 'mongodb';

/** Options of the driver that need packages which are not in the bundle. */
const notBuiltIn: readonly unknown[] = ['snappy', 'zstd', 'GSSAPI', 'MONGODB-AWS'];

/**
 * The fault of a MongoDB connection string, as parsed by the driver; undefined if it is valid. Never shows the value, which may have a
 * password. Contacts no server or DNS.
 */
export function mongoUriFault(uri: string): string | undefined {
  if (uri === '') return 'is not set: set it, such as mongodb://user:password@mongo:27017/app';
  try {
    const { options } = new MongoClient(uri);
    const missing = [...(options.compressors ?? []), options.credentials?.mechanism].find((name) =>
      notBuiltIn.includes(name),
    );
    return missing && `asks for ${missing}, which is not built in: choose another compressor or mechanism, or none`;
  } catch (error) {
    // Any other message may quote a part of the value.
    const [option] = /^options? [\w, ]+ (is|are) not supported$/i.exec((error as Error).message) ?? [];
    if (option !== undefined) return `has an option that the driver doesn't know (${option}): leave it out`;
    return (
      'is not a connection string that the driver can read: write it as mongodb://user:password@mongo:27017/app, ' +
      'with each of : / ? # [ ] @ % in user and password percent-encoded'
    );
  }
}
