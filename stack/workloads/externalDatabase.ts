import { readFileSync } from 'node:fs';
import type * as pulumi from '@pulumi/pulumi';
import type { BackingService } from './backingService';

/** Where the files of TLS options are in a pod, each named like its option. */
const folder = '/etc/mongodb';

/**
 * A MongoDB that exists already, wherever its connection string points.
 * @param tlsFiles paths of the files that its TLS options name, by option; its clients get them
 */
export function externalDatabase(
  uri: pulumi.Output<string>,
  tlsFiles: Readonly<Record<string, string>> = {},
): BackingService {
  const contents = Object.entries(tlsFiles).map(([option, path]) => [option, readFileSync(path, 'utf8')]);
  return {
    uri: uri.apply((it) => it.replace(/(?<=[?&])(tls\w*File)=[^&]*/gi, `$1=${folder}/$1`)),
    egress: {}, // any address: a NetworkPolicy can't name hosts
    ...(contents.length > 0 && { files: { folder, contents: Object.fromEntries(contents) } }),
  };
}
