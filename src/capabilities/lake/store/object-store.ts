/**
 * Rows of object versions in the state. A row says what is known of a file; which rows are true is said by the disk
 * (see `../objects/objects.ts`), so that a row without its file is merely unread until it is cleaned up.
 */
import type { Db, State, Transaction } from '#kernel/state';
import type { Announcement } from '../notifications/announcement.ts';
import type { ObjectAttributes, ObjectVersion } from '../objects/object.ts';

interface ObjectRow {
  id: number;
  bucket: string;
  key: string;
  version_id: string;
  sequence: number;
  is_marker: number;
  is_archived: number;
  etag: string;
  size_bytes: number;
  modified_ms: number;
  file_mtime_ms: number;
  file_inode: number;
  attributes: string;
}

/** A step that a crash must not leave half done, or what is still to be told; recovery takes it to its end. */
export type JournalEntry =
  | { readonly kind: 'settle'; readonly bucket: string; readonly key: string }
  | {
      readonly kind: 'publish';
      readonly files: readonly { readonly id: number; readonly bucket: string; readonly key: string }[];
    }
  | { readonly kind: 'notice'; readonly announcement: Announcement };

export interface JournalLine {
  readonly id: number;
  readonly entry: JournalEntry;
}

/** Writes of another part of the state that stand or fall with a change of the lake. */
export type Alongside = (db: Transaction) => void;

export interface ObjectChange {
  readonly insert?: readonly ObjectVersion[];
  readonly deleteIds?: readonly number[];
  readonly archiveIds?: readonly number[];
  readonly unarchiveIds?: readonly number[];
  readonly journal?: readonly JournalLine[];
  readonly journalDoneIds?: readonly number[];
}

export class ObjectStore {
  readonly #state: State;
  #lastId: number;

  constructor(state: State) {
    this.#state = state;
    const row = state.reader
      .prepare<{ last: number | null }>(
        `SELECT max(last) AS last FROM (
           SELECT max(id) AS last FROM lake_object UNION ALL SELECT max(sequence) FROM lake_object
           UNION ALL SELECT max(file_id) FROM lake_part UNION ALL SELECT max(id) FROM lake_journal)`,
      )
      .get();
    this.#lastId = row?.last ?? 0;
  }

  /** A number higher than any before: for rows, staged files, sequences, journal entries. */
  nextId(): number {
    return ++this.#lastId;
  }

  /** Numbers at most this are taken, by files that outlived their rows. */
  reserveIds(upTo: number): void {
    this.#lastId = Math.max(this.#lastId, upTo);
  }

  /** The rows of a key, newest first. */
  listVersions(bucket: string, key: string): ObjectVersion[] {
    return this.#state.reader
      .prepare<ObjectRow>('SELECT * FROM lake_object WHERE bucket = ? AND key = ? ORDER BY sequence DESC')
      .all(bucket, key)
      .map(toVersion);
  }

  /** The rows of all keys from `first` to `last`, by key, newest first. */
  listBetween(bucket: string, first: string, last: string): Map<string, ObjectVersion[]> {
    const rows = this.#state.reader
      .prepare<ObjectRow>(
        'SELECT * FROM lake_object WHERE bucket = ? AND key BETWEEN ? AND ? ORDER BY key, sequence DESC',
      )
      .iterate(bucket, first, last);
    const byKey = new Map<string, ObjectVersion[]>();
    for (const row of rows) {
      const versions = byKey.get(row.key);
      if (versions === undefined) byKey.set(row.key, [toVersion(row)]);
      else versions.push(toVersion(row));
    }
    return byKey;
  }

  /** The first key behind `after` (or from `from` on) that has a row of a version that is no plain file. */
  findKeptKeyAfter(bucket: string, after: string, isInclusive: boolean): string | undefined {
    return this.#state.reader
      .prepare<{ key: string }>(
        `SELECT key FROM lake_object WHERE bucket = ? AND key ${isInclusive ? '>=' : '>'} ?
         AND (is_marker = 1 OR is_archived = 1) ORDER BY key LIMIT 1`,
      )
      .get(bucket, after)?.key;
  }

  /** Ids of rows whose bytes, if any, are in the archive. */
  listArchivedIds(bucket: string): number[] {
    return this.#state.reader
      .prepare<{ id: number }>('SELECT id FROM lake_object WHERE bucket = ? AND is_archived = 1')
      .all(bucket)
      .map((row) => row.id);
  }

  find(id: number): ObjectVersion | undefined {
    const row = this.#state.reader.prepare<ObjectRow>('SELECT * FROM lake_object WHERE id = ?').get(id);
    return row && toVersion(row);
  }

  /**
   * All of the change or nothing; resolves when it is on disk.
   * @param alongside what else belongs into the same commit
   */
  apply(change: ObjectChange, alongside?: Alongside): Promise<void> {
    return this.#state.write((db) => {
      applyChange(db, change);
      alongside?.(db);
    });
  }

  /** Replaces the attributes of a version, as tagging does. */
  async updateAttributes(id: number, attributes: ObjectAttributes, alongside?: Alongside): Promise<void> {
    await this.#state.write((db) => {
      db.prepare('UPDATE lake_object SET attributes = ? WHERE id = ?').run(JSON.stringify(attributes), id);
      alongside?.(db);
    });
  }

  listJournal(): JournalLine[] {
    return this.#state.reader
      .prepare<{ id: number; entry: string }>('SELECT id, entry FROM lake_journal ORDER BY id')
      .all()
      .map((row) => ({ id: row.id, entry: JSON.parse(row.entry) as JournalEntry }));
  }
}

function applyChange(db: Db, change: ObjectChange): void {
  for (const id of change.deleteIds ?? []) db.prepare('DELETE FROM lake_object WHERE id = ?').run(id);
  for (const id of change.archiveIds ?? []) db.prepare('UPDATE lake_object SET is_archived = 1 WHERE id = ?').run(id);
  for (const id of change.unarchiveIds ?? []) db.prepare('UPDATE lake_object SET is_archived = 0 WHERE id = ?').run(id);
  for (const version of change.insert ?? []) insertVersion(db, version);
  for (const { id, entry } of change.journal ?? []) {
    db.prepare('INSERT INTO lake_journal VALUES (?, ?)').run(id, JSON.stringify(entry));
  }
  for (const id of change.journalDoneIds ?? []) db.prepare('DELETE FROM lake_journal WHERE id = ?').run(id);
}

function insertVersion(db: Db, version: ObjectVersion): void {
  db.prepare('INSERT INTO lake_object VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)').run(
    version.id,
    version.bucket,
    version.key,
    version.versionId,
    version.sequence,
    Number(version.isMarker),
    Number(version.isArchived),
    version.etag,
    version.sizeBytes,
    version.lastModified.getTime(),
    version.identity.mtimeMs,
    version.identity.inode,
    JSON.stringify(version.attributes),
  );
}

function toVersion(row: ObjectRow): ObjectVersion {
  return {
    id: row.id,
    bucket: row.bucket,
    key: row.key,
    versionId: row.version_id,
    sequence: row.sequence,
    isMarker: row.is_marker === 1,
    isArchived: row.is_archived === 1,
    etag: row.etag,
    sizeBytes: row.size_bytes,
    lastModified: new Date(row.modified_ms),
    identity: { sizeBytes: row.size_bytes, mtimeMs: row.file_mtime_ms, inode: row.file_inode },
    attributes: JSON.parse(row.attributes) as ObjectAttributes,
  };
}
