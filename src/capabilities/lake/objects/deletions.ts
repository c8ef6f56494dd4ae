/** Deleting objects and versions: S3 user guide, "Deleting object versions" and "Working with delete markers". */
import type { Bucket } from '../buckets/bucket.ts';
import { matchesEtag } from '../content/conditions.ts';
import { noSuchKey, preconditionFailed } from '../errors.ts';
import { isLegalKey } from '../key/key.ts';
import type { ObjectNotice, ObjectNotices } from './notices.ts';
import { nullVersionId, type ObjectVersion, type Origin } from './object.ts';
import { findVersion } from './objects.ts';
import type { KeyState, Shelf } from './shelf.ts';
import { toStorageError } from '../disk/storage-error.ts';

export interface DeleteRequest {
  readonly bucket: Bucket;
  readonly key: string;
  readonly versionId?: string | undefined;
  readonly ifMatch?: string | undefined;
  readonly reason: string;
  readonly origin: Origin;
}

export interface DeleteResult {
  /** Whether a marker was made, or the version that was deleted is one. */
  readonly isMarker: boolean;
  /** Of the marker that was made or the version that was deleted; undefined in a bucket without versions. */
  readonly versionId: string | undefined;
}

export class Deletions {
  readonly #shelf: Shelf;
  readonly #notices: ObjectNotices;

  constructor(shelf: Shelf, notices: ObjectNotices) {
    this.#shelf = shelf;
    this.#notices = notices;
  }

  /** Deleting what is not there succeeds. @throws PreconditionFailed, NoSuchKey (If-Match on nothing) */
  async delete(request: DeleteRequest): Promise<DeleteResult> {
    const { bucket, key, versionId } = request;
    if (!isLegalKey(key)) return { isMarker: false, versionId: undefined };
    try {
      return await this.#shelf.alone([{ bucket: bucket.name, key }], async () => {
        await this.#assertMatch(request);
        if (versionId !== undefined) return this.#deleteVersion(request, versionId);
        return bucket.versioning === undefined ? this.#deletePlain(request) : this.#mark(request);
      });
    } catch (error) {
      throw toStorageError(error, `'${key}'`);
    }
  }

  async #assertMatch({ bucket, key, ifMatch }: DeleteRequest): Promise<void> {
    if (ifMatch === undefined) return;
    const { current } = await this.#shelf.read(bucket, key);
    if (current === undefined) throw noSuchKey(bucket.name, key);
    if (!matchesEtag(ifMatch, current.etag)) throw preconditionFailed('If-Match');
  }

  /** The file's removal is the deletion; its row is unread from then on. */
  async #deletePlain({ bucket, key, reason, origin }: DeleteRequest): Promise<DeleteResult> {
    const state = this.#shelf.look(bucket.name, key);
    const rows = [...state.versions, ...state.dead];
    const notice: ObjectNotice = {
      kind: 'deleted',
      bucket,
      key,
      ...(state.current && { version: state.current }),
      reason,
      origin,
    };
    const owed = state.file === undefined ? [] : this.#notices.owe(notice);
    if (owed.length > 0) await this.#shelf.store.apply({ journal: owed });
    if (state.file !== undefined) await this.#shelf.folder(bucket.name).remove(key);
    this.#shelf.step('removed');
    if (rows.length > 0) await this.#shelf.store.apply({ deleteIds: rows.map((row) => row.id) });
    this.#notices.pay(owed);
    if (state.file !== undefined) this.#notices.tell(notice);
    return { isMarker: false, versionId: undefined };
  }

  async #mark({ bucket, key, reason, origin }: DeleteRequest): Promise<DeleteResult> {
    const state = await this.#shelf.read(bucket, key);
    const marker = this.#newMarker(bucket, key);
    const isKept = state.current !== undefined && state.current.versionId !== marker.versionId;
    if (isKept && state.current && state.file) await this.#shelf.keepInArchive(state.current, state.file);
    const replaced = marker.versionId === nullVersionId ? nullVersions(state) : [];
    const notice: ObjectNotice = { kind: 'marked', bucket, key, version: marker, reason, origin };
    const owed = this.#notices.owe(notice);
    await this.#shelf.journaled(
      { kind: 'settle', bucket: bucket.name, key },
      {
        insert: [marker],
        archiveIds: isKept && state.current ? [state.current.id] : [],
        deleteIds: state.dead.map((row) => row.id),
        journal: owed,
      },
      async () => {
        this.#shelf.step('marked');
        await this.#shelf.settle(bucket.name, key);
        this.#shelf.step('settled');
        if (replaced.length === 0) return;
        await this.#shelf.store.apply({ deleteIds: replaced.map((row) => row.id) });
        this.#shelf.removeFromArchive(replaced.map((row) => row.id));
      },
    );
    this.#notices.pay(owed);
    this.#notices.tell(notice);
    return { isMarker: true, versionId: marker.versionId };
  }

  async #deleteVersion(request: DeleteRequest, versionId: string): Promise<DeleteResult> {
    const { bucket, key, reason, origin } = request;
    const state = await this.#shelf.read(bucket, key);
    const version = findVersion(state, versionId);
    if (version === undefined) return { isMarker: false, versionId };
    const isCurrent = version === state.current;
    const notice: ObjectNotice = { kind: 'deleted', bucket, key, version, reason, origin };
    const owed = this.#notices.owe(notice);
    if (!isCurrent && !version.isMarker) {
      await this.#shelf.store.apply({ deleteIds: [version.id], journal: owed });
    } else {
      await this.#shelf.journaled(
        { kind: 'settle', bucket: bucket.name, key },
        { journal: owed, ...(version.isMarker && { deleteIds: [version.id] }) },
        async () => {
          this.#shelf.step('unsettled');
          if (isCurrent) await this.#shelf.folder(bucket.name).remove(key);
          this.#shelf.step('removed');
          if (isCurrent) await this.#shelf.store.apply({ deleteIds: [version.id] });
          await this.#shelf.settle(bucket.name, key);
        },
      );
    }
    this.#shelf.removeFromArchive([version.id]);
    this.#notices.pay(owed);
    this.#notices.tell(notice);
    const isVersioned = bucket.versioning !== undefined;
    return { isMarker: version.isMarker, versionId: isVersioned ? versionId : undefined };
  }

  #newMarker(bucket: Bucket, key: string): ObjectVersion {
    return {
      id: this.#shelf.store.nextId(),
      sequence: this.#shelf.store.nextId(),
      bucket: bucket.name,
      key,
      versionId: this.#shelf.newVersionId(bucket),
      isMarker: true,
      isArchived: false,
      etag: '',
      sizeBytes: 0,
      lastModified: this.#shelf.clock.now(),
      identity: { sizeBytes: 0, mtimeMs: 0, inode: 0 },
      attributes: { contentType: '' },
    };
  }
}

function nullVersions(state: KeyState): ObjectVersion[] {
  return state.versions.filter((row) => row.versionId === nullVersionId);
}
