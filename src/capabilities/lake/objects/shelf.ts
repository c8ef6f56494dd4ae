/**
 * Where files and rows meet. **The disk says which row is true**: the current version of a key is whatever file lies
 * at its path, and the row that describes it is the one with the same size and modification time (and inode, among
 * equals). That one rule gives both properties that matter:
 *
 * - A crash leaves the old or the new object. A put stages the bytes, commits a row that describes them, and renames
 *   the file into place. Until the rename the file on disk is the old one and selects the old row; from the rename on
 *   it selects the new one. A row whose file never came is unread, and goes with the staged file or the next put.
 * - Ordinary tools work. A file that no row describes was dropped or edited by hand: it is read as an object without
 *   headers and gets a row then. A file that is gone takes its object with it.
 *
 * Limit: the row of a file that was deleted by hand stays until its key is written again or its bucket is deleted.
 *
 * Versions that are not current lie in the archive under their row's number; a row that says so has its file, since
 * the link is made durable first. What takes several steps (deleting in a versioned bucket, publishing several files)
 * writes its intent to the journal in the same commit, and recovery takes it to its end.
 */
import { linkSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '#kernel/clock';
import { newHexId } from '#kernel/ids';
import type { Log } from '#kernel/log';
import type { Bucket } from '../buckets/bucket.ts';
import { contentTypeOf } from '../content/content-type.ts';
import { BucketFolder, type LocatedFile } from '../disk/bucket-folder.ts';
import { FolderIndex } from '../disk/folder-index.ts';
import type { FolderSync } from '../disk/folder-sync.ts';
import { hashedDropMaxBytes, identityEtag, isSameFile } from '../disk/file-identity.ts';
import { hashFile, type Staging } from '../disk/staging.ts';
import { KeyedLock } from './keyed-lock.ts';
import { matchVersion, nullVersionId, type ObjectVersion } from './object.ts';
import { toStorageError } from '../disk/storage-error.ts';
import type { Alongside, JournalEntry, ObjectChange, ObjectStore } from '../store/object-store.ts';

/** What is true of a key at one moment. */
export interface KeyState {
  /** The file at the key's path. */
  readonly file: LocatedFile | undefined;
  /** The row that describes the file; undefined also for a file that nobody has described yet. */
  readonly current: ObjectVersion | undefined;
  /** Versions that exist, newest first: the current one, archived ones, delete markers. */
  readonly versions: readonly ObjectVersion[];
  /** Rows without a file: an older put's, or one that a crash interrupted. */
  readonly dead: readonly ObjectVersion[];
}

export interface StoredObject {
  readonly version: ObjectVersion;
  readonly path: string;
}

/** Names the moments between two steps, for tests that crash the process there. */
export type StepHook = (step: string) => void;

export interface ShelfParts {
  readonly store: ObjectStore;
  readonly staging: Staging;
  readonly folderSync: FolderSync;
  readonly bucketsFolder: string;
  readonly archiveFolder: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly onStep?: StepHook | undefined;
}

export class Shelf {
  readonly store: ObjectStore;
  readonly staging: Staging;
  readonly folderSync: FolderSync;
  readonly clock: Clock;
  readonly step: StepHook;
  readonly bucketsFolder: string;
  readonly #archiveFolder: string;
  readonly #log: Log;
  readonly #index = new FolderIndex();
  readonly #locks = new KeyedLock();
  readonly #folders = new Map<string, BucketFolder>();
  readonly #background = new Set<Promise<void>>();

  constructor(parts: ShelfParts) {
    this.store = parts.store;
    this.staging = parts.staging;
    this.folderSync = parts.folderSync;
    this.clock = parts.clock;
    this.step = parts.onStep ?? (() => undefined);
    this.bucketsFolder = parts.bucketsFolder;
    this.#archiveFolder = parts.archiveFolder;
    this.#log = parts.log;
    mkdirSync(parts.archiveFolder, { recursive: true });
  }

  folder(bucket: string): BucketFolder {
    let folder = this.#folders.get(bucket);
    if (folder === undefined) {
      folder = new BucketFolder(join(this.bucketsFolder, bucket), this.folderSync, this.#index);
      this.#folders.set(bucket, folder);
    }
    return folder;
  }

  /** Runs alone among the writers of these keys of these buckets. */
  alone<T>(names: readonly { bucket: string; key: string }[], work: () => Promise<T>): Promise<T> {
    return this.#locks.holdAll(
      names.map(({ bucket, key }) => `${bucket}/${key}`),
      work,
    );
  }

  /** The state of a key, without describing a file that has no row yet. */
  look(bucket: string, key: string): KeyState {
    const file = this.folder(bucket).locate(key);
    const rows = this.store.listVersions(bucket, key);
    return stateOf(file, rows);
  }

  /** The state of a key; a file that has no row gets one. */
  async read(bucket: Bucket, key: string): Promise<KeyState> {
    const state = this.look(bucket.name, key);
    if (state.file === undefined || state.current !== undefined) return state;
    const adopted = await this.describeFile(bucket, key, state.file);
    if (adopted === undefined) return this.read(bucket, key);
    await this.store.apply({ insert: [adopted] });
    return { ...state, current: adopted, versions: [adopted, ...state.versions] };
  }

  /**
   * A row for a file that was dropped or edited by hand, as if it had been put without headers.
   * @returns undefined when the file changed meanwhile
   */
  async describeFile(bucket: Bucket, key: string, file: LocatedFile): Promise<ObjectVersion | undefined> {
    let etag = identityEtag(file.identity);
    if (file.identity.sizeBytes <= hashedDropMaxBytes) {
      try {
        etag = await hashFile(file.path, file.identity.sizeBytes);
      } catch (error) {
        // An unreadable file is listed all the same; reading it will say what is wrong.
        const isUnreadable = ['ENOENT', 'EACCES', 'EPERM', 'EIO'].includes((error as NodeJS.ErrnoException).code ?? '');
        if (!isUnreadable) throw toStorageError(error, `'${key}'`);
      }
      const after = this.folder(bucket.name).examine(file.path);
      if (after === undefined || !isSameFile(after.identity, file.identity)) return undefined;
    }
    return {
      id: this.store.nextId(),
      sequence: this.store.nextId(),
      bucket: bucket.name,
      key,
      versionId: this.newVersionId(bucket),
      isMarker: false,
      isArchived: false,
      etag,
      sizeBytes: file.identity.sizeBytes,
      lastModified: new Date(Math.floor(file.identity.mtimeMs)),
      identity: file.identity,
      attributes: { contentType: contentTypeOf(key) },
    };
  }

  newVersionId(bucket: Bucket): string {
    return bucket.versioning === 'Enabled' ? newHexId(16) : nullVersionId;
  }

  archivePath(id: number): string {
    return join(this.#archiveFolder, String(id));
  }

  /** Gives the current file a second name in the archive, durably, before another takes its place. */
  async keepInArchive(version: ObjectVersion, file: LocatedFile): Promise<void> {
    const path = this.archivePath(version.id);
    rmSync(path, { force: true });
    linkSync(file.path, path);
    await this.folderSync.sync(this.#archiveFolder);
  }

  removeFromArchive(ids: readonly number[]): void {
    for (const id of ids) rmSync(this.archivePath(id), { force: true });
  }

  /** Runs a step of several commits under a journal entry, so that a crash within is taken to its end at the start. */
  async journaled(
    entry: JournalEntry,
    change: ObjectChange,
    work: () => Promise<void>,
    alongside?: Alongside,
  ): Promise<void> {
    const id = this.store.nextId();
    await this.store.apply({ ...change, journal: [{ id, entry }, ...(change.journal ?? [])] }, alongside);
    await work();
    this.inBackground(this.store.apply({ journalDoneIds: [id] }));
  }

  /** A write whose loss would be repaired at the next start; awaited when the lake stops. */
  inBackground(work: Promise<void>): void {
    const tracked = work
      .catch((error: unknown) => this.#log.warn('lake housekeeping failed; the next start repeats it', { error }))
      .finally(() => this.#background.delete(tracked));
    this.#background.add(tracked);
  }

  async idle(): Promise<void> {
    while (this.#background.size > 0) await Promise.all(this.#background);
  }

  /** Makes the file at a key's path agree with the newest row; harmless when it does already. */
  async settle(bucket: string, key: string): Promise<void> {
    const { file, current, versions } = this.look(bucket, key);
    const newest = versions.toSorted((a, b) => b.sequence - a.sequence)[0];
    if (newest?.isMarker && current !== undefined) {
      await this.folder(bucket).remove(key);
      return;
    }
    if (file !== undefined || newest === undefined || newest.isMarker) return;
    const link = this.staging.pathOf(this.store.nextId());
    linkSync(this.archivePath(newest.id), link);
    const { settle } = this.folder(bucket).publish(link, key, () => undefined);
    await settle();
    await this.store.apply({ unarchiveIds: [newest.id] });
    this.removeFromArchive([newest.id]);
  }
}

export function stateOf(file: LocatedFile | undefined, rows: readonly ObjectVersion[]): KeyState {
  const current = file && matchVersion(rows, file.identity);
  const isAlive = (row: ObjectVersion): boolean => row === current || row.isMarker || row.isArchived;
  return { file, current, versions: rows.filter(isAlive), dead: rows.filter((row) => !isAlive(row)) };
}
