/**
 * The staging folder: where bytes wait, in the same file system as the buckets, until a rename publishes them. A
 * staged file bears the number of the row that describes it, so that what a crash leaves behind can be told apart.
 */
import { createHash } from 'node:crypto';
import {
  close,
  closeSync,
  fstatSync,
  fsync,
  linkSync,
  lstatSync,
  mkdirSync,
  open,
  openSync,
  read,
  readdirSync,
  readFileSync,
  rmSync,
  write,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { Digests, type ChecksumAlgorithm } from '../content/checksum.ts';
import { entityTooLarge, invalidRequest } from '../errors.ts';
import { toStorageError } from './storage-error.ts';
import { hashedDropMaxBytes, identityEtag, identityOf, type FileIdentity } from './file-identity.ts';

const openFile = promisify(open);
const closeFile = promisify(close);
const syncFile = promisify(fsync);
const readFile = promisify(read) as unknown as (
  descriptor: number,
  buffer: Uint8Array,
  offset: number,
  length: number,
  position: number,
) => Promise<{ bytesRead: number }>;
const writeFile = promisify(write) as (descriptor: number, bytes: Uint8Array) => Promise<{ bytesWritten: number }>;

/** Bytes gathered before a write: large enough to make system calls rare, small enough to bound memory. */
const batchBytes = 512 * 1024;
const smallBytesMax = 64 * 1024;

export interface StagedFile {
  /** Number of the row that will describe it, and the file's name. */
  readonly id: number;
  readonly path: string;
  readonly sizeBytes: number;
  /** Hexadecimal; of a large file that was adopted unread, what stands for it (see `identityEtag`). */
  readonly md5: string;
  /** Base64, for each algorithm that was asked for. */
  readonly checksums: Partial<Record<ChecksumAlgorithm, string>>;
  readonly identity: FileIdentity;
  /** Resolves when the bytes are on disk; asked for once. */
  sync(): Promise<void>;
  /** Removes the file, when it was not published. */
  discard(): void;
}

export interface StageOptions {
  readonly algorithms?: readonly ChecksumAlgorithm[];
  /** More bytes than this are refused while they arrive. */
  readonly sizeMaxBytes?: number;
}

type Finished = ReturnType<Digests['finish']>;

export type Body = Readable | Uint8Array | AsyncIterable<Uint8Array>;

export class Staging {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  pathOf(id: number): string {
    return join(this.folder, String(id));
  }

  /** Numbers of the staged files that a crash left, and the names of other leavings. */
  leftovers(): { ids: number[]; strangers: string[] } {
    const names = readdirSync(this.folder);
    const isNumber = (name: string): boolean => /^\d{1,15}$/.test(name);
    return { ids: names.filter(isNumber).map(Number), strangers: names.filter((name) => !isNumber(name)) };
  }

  remove(name: number | string): void {
    rmSync(join(this.folder, String(name)), { recursive: true, force: true });
  }

  /** Writes the bytes; on any failure nothing stays behind. */
  write(id: number, body: Body, options: StageOptions = {}): Promise<StagedFile> {
    return body instanceof Uint8Array ? this.#writeBytes(id, body, options) : this.#writeStream(id, body, options);
  }

  /**
   * Takes a file that lies in this file system already, by a second name. The caller removes the first.
   * @throws EXDEV when it lies in another file system
   */
  adopt(id: number, localFile: string): Promise<StagedFile> {
    if (!lstatSync(localFile).isFile()) throw invalidRequest(`${localFile} is no regular file.`);
    linkSync(localFile, this.pathOf(id));
    return this.open(id);
  }

  /** A file that somebody else wrote under the staged name. */
  open(id: number): Promise<StagedFile> {
    return this.#fill(id, 'r+', async (descriptor) => {
      const identity = identityOf(fstatSync(descriptor));
      const isHashed = identity.sizeBytes <= hashedDropMaxBytes;
      const md5 = isHashed ? await hashFile(this.pathOf(id), identity.sizeBytes) : identityEtag(identity);
      return { md5, checksums: {} };
    });
  }

  /** Several files, one behind the other. Their bytes were hashed when they came, so they are not hashed again. */
  join(id: number, sources: readonly string[]): Promise<StagedFile> {
    return this.#fill(id, 'wx', async (descriptor) => {
      for (const source of sources) {
        const from = await openFile(source, 'r');
        try {
          for await (const chunk of readChunks(from)) await writeAll(descriptor, chunk);
        } finally {
          await closeFile(from);
        }
      }
      return { md5: '', checksums: {} };
    });
  }

  /** Small bytes are written where they stand: each trip to the thread pool would cost more than the write. */
  #writeBytes(id: number, bytes: Uint8Array, options: StageOptions): Promise<StagedFile> {
    assertSize(bytes.length, options.sizeMaxBytes);
    return this.#fill(id, 'wx', (descriptor) => {
      const digests = new Digests(options.algorithms ?? []);
      digests.update(bytes);
      for (let written = 0; written < bytes.length;) written += writeSync(descriptor, bytes, written);
      return digests.finish();
    });
  }

  #writeStream(id: number, body: AsyncIterable<Uint8Array>, options: StageOptions): Promise<StagedFile> {
    return this.#fill(id, 'wx', async (descriptor) => {
      const digests = new Digests(options.algorithms ?? []);
      let sizeBytes = 0;
      // One write runs while the next batch is gathered and hashed: the disk and the processor work side by side.
      let writing: Promise<void> = Promise.resolve();
      try {
        for await (const batch of batches(body)) {
          sizeBytes += batch.length;
          assertSize(sizeBytes, options.sizeMaxBytes);
          await writing;
          writing = writeAll(descriptor, batch);
          // Observed at the next await; without this a failure in between would count as unhandled.
          writing.catch(() => undefined);
          digests.update(batch);
        }
      } finally {
        // Also on the way out: the descriptor must not be closed under a write.
        await writing;
      }
      return digests.finish();
    });
  }

  /** Opens the staged file and lets it be filled; on any failure nothing stays behind. */
  async #fill(
    id: number,
    flags: 'wx' | 'r+',
    fill: (descriptor: number) => Finished | Promise<Finished>,
  ): Promise<StagedFile> {
    const path = this.pathOf(id);
    let descriptor: number | undefined;
    try {
      descriptor = openSync(path, flags, 0o644);
      return this.#staged(id, path, descriptor, await fill(descriptor));
    } catch (error) {
      if (descriptor !== undefined) closeSync(descriptor);
      rmSync(path, { force: true });
      throw toStorageError(error, 'the upload');
    }
  }

  #staged(id: number, path: string, descriptor: number, digests: Finished): StagedFile {
    const identity = identityOf(fstatSync(descriptor));
    let isOpen = true;
    return {
      id,
      path,
      sizeBytes: identity.sizeBytes,
      identity,
      ...digests,
      async sync() {
        try {
          await syncFile(descriptor);
        } finally {
          isOpen = false;
          closeSync(descriptor);
        }
      },
      discard() {
        if (isOpen) closeSync(descriptor);
        isOpen = false;
        rmSync(path, { force: true });
      },
    };
  }
}

