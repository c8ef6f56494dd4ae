/**
 * The lake as the floors below use it, in the process and without HTTP: the same rules, locks and notices as the API.
 * Where an `accountId` is given, the bucket must belong to it.
 */
import type { Readable } from 'node:stream';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bucket } from './buckets/bucket.ts';
import type { Buckets } from './buckets/buckets.ts';
import { contentTypeOf } from './content/content-type.ts';
import type { ByteRange } from './content/range.ts';
import type { WriteConditions } from './content/conditions.ts';
import type { Deletions } from './objects/deletions.ts';
import type { Body } from './disk/staging.ts';
import { entityTooLarge } from './errors.ts';
import type { Listing } from './objects/listing.ts';
import type { ObjectListener, ObjectNotices } from './objects/notices.ts';
import type { ObjectAttributes, Origin } from './objects/object.ts';
import type { Notifications } from './notifications/notifications.ts';
import type { Objects } from './objects/objects.ts';
import type { Publication } from './objects/publication.ts';
import type { Shelf, StoredObject } from './objects/shelf.ts';
import type { Tagging } from './objects/tagging.ts';
import type { Alongside } from './store/object-store.ts';
import type { Uploads } from './uploads/uploads.ts';

/** An object as the other capabilities see it. */
export interface LakeObject {
  readonly bucket: string;
  readonly key: string;
  readonly sizeBytes: number;
  readonly lastModified: Date;
  /** Without quotes; changes whenever the bytes do. */
  readonly etag: string;
  readonly contentType: string;
  /** Of the file with the bytes. Never written to: a writer goes through the lake. */
  readonly path: string;
}

export interface ObjectName {
  readonly bucket: string;
  readonly key: string;
  readonly accountId?: string | undefined;
}

export interface PutOptions {
  readonly contentType?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly conditions?: WriteConditions;
  readonly origin?: Origin;
}

export type FileCommit = ObjectName & {
  readonly contentType?: string;
  readonly conditions?: WriteConditions;
} & (
    | {
        /** In the staging folder, ideally; taken over on success. */
        readonly localFile: string;
      }
    | { readonly bytes: Uint8Array }
  );

export interface CommitOptions {
  readonly origin?: Origin | undefined;
  /** Written in the very commit that decides: if it is there, so are the files, and the other way round. */
  readonly alongside?: Alongside;
}

/** Who asks when it is the platform itself. */
const platformOrigin: Origin = { requestId: 'internal', requester: 'millpond', sourceIp: '127.0.0.1' };

export interface LakeParts {
  readonly shelf: Shelf;
  readonly buckets: Buckets;
  readonly objects: Objects;
  readonly deletions: Deletions;
  readonly listing: Listing;
  readonly publication: Publication;
  readonly notices: ObjectNotices;
  readonly uploads: Uploads;
  readonly tagging: Tagging;
  /** Absent where nothing is there to send to. */
  readonly notifications?: Notifications | undefined;
}

export class Lake {
  readonly #parts: LakeParts;

  constructor(parts: LakeParts) {
    this.#parts = parts;
  }

  /** The bucket; undefined when there is none. */
  findBucket(name: string): Bucket | undefined {
    return this.#parts.buckets.find(name);
  }

  /** @throws NoSuchBucket, AccessDenied */
  getBucket(name: string, accountId?: string): Bucket {
    return this.#parts.buckets.get(name, accountId);
  }

