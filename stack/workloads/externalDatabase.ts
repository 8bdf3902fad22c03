import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type * as pulumi from '@pulumi/pulumi';
import { type BackingService, filesFolder } from './backingService';

/**
 * A MongoDB that exists already, wherever its connection string points.
 * @param tlsFiles paths of files on this machine, by the TLS option that names each; its clients get them. Options that are not in it
 *   name files of the clients' images.
 */
export function externalDatabase(
  uri: pulumi.Output<string>,
  tlsFiles: Readonly<Record<string, string>> = {},
): BackingService {
  const files = Object.entries(tlsFiles).map(([option, path]) => {
    const content = readFileSync(path, 'utf8');
    // The hash makes it unique among all databases of a client.
    return { option, name: `${option}-${createHash('sha256').update(content).digest('hex').slice(0, 12)}`, content };
  });
  const addPath = (it: string, { option, name }: { option: string; name: string }): string =>
    it.replace(new RegExp(`(?<=[?&]${option}=)[^&]*`, 'gi'), `${filesFolder}/${name}`);
  return {
    uri: uri.apply((it) => files.reduce(addPath, it)),
    egress: {}, // any address: a NetworkPolicy can't name hosts
    files: Object.fromEntries(files.map(({ name, content }) => [name, content])),
  };
}
