/** What a crawler knows of the folders it has read, so that what has not changed is not read again. */
import type { Db, State } from '#kernel/state';
import type { FolderContents } from '../discovery/file-groups.ts';
import type { Folder } from '../discovery/folder.ts';
import type { FileGroup } from '../discovery/grouping.ts';

export interface KnownFolder {
  readonly fingerprint: string;
  readonly contents: string;
}

export interface FolderUpdate {
  readonly location: string;
  readonly fingerprint: string;
  readonly contents: string;
}

/** By location (include path, blank, folder), all that start with `prefix`. */
export function selectFolders(state: State, scope: string, crawler: string, prefix: string): Map<string, KnownFolder> {
  const rows = state.reader
    .prepare<{ location: string; fingerprint: string; contents: string }>(
      `SELECT location, fingerprint, contents FROM crawler_folder
       WHERE scope = ?1 AND crawler = ?2 AND location >= ?3 AND substr(location, 1, length(?3)) = ?3`,
    )
    .all(scope, crawler, prefix);
  return new Map(rows.map((row) => [row.location, row]));
}

export function putFolders(db: Db, scope: string, crawler: string, folders: readonly FolderUpdate[]): void {
  const statement = db.prepare(
    `INSERT INTO crawler_folder (scope, crawler, location, fingerprint, contents) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (scope, crawler, location) DO UPDATE SET fingerprint = excluded.fingerprint, contents = excluded.contents`,
  );
  for (const { location, fingerprint, contents } of folders)
    statement.run(scope, crawler, location, fingerprint, contents);
}

export function deleteFolders(db: Db, scope: string, crawler: string, locations: Iterable<string>): void {
  const statement = db.prepare('DELETE FROM crawler_folder WHERE scope = ? AND crawler = ? AND location = ?');
  for (const location of locations) statement.run(scope, crawler, location);
}

/** Where one definition reads all files of the folder, their names need no keeping. */
export function encodeContents({ groups, skipped }: FolderContents): string {
  return JSON.stringify({ groups: groups.length === 1 ? [{ shape: groups[0]?.shape }] : groups, skipped });
}

export function decodeContents(text: string, folder: Folder): FolderContents {
  const { groups, skipped } = JSON.parse(text) as {
    groups: (Omit<FileGroup, 'files'> & Partial<FileGroup>)[];
    skipped: FolderContents['skipped'];
  };
  const left = new Set(skipped.map((file) => file.key));
  return {
    groups: groups.map(({ shape, files }) => ({
      shape,
      files: files ?? folder.files.filter((file) => !left.has(file.key)),
    })),
    skipped,
  };
}
