/**
 * Multipart uploads. A part is durable under its own number before its row says so; an object is assembled from the
 * parts in the staging folder and published like any other, and only then are upload and parts removed. What a crash
 * leaves is an upload that can be completed again, or files that no row names, which the start sweeps.
 */
import { linkSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { newHexId } from '#kernel/ids';
import type { Bucket } from '../buckets/bucket.ts';
import type { ChecksumAlgorithm } from '../content/checksum.ts';
import type { WriteConditions } from '../content/conditions.ts';
import type { StagedFile } from '../disk/staging.ts';
import { invalidRequest, noSuchUpload } from '../errors.ts';
import type { ObjectVersion, Origin } from '../objects/object.ts';
import type { Objects } from '../objects/objects.ts';
import type { Shelf } from '../objects/shelf.ts';
import { toStorageError } from '../disk/storage-error.ts';
import type { UploadStore } from '../store/upload-store.ts';
import { assertWholeChecksum, planAssembly, type NamedPart, type Upload, type UploadedPart } from './upload.ts';

export interface CompleteRequest {
  readonly bucket: Bucket;
  readonly upload: Upload;
  readonly parts: readonly NamedPart[];
  /** The checksum of the whole, where the client knows it. */
  readonly checksums: Partial<Record<ChecksumAlgorithm, string>>;
  readonly sizeBytes?: number | undefined;
  readonly conditions: WriteConditions;
  readonly origin: Origin;
}

export class Uploads {
  readonly #store: UploadStore;
  readonly #shelf: Shelf;
  readonly #objects: Objects;
  readonly #folder: string;

  /** @param folder for the parts, in the file system of the staging folder */
  constructor(store: UploadStore, shelf: Shelf, objects: Objects, folder: string) {
    this.#store = store;
    this.#shelf = shelf;
    this.#objects = objects;
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  async start(upload: Omit<Upload, 'id' | 'initiatedAt'>): Promise<Upload> {
    this.#objects.assertKey(upload.key);
    const started = { ...upload, id: newHexId(24), initiatedAt: this.#shelf.clock.now() };
    await this.#store.insert(started);
    return started;
  }

  /** @throws NoSuchUpload */
  get(bucket: Bucket, key: string, id: string): Upload {
    const upload = this.#store.find(id);
    if (upload?.bucket !== bucket.name || upload.key !== key) throw noSuchUpload(id);
    return upload;
  }

  listParts(upload: Upload): UploadedPart[] {
    return this.#store.listParts(upload.id);
  }

  /** In order of key and id, behind the given pair. */
  listAfter(bucket: Bucket, key: string, id: string): Upload[] {
    return this.#store.listAfter(bucket.name, key, id);
  }

  /** Keeps a staged file as a part; one of the same number is replaced. @throws NoSuchUpload, ServiceUnavailable */
  async putPart(upload: Upload, number: number, staged: StagedFile): Promise<UploadedPart> {
    const part: UploadedPart = {
      number,
      fileId: staged.id,
      etag: staged.md5,
      sizeBytes: staged.sizeBytes,
      lastModified: this.#shelf.clock.now(),
      checksums: staged.checksums,
    };
    try {
      await staged.sync();
      renameSync(staged.path, this.#pathOf(part.fileId));
      await this.#shelf.folderSync.sync(this.#folder);
      const replaced = await this.#store.putPart(upload.id, part);
      if (replaced === 'absent') {
        this.removeFiles([part.fileId]);
        throw noSuchUpload(upload.id);
      }
      if (replaced !== undefined) this.removeFiles([replaced]);
      return part;
    } catch (error) {
      staged.discard();
      throw toStorageError(error, `part ${number} of '${upload.key}'`);
    }
  }

  /** @throws NoSuchUpload, InvalidPart, InvalidPartOrder, EntityTooSmall, BadDigest, PreconditionFailed */
  async complete(request: CompleteRequest): Promise<ObjectVersion> {
    const { bucket, upload, conditions, origin } = request;
    const assembly = planAssembly(upload, this.listParts(upload), request.parts);
    assertWholeChecksum(assembly, request.checksums);
    if (request.sizeBytes !== undefined && request.sizeBytes !== assembly.sizeBytes) {
      throw invalidRequest(
        `The object has ${assembly.sizeBytes} bytes, not the ${request.sizeBytes} of x-amz-mp-object-size.`,
      );
    }
    const staged = await this.#assemble(assembly.parts.map((part) => part.fileId));
    const { checksum } = assembly;
    const version = await this.#objects.write({
      bucket,
      key: upload.key,
      staged,
      etag: assembly.etag,
      attributes: { ...upload.attributes, parts: assembly.objectParts, ...(checksum && { checksum }) },
      conditions,
      reason: 'CompleteMultipartUpload',
      origin,
    });
    await this.#end(upload);
    return version;
  }

  /** @throws NoSuchUpload */
  async abort(upload: Upload): Promise<void> {
    if (!(await this.#end(upload))) throw noSuchUpload(upload.id);
  }

  /** Removes files of parts that no row names. */
  recover(): void {
    const known = this.#store.listFileIds();
    const files = readdirSync(this.#folder).map(Number);
    this.removeFiles(files.filter((id) => !known.has(id)));
  }

  async #end(upload: Upload): Promise<boolean> {
    const files = await this.#store.delete(upload.id);
    this.removeFiles(files ?? []);
    return files !== undefined;
  }

  /** One part becomes the object by a second name; several are copied one behind the other. */
  async #assemble(fileIds: readonly number[]): Promise<StagedFile> {
    const { staging, store } = this.#shelf;
    const id = store.nextId();
    try {
      const [only] = fileIds;
      if (fileIds.length !== 1 || only === undefined) {
        return await staging.join(
          id,
          fileIds.map((fileId) => this.#pathOf(fileId)),
        );
      }
      linkSync(this.#pathOf(only), staging.pathOf(id));
      return await staging.open(id);
    } catch (error) {
      const isGone = (error as NodeJS.ErrnoException).code === 'ENOENT';
      throw isGone ? noSuchUpload('of these parts') : toStorageError(error, 'the assembled object');
    }
  }

  #pathOf(fileId: number): string {
    return join(this.#folder, String(fileId));
  }

  /** Removes files of parts. */
  removeFiles(ids: readonly number[]): void {
    for (const id of ids) rmSync(this.#pathOf(id), { force: true });
  }
}
