/** The releases that `--fetch` gets. The project's tests ran with these. */
const pins = { minikube: '1.38.1', pulumi: '3.259.0' } as const;

export type Program = keyof typeof pins;

/** Where a program's release lies. */
export interface Release {
  readonly program: Program;
  readonly version: string;
  readonly url: string;
  /** A file of the publisher's with the SHA-256 of `url`'s file. */
  readonly checksumUrl: string;
  /** Folders in the archive above the programs; `undefined` for a bare program. */
  readonly strip: number | undefined;
}

export interface Platform {
  readonly system: NodeJS.Platform;
  /** Node's name of the processor's kind. */
  readonly architecture: string;
}

/**
 * The release of `program` for a platform; `undefined` where its publisher has none.
 * @param base in place of https://github.com
 */
export function findRelease(
  program: Program,
  { system, architecture }: Platform,
  base = 'https://github.com',
): Release | undefined {
  const os = { linux: 'linux', darwin: 'darwin', win32: 'windows' }[system as string];
  if (os === undefined || !['x64', 'arm64'].includes(architecture)) return undefined;
  const version = pins[program];
  if (program === 'minikube') {
    if (os === 'windows' && architecture !== 'x64') return undefined;
    const url =
      `${base}/kubernetes/minikube/releases/download/v${version}/minikube-${os}-${architecture === 'x64' ? 'amd64' : 'arm64'}` +
      (os === 'windows' ? '.exe' : '');
    return { program, version, url, checksumUrl: `${url}.sha256`, strip: undefined };
  }
  const folder = `${base}/pulumi/pulumi/releases/download/v${version}`;
  return {
    program,
    version,
    url: `${folder}/pulumi-v${version}-${os}-${architecture}.${os === 'windows' ? 'zip' : 'tar.gz'}`,
    checksumUrl: `${folder}/pulumi-${version}-checksums.txt`,
    strip: os === 'windows' ? 2 : 1, // pulumi/bin/pulumi.exe, pulumi/pulumi
  };
}

/** What to do by hand where the release can't be downloaded: which files to bring, and where to put them. */
export function describeByHand({ program, url, checksumUrl, strip }: Release, folder: string): string {
  const file = url.slice(url.lastIndexOf('/') + 1);
  const suffix = file.endsWith('.exe') ? '.exe' : '';
  const steps =
    strip === undefined
      ? `as ${folder}/${program}${suffix}${suffix ? '' : `, then: chmod +x ${folder}/${program}`}`
      : `unpacked, all programs in it straight into ${folder}: tar -xf ${file} -C ${folder} --strip-components ${strip}`;
  return (
    `Without a way to download, bring this file from a machine that has one:\n  ${url}\n` +
    `compare its SHA-256 with\n  ${checksumUrl}\nand put it here, ${steps}`
  );
}