/** MD5 of a file, in hexadecimal. */
export async function hashFile(path: string, sizeBytes: number): Promise<string> {
  // Several trips to the thread pool cost more than reading a small file outright.
  if (sizeBytes <= smallBytesMax) return createHash('md5').update(readFileSync(path)).digest('hex');
  const descriptor = await openFile(path, 'r');
  try {
    const hash = createHash('md5');
    for await (const chunk of readChunks(descriptor)) hash.update(chunk);
    return hash.digest('hex');
  } finally {
    await closeFile(descriptor);
  }
}

/** The bytes of an open file from `start` up to and without `end`, in large pieces. */
export async function* readChunks(descriptor: number, start = 0, end = Infinity): AsyncGenerator<Buffer> {
  for (let position = start; position < end;) {
    const buffer = Buffer.allocUnsafe(Math.min(batchBytes, end - position));
    const { bytesRead } = await readFile(descriptor, buffer, 0, buffer.length, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

async function* batches(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let gathered: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of body) {
    gathered.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
    sizeBytes += chunk.length;
    if (sizeBytes < batchBytes) continue;
    yield gathered.length === 1 ? (gathered[0] as Uint8Array) : Buffer.concat(gathered);
    gathered = [];
    sizeBytes = 0;
  }
  if (sizeBytes > 0) yield Buffer.concat(gathered);
}

async function writeAll(descriptor: number, bytes: Uint8Array): Promise<void> {
  for (let rest = bytes; rest.length > 0;) rest = rest.subarray((await writeFile(descriptor, rest)).bytesWritten);
}

function assertSize(sizeBytes: number, maxBytes: number | undefined): void {
  if (maxBytes !== undefined && sizeBytes > maxBytes) throw entityTooLarge(sizeBytes, maxBytes);
}
