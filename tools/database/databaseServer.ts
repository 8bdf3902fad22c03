/** A database program that is on this machine. */
export interface DatabaseServer {
  /** What people are told that they run. */
  readonly title: string;
  /** Names its data folder: no program can read another's. */
  readonly kind: 'mongod' | 'secantusdb-rs' | 'secantusdb-py';
  readonly command: string;
  /** Arguments to serve the data in `folder` on `port` of 127.0.0.1, acknowledged writes surviving a kill. */
  readonly arguments: (folder: string, port: number) => readonly string[];
}
