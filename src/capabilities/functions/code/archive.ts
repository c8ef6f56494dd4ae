/**
 * Unpacks a deployment package. A zip comes from a user and is believed in nothing: names that leave the folder, links
 * that point out of it, two entries of one name, and archives that swell beyond Lambda's bound are refused as a whole.
 */
import { createWriteStream } from 'node:fs';
import { mkdir, realpath, symlink } from 'node:fs/promises';
import { dirname, join, normalize, posix } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Entry, ZipFile } from 'yauzl';
import { isPlatformError, messageOf } from '#kernel/errors';
import { badArchive, invalidParameter } from '../errors.ts';

// Limit: a deployment package may unpack to 250 MiB, as in AWS.
export const unpackedBytesMax = 262_144_000;
// Limit: a deployment package holds at most 100,000 entries.
const entriesMax = 100_000;
const linkTargetBytesMax = 4096;

/** What an unpacked archive holds; enough to notice that a part of it went missing. */
export interface Manifest {
  readonly files: number;
  readonly sizeBytes: number;
}

/**
 * @param folder an empty folder
 * @throws InvalidParameterValueException in Lambda's words; `folder` then holds a part and is to be removed
 */
export async function unpack(zip: Buffer, folder: string): Promise<Manifest> {
  const { fromBufferPromise } = await import('yauzl');
  let file: ZipFile;
  try {
    file = await fromBufferPromise(zip, { lazyEntries: true, strictFileNames: true, validateEntrySizes: true });
  } catch (error) {
    throw badArchive(undefined, error);
  }
  const unpacking = new Unpacking(file, folder);
  try {
    return await unpacking.run();
  } catch (error) {
    throw isPlatformError(error) ? error : badArchive(messageOf(error), error);
  } finally {
    file.close();
  }
}

class Unpacking {
  readonly #file: ZipFile;
  readonly #folder: string;
  /** Names with what they are: no entry may lie below a file or a link. */
  readonly #kinds = new Map<string, 'file' | 'folder' | 'link'>();
  readonly #links: { name: string; target: string }[] = [];
  readonly #madeFolders = new Set<string>();
  #sizeBytes = 0;
  #files = 0;

  constructor(file: ZipFile, folder: string) {
    this.#file = file;
    this.#folder = folder;
  }

  async run(): Promise<Manifest> {
    if (this.#file.entryCount > entriesMax) throw badArchive(`it has more than ${entriesMax} entries`);
    for await (const entry of this.#file.eachEntry()) await this.#take(entry);
    if (this.#files === 0) throw invalidParameter('Uploaded file must be a non-empty zip');
    for (const { name, target } of this.#links) await symlink(target, join(this.#folder, name));
    // A link through another link can leave the folder though each looks sound alone; only the disk knows.
    for (const { name, target } of this.#links) await this.#checkLink(name, target);
    return { files: this.#files, sizeBytes: this.#sizeBytes };
  }

  async #take(entry: Entry): Promise<void> {
    const name = this.#claim(entry);
    const mode = entry.externalFileAttributes >>> 16;
    const kind = this.#kinds.get(name);
    if (kind === 'folder') return this.#makeFolder(name);
    this.#sizeBytes += entry.uncompressedSize;
    if (this.#sizeBytes > unpackedBytesMax) {
      throw invalidParameter(`Unzipped size must be smaller than ${unpackedBytesMax} bytes`);
    }
    if (entry.isEncrypted()) throw badArchive(`the entry '${name}' is encrypted`);
    this.#files++;
    // Nothing may be awaited between opening and reading: a stream that fails without a listener ends the process.
    await this.#makeFolder(posix.dirname(name));
    const content = await this.#file.openReadStreamPromise(entry);
    if (kind === 'link') {
      this.#links.push({ name, target: await readLink(content, name) });
      return;
    }
    // Archives made on Windows carry no modes.
    const permissions = (mode & 0o777) === 0 ? 0o755 : (mode & 0o777) | 0o600;
    await pipeline(content, createWriteStream(join(this.#folder, name), { mode: permissions, flags: 'wx' }));
  }

  /** Checks the name against those before it and notes it. @returns the name without a slash at its end */
  #claim(entry: Entry): string {
    const isFolder = entry.fileName.endsWith('/');
    const name = isFolder ? entry.fileName.replace(/\/+$/, '') : entry.fileName;
    if (name === '' || name.includes('\0') || posix.normalize(name) !== name || name.startsWith('../')) {
      throw badArchive(`the entry '${entry.fileName}' has a name that is not allowed`);
    }
    const isLink = ((entry.externalFileAttributes >>> 16) & 0o170_000) === 0o120_000;
    const kind = isFolder ? 'folder' : isLink ? 'link' : 'file';
    const before = this.#kinds.get(name);
    if (before !== undefined && !(before === 'folder' && kind === 'folder')) {
      throw badArchive(`the entry '${name}' comes twice`);
    }
    for (let parent = posix.dirname(name); parent !== '.'; parent = posix.dirname(parent)) {
      const parentKind = this.#kinds.get(parent);
      if (parentKind === 'file' || parentKind === 'link') {
        throw badArchive(`the entry '${name}' lies below '${parent}', which is no folder`);
      }
      if (parentKind === undefined) this.#kinds.set(parent, 'folder');
    }
    this.#kinds.set(name, kind);
    return name;
  }

  async #makeFolder(name: string): Promise<void> {
    if (this.#madeFolders.has(name)) return;
    await mkdir(join(this.#folder, name), { recursive: true, mode: 0o755 });
    this.#madeFolders.add(name);
  }

  async #checkLink(name: string, target: string): Promise<void> {
    const refused = badArchive(`the link '${name}' points to '${target}', which is not inside the archive`);
    const root = await realpath(this.#folder);
    const lexical = normalize(join(root, dirname(name), target));
    if (target.startsWith('/') || !isInside(root, lexical)) throw refused;
    const real = await realpath(join(root, name)).catch(() => undefined);
    if (real === undefined || !isInside(root, real)) throw refused;
  }
}

function isInside(root: string, path: string): boolean {
  return path === root || path.startsWith(`${root}/`);
}

async function readLink(content: Readable, name: string): Promise<string> {
  let target = '';
  for await (const chunk of content) {
    target += (chunk as Buffer).toString('utf8');
    if (target.length > linkTargetBytesMax) throw badArchive(`the link '${name}' is too long`);
  }
  return target;
}
