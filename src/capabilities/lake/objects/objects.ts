/** Reading and writing objects: the use cases on one key. */
import type { Readable } from 'node:stream';
import { PlatformError } from '#kernel/errors';
import type { Bucket } from '../buckets/bucket.ts';
import { assertReadConditions, matchesEtag, type ReadConditions, type WriteConditions } from '../content/conditions.ts';
import type { ByteRange } from '../content/range.ts';
import { openUnchanged } from '../disk/file-stream.ts';
import type { StagedFile } from '../disk/staging.ts';
import {
  keyTooLong,
  invalidArgument,
  methodNotAllowed,
  noSuchBucket,
  noSuchKey,
  noSuchVersion,
  preconditionFailed,
} from '../errors.ts';
import { isLegalKey } from '../key/key.ts';
import type { ObjectNotices } from './notices.ts';
import { nullVersionId, type ObjectAttributes, type ObjectVersion, type Origin } from './object.ts';
import type { KeyState, Shelf, StoredObject } from './shelf.ts';
import { toStorageError } from '../disk/storage-error.ts';
import type { JournalLine, ObjectChange } from '../store/object-store.ts';

export interface WriteRequest {
  readonly bucket: Bucket;
  readonly key: string;
  readonly staged: StagedFile;
  readonly attributes: ObjectAttributes;
  /** Without quotes; the MD5 of the bytes unless given. */
  readonly etag?: string;
  readonly conditions?: WriteConditions | undefined;
  /** `PutObject`, `CopyObject` …, for the event. */
  readonly reason: string;
  readonly origin: Origin;
}

export interface GetOptions {
  readonly versionId?: string | undefined;
  readonly conditions?: ReadConditions;
  /** For the message when a delete marker is named. */
  readonly method?: string;
}

const openTriesMax = 10;

/** What a write does to the rows, and what is left to do once its file is in place. */
export interface PlannedWrite {
  readonly version: ObjectVersion;
  readonly change: ObjectChange;
  /** Null versions that the new one replaces in a bucket that stopped keeping versions. */
  readonly replaced: readonly ObjectVersion[];
}

export class Objects {
  readonly #shelf: Shelf;
  readonly #notices: ObjectNotices;
  /** Whether a bucket exists and is not being deleted at this moment. */
  readonly isOpen: (bucket: string) => boolean;

  constructor(shelf: Shelf, notices: ObjectNotices, isOpen: (bucket: string) => boolean) {
    this.#shelf = shelf;
    this.#notices = notices;
    this.isOpen = isOpen;
  }

  /** @throws KeyTooLongError, InvalidArgument */
  assertKey(key: string): void {
    if (isLegalKey(key)) return;
    if (key.length > 0 && key.isWellFormed()) throw keyTooLong(key);
    throw invalidArgument('A key must be 1 to 1024 bytes of valid UTF-8.', 'Key', key);
  }

