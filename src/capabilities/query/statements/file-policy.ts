/** What a job decides about the files that its script reads and writes. A plain query reads all and overwrites nothing. */
import type { FileCommit, LakeObject } from '#lake';

export interface OutputFolder {
  readonly bucket: string;
  /** With a slash at its end, unless it is the whole bucket. */
  readonly prefix: string;
}

export interface FilePolicy {
  /** Whether an object of a table is read. @param table `database.table` */
  reads(table: string, object: LakeObject): boolean;
  /** Called before a statement that writes into a place of its own (CREATE TABLE AS, UNLOAD). @throws when it may not */
  prepare(folder: OutputFolder): Promise<void>;
  /** Makes the files of a statement visible, all of them or none. */
  publish(folder: OutputFolder, files: readonly FileCommit[]): Promise<void>;
}
