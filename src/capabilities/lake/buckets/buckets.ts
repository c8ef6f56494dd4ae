/** Buckets: making, finding and removing them, and their configurations. */
import { mkdirSync, rmSync } from 'node:fs';
import { assertBucketName, type Bucket, type VersioningStatus } from './bucket.ts';
import { accessDenied, bucketAlreadyExists, bucketAlreadyOwnedByYou, bucketNotEmpty, noSuchBucket } from '../errors.ts';
import type { Listing } from '../objects/listing.ts';
import type { Shelf } from '../objects/shelf.ts';
import { toStorageError } from '../disk/storage-error.ts';
import type { BucketStore } from '../store/bucket-store.ts';

export interface NewBucket {
  readonly name: string;
  readonly accountId: string;
  readonly region: string;
}

export class Buckets {
  readonly #store: BucketStore;
  readonly #shelf: Shelf;
  readonly #listing: Listing;
  /** Buckets that are being deleted at this moment: nothing may be published into them. */
  readonly #closing = new Set<string>();

  constructor(store: BucketStore, shelf: Shelf, listing: Listing) {
    this.#store = store;
    this.#shelf = shelf;
    this.#listing = listing;
  }

  /**
   * @returns whether the bucket was made; false when the caller has it already, where that is no error
   * @throws InvalidBucketName, BucketAlreadyExists, BucketAlreadyOwnedByYou
   */
  async create(bucket: NewBucket): Promise<boolean> {
    assertBucketName(bucket.name);
    const made: Bucket = { ...bucket, createdAt: this.#shelf.clock.now(), versioning: undefined };
    try {
      mkdirSync(this.#shelf.folder(bucket.name).path, { recursive: true });
    } catch (error) {
      throw toStorageError(error, `bucket '${bucket.name}'`);
    }
    await this.#shelf.folderSync.sync(this.#shelf.bucketsFolder);
    const kept = await this.#store.insert(made);
    if (kept === made) return true;
    if (kept.accountId !== bucket.accountId) throw bucketAlreadyExists(bucket.name);
    // In us-east-1, and only there, making one's own bucket again succeeds.
    if (bucket.region === 'us-east-1' && kept.region === 'us-east-1') return false;
    throw bucketAlreadyOwnedByYou(bucket.name);
  }

  /**
   * @returns numbers of the files of multipart parts that went with it
   * @throws NoSuchBucket, BucketNotEmpty
   */
  async delete(bucket: Bucket): Promise<number[]> {
    const { name } = bucket;
    if (!this.isOpen(name)) throw noSuchBucket(name);
    this.#closing.add(name);
    try {
      const contents = await this.#listing.contentsOf(bucket);
      if (contents !== undefined) throw bucketNotEmpty(name, contents);
      const partFiles = await this.#store.delete(name);
      // Only empty folders and symbolic links are left; a link itself is removed, never what it points to.
      rmSync(this.#shelf.folder(name).path, { recursive: true, force: true });
      return partFiles;
    } finally {
      this.#closing.delete(name);
    }
  }

  isOpen(name: string): boolean {
    return !this.#closing.has(name) && this.#store.find(name) !== undefined;
  }

  find(name: string): Bucket | undefined {
    return this.#store.find(name);
  }

  // Differs from AWS: bucket policies and ACLs are kept and returned but not evaluated; only a bucket's own account reaches it.
  // Differs from AWS: a bucket is reached through the endpoint of every region; there is no redirect.
  /**
   * @param expectedOwner the account in `x-amz-expected-bucket-owner`
   * @throws NoSuchBucket, AccessDenied when it belongs to somebody else
   */
  get(name: string, accountId?: string, expectedOwner?: string): Bucket {
    const bucket = this.#store.find(name);
    if (bucket === undefined) throw noSuchBucket(name);
    if (accountId !== undefined && bucket.accountId !== accountId) {
      throw accessDenied(`Bucket '${name}' belongs to another account than ${accountId}.`);
    }
    if (expectedOwner !== undefined && bucket.accountId !== expectedOwner) {
      throw accessDenied(`Bucket '${name}' is not owned by the expected account ${expectedOwner}.`);
    }
    return bucket;
  }

  listOf(accountId: string): Bucket[] {
    return this.#store.listOf(accountId);
  }

  setVersioning(name: string, status: VersioningStatus): Promise<void> {
    return this.#store.setVersioning(name, status);
  }

  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- who put the document knows its shape
  findConfiguration<Document>(name: string, kind: string): Document | undefined {
    return this.#store.findConfiguration(name, kind);
  }

  listConfigured(kind: string): string[] {
    return this.#store.listConfigured(kind);
  }

  putConfiguration(name: string, kind: string, document: unknown): Promise<void> {
    return this.#store.putConfiguration(name, kind, document);
  }

  deleteConfiguration(name: string, kind: string): Promise<void> {
    return this.#store.deleteConfiguration(name, kind);
  }
}