  /** The current version, or the given one. */
  async find(bucket: Bucket, key: string, versionId?: string): Promise<StoredObject | undefined> {
    if (!isLegalKey(key)) return undefined;
    const state = await this.#shelf.read(bucket, key);
    const version = versionId === undefined ? state.current : findVersion(state, versionId);
    if (version === undefined || version.isMarker) return undefined;
    const isCurrent = version === state.current && state.file !== undefined;
    return { version, path: isCurrent ? state.file.path : this.#shelf.archivePath(version.id) };
  }

  /** @throws NoSuchKey, NoSuchVersion, MethodNotAllowed (a delete marker was named), NotModified, PreconditionFailed */
  async get(bucket: Bucket, key: string, options: GetOptions = {}): Promise<StoredObject> {
    const found = await this.find(bucket, key, options.versionId);
    if (found === undefined) throw await this.#absence(bucket, key, options.versionId, options.method ?? 'GET');
    if (options.conditions) assertReadConditions(options.conditions, found.version);
    return found;
  }

  /**
   * A version and its bytes, of one moment: a file that is replaced between the look and the open is looked at again.
   * @param rangeOf which bytes, once the version is known
   * @throws what `get` throws, and SlowDown when the file never stands still
   */
  async open(
    bucket: Bucket,
    key: string,
    rangeOf: (version: ObjectVersion) => ByteRange,
    options: GetOptions = {},
  ): Promise<{ found: StoredObject; body: Readable }> {
    for (let tries = 0; tries < openTriesMax; tries++) {
      const found = await this.get(bucket, key, options);
      try {
        const body = await openUnchanged(found.path, found.version.identity, rangeOf(found.version));
        if (body !== undefined) return { found, body };
      } catch (error) {
        throw toStorageError(error, `'${key}'`);
      }
    }
    throw new PlatformError('unavailable', 'SlowDown', `'${key}' keeps changing while it is read. Try again.`);
  }

  /**
   * Publishes a staged file as the object, whole or not at all, and takes care of what was there.
   * @throws PreconditionFailed, NoSuchKey (If-Match on nothing), NoSuchBucket, ServiceUnavailable
   */
  async write(request: WriteRequest): Promise<ObjectVersion> {
    const { bucket, key, staged } = request;
    let owed: readonly JournalLine[] = [];
    try {
      const version = await this.#shelf.alone([{ bucket: bucket.name, key }], async () => {
        const planned = await this.planWrite(request);
        owed = this.#notices.owe({ ...request, kind: 'created', version: planned.version });
        this.#shelf.step('planned');
        // Both must be on disk before the rename; neither depends on the other.
        await allOf([staged.sync(), this.#shelf.store.apply({ ...planned.change, journal: owed })]);
        this.#shelf.step('recorded');
        const { settle } = this.publish(staged.path, bucket.name, key);
        this.#shelf.step('renamed');
        await settle();
        this.#shelf.step('durable');
        this.forgetReplaced(planned.replaced);
        return planned.version;
      });
      this.#notices.pay(owed);
      this.#notices.tell({ ...request, kind: 'created', version });
      return version;
    } catch (error) {
      staged.discard();
      this.#notices.cancel(owed);
      throw toStorageError(error, `'${key}'`);
    }
  }

  /** The rows that a write needs; to be called while the key is held. */
  async planWrite(request: Omit<WriteRequest, 'reason' | 'origin'>): Promise<PlannedWrite> {
    const { bucket, key, staged } = request;
    this.assertKey(key);
    const state = await this.#stateForWrite(bucket, key, request.conditions);
    const version: ObjectVersion = {
      id: staged.id,
      sequence: this.#shelf.store.nextId(),
      bucket: bucket.name,
      key,
      versionId: this.#shelf.newVersionId(bucket),
      isMarker: false,
      isArchived: false,
      etag: request.etag ?? staged.md5,
      sizeBytes: staged.sizeBytes,
      lastModified: this.#shelf.clock.now(),
      identity: staged.identity,
      attributes: request.attributes,
    };
    const isKept = bucket.versioning !== undefined && state.current && state.current.versionId !== version.versionId;
    if (isKept && state.current && state.file) await this.#shelf.keepInArchive(state.current, state.file);
    return {
      version,
      change: {
        insert: [version],
        deleteIds: state.dead.map((row) => row.id),
        archiveIds: isKept && state.current ? [state.current.id] : [],
      },
      replaced:
        version.versionId === nullVersionId ? state.versions.filter((row) => row.versionId === nullVersionId) : [],
    };
  }

  /** Renames a staged file into place. */
  publish(stagedPath: string, bucket: string, key: string): { path: string; settle: () => Promise<void> } {
    return this.#shelf.folder(bucket).publish(stagedPath, key, () => {
      if (!this.isOpen(bucket)) throw noSuchBucket(bucket);
    });
  }

  forgetReplaced(replaced: readonly ObjectVersion[]): void {
    // A plain overwritten row is left to the next write of its key; it costs nothing and saves a commit here.
    const kept = replaced.filter((row) => row.isArchived || row.isMarker);
    if (kept.length === 0) return;
    const ids = kept.map((row) => row.id);
    this.#shelf.inBackground(
      this.#shelf.store.apply({ deleteIds: ids }).then(() => this.#shelf.removeFromArchive(ids)),
    );
  }

  /** @throws PreconditionFailed or NoSuchKey when the state of the key is not what the writer expects */
  assertWriteConditions(
    bucket: string,
    key: string,
    current: ObjectVersion | undefined,
    conditions: WriteConditions,
  ): void {
    const { ifMatch, ifNoneMatch } = conditions;
    if (ifNoneMatch !== undefined) {
      if (ifNoneMatch.trim() !== '*') {
        throw invalidArgument(
          `If-None-Match on a write takes only '*', not '${ifNoneMatch}'.`,
          'If-None-Match',
          ifNoneMatch,
        );
      }
      if (current !== undefined) throw preconditionFailed('If-None-Match');
    }
    if (ifMatch === undefined) return;
    if (current === undefined) throw noSuchKey(bucket, key);
    if (!matchesEtag(ifMatch, current.etag)) throw preconditionFailed('If-Match');
  }

  async #stateForWrite(bucket: Bucket, key: string, conditions: WriteConditions | undefined): Promise<KeyState> {
    const hasConditions = conditions?.ifMatch !== undefined || conditions?.ifNoneMatch !== undefined;
    // A dropped file needs a row only when its ETag is compared or the file is to be kept as a version.
    const state =
      hasConditions || bucket.versioning !== undefined
        ? await this.#shelf.read(bucket, key)
        : this.#shelf.look(bucket.name, key);
    if (hasConditions) this.assertWriteConditions(bucket.name, key, state.current, conditions);
    return state;
  }

  async #absence(bucket: Bucket, key: string, versionId: string | undefined, method: string): Promise<Error> {
    if (!isLegalKey(key)) return noSuchKey(bucket.name, key);
    const state = this.#shelf.look(bucket.name, key);
    if (versionId === undefined) return noSuchKey(bucket.name, key);
    const named = findVersion(state, versionId);
    return named?.isMarker ? methodNotAllowed(method, versionId) : noSuchVersion(key, versionId);
  }
}

export function findVersion(state: KeyState, versionId: string): ObjectVersion | undefined {
  return state.versions.find((version) => version.versionId === versionId);
}

/** Like Promise.all, but waits for every part before it fails: none may still use the file that is then discarded. */
async function allOf(parts: readonly Promise<unknown>[]): Promise<void> {
  const results = await Promise.allSettled(parts);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}