  /**
   * Objects under a prefix in key order (that of their UTF-8 bytes), read as they are asked for.
   * @param options.after only what comes behind this key
   * @throws NoSuchBucket, AccessDenied
   */
  async *listObjects(options: {
    bucket: string;
    prefix?: string;
    after?: string;
    accountId?: string | undefined;
  }): AsyncGenerator<LakeObject> {
    const bucket = this.getBucket(options.bucket, options.accountId);
    for await (const object of this.#parts.listing.objects(bucket, options)) yield toLakeObject(object);
  }

  /** Undefined when there is no such object. @throws NoSuchBucket, AccessDenied */
  async findObject({ bucket, key, accountId }: ObjectName): Promise<LakeObject | undefined> {
    const found = await this.#parts.objects.find(this.getBucket(bucket, accountId), key);
    return found && toLakeObject(found);
  }

  /** @throws NoSuchKey, NoSuchBucket, AccessDenied */
  async getObject({ bucket, key, accountId }: ObjectName): Promise<LakeObject> {
    return toLakeObject(await this.#parts.objects.get(this.getBucket(bucket, accountId), key));
  }

  /** The bytes, all or a range of them; an overwrite meanwhile does not disturb the reader. */
  async openObject(name: ObjectName, range?: ByteRange): Promise<{ object: LakeObject; body: Readable }> {
    const bucket = this.getBucket(name.bucket, name.accountId);
    const { found, body } = await this.#parts.objects.open(bucket, name.key, ({ sizeBytes }) => ({
      start: range?.start ?? 0,
      end: Math.min(range?.end ?? sizeBytes, sizeBytes),
    }));
    return { object: toLakeObject(found), body };
  }

  /** The whole object in memory. @param sizeMaxBytes more than this is refused. @throws EntityTooLarge */
  async readObject(name: ObjectName, sizeMaxBytes = 64 * 1024 * 1024): Promise<Buffer> {
    const { object, body } = await this.openObject(name);
    if (object.sizeBytes > sizeMaxBytes) {
      body.destroy();
      throw entityTooLarge(object.sizeBytes, sizeMaxBytes);
    }
    return Buffer.concat(await body.toArray());
  }

  /** Path of the object's file, for an engine that reads files. @throws NoSuchKey */
  async getFilePath(name: ObjectName): Promise<string> {
    return (await this.getObject(name)).path;
  }

  /** The folder in which a bucket's files lie; an engine may read there and write nowhere. */
  bucketFolder(bucket: string): string {
    return this.#parts.shelf.folder(this.getBucket(bucket).name).path;
  }

  /**
   * A new folder in the lake's file system, for files that `commitFiles` or `putFile` will take over. Its maker has it
   * removed; what a crash leaves is swept at the next start.
   */
  stagingFolder(): string {
    return mkdtempSync(join(this.#parts.shelf.staging.folder, 'work-'));
  }

  /** Removes a staging folder behind the caller's back; the lake waits for that when it stops. */
  removeStagingFolder(folder: string): void {
    this.#parts.shelf.inBackground(rm(folder, { recursive: true, force: true }));
  }

  /** @throws PreconditionFailed, NoSuchBucket, ServiceUnavailable (disk full) */
  async putObject(name: ObjectName, body: Body | string, options: PutOptions = {}): Promise<LakeObject> {
    const bucket = this.getBucket(name.bucket, name.accountId);
    const { staging, store } = this.#parts.shelf;
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    const staged = await staging.write(store.nextId(), bytes);
    const version = await this.#parts.objects.write({
      bucket,
      key: name.key,
      staged,
      attributes: attributesOf(name.key, options),
      conditions: options.conditions,
      reason: 'PutObject',
      origin: options.origin ?? platformOrigin,
    });
    return this.#lakeObject(bucket, { version, path: '' });
  }

  /** Takes a local file over as an object, by rename where it lies in the lake's file system. */
  async putFile(name: ObjectName, localFile: string, options: PutOptions = {}): Promise<LakeObject> {
    const [object] = await this.commitFiles([{ ...name, localFile, ...options }], { origin: options.origin });
    return object as LakeObject;
  }

  /** Publishes several files together: after a crash, too, all of them are there or none. */
  async commitFiles(files: readonly FileCommit[], options: CommitOptions = {}): Promise<LakeObject[]> {
    const versions = await this.#parts.publication.publish(
      files.map((file) => ({
        bucket: this.getBucket(file.bucket, file.accountId),
        key: file.key,
        content: 'bytes' in file ? file.bytes : file.localFile,
        attributes: attributesOf(file.key, file),
        conditions: file.conditions,
      })),
      { reason: 'PutObject', origin: options.origin ?? platformOrigin, alongside: options.alongside },
    );
    return versions.map((version) => this.#lakeObject(this.getBucket(version.bucket), { version, path: '' }));
  }

  /** Deleting what is not there succeeds; in a bucket with versions a delete marker is made. */
  async deleteObject(name: ObjectName, origin: Origin = platformOrigin): Promise<void> {
    const bucket = this.getBucket(name.bucket, name.accountId);
    await this.#parts.deletions.delete({ bucket, key: name.key, reason: 'DeleteObject', origin });
  }

  async deleteObjects(names: readonly ObjectName[], origin: Origin = platformOrigin): Promise<void> {
    const groupSize = 64;
    for (let start = 0; start < names.length; start += groupSize) {
      await Promise.all(names.slice(start, start + groupSize).map((name) => this.deleteObject(name, origin)));
    }
  }

  /** Tells of every object written, deleted or tagged, in any bucket. @returns a function that ends it */
  subscribe(listener: ObjectListener): () => void {
    return this.#parts.notices.subscribe(listener);
  }

  #lakeObject(bucket: Bucket, object: StoredObject): LakeObject {
    const path = this.#parts.shelf.folder(bucket.name).locate(object.version.key)?.path ?? '';
    return toLakeObject({ ...object, path });
  }
}

function toLakeObject({ version, path }: StoredObject): LakeObject {
  return {
    bucket: version.bucket,
    key: version.key,
    sizeBytes: version.sizeBytes,
    lastModified: version.lastModified,
    etag: version.etag,
    contentType: version.attributes.contentType,
    path,
  };
}

function attributesOf(key: string, options: PutOptions): ObjectAttributes {
  return {
    contentType: options.contentType ?? contentTypeOf(key),
    ...(options.metadata && { metadata: options.metadata }),
  };
}
