/**
 * Walks a bucket's folder in the order of its keys, lazily: a folder is read when its first key is wanted, and one
 * that lies wholly before the start, outside the prefix or behind a common prefix is not read at all.
 */
import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { compareKeys, decodeName, encodeDisplacedSegment, encodeSegment, isLegalKey } from '../key/key.ts';
import type { BucketFolder } from './bucket-folder.ts';

export interface WalkedFile {
  readonly key: string;
  readonly path: string;
}

interface Entry {
  /** File: the rest of the key. Folder: the same, with its closing slash. */
  readonly text: string;
  readonly isFolder: boolean;
  readonly isDisplaced: boolean;
  readonly path: string;
}

interface Frame {
  readonly prefix: string;
  readonly entries: readonly Entry[];
  index: number;
}

export class KeyWalker {
  readonly #prefix: string;
  #after: string | undefined;
  readonly #stack: Frame[] = [];
  readonly #bucket: BucketFolder;
  #isStarted = false;
  #skipped: string | undefined;

  /** @param after the walk yields only keys behind this one */
  constructor(bucket: BucketFolder, options: { prefix?: string; after?: string | undefined } = {}) {
    this.#bucket = bucket;
    this.#prefix = options.prefix ?? '';
    this.#after = options.after;
  }

  async next(): Promise<WalkedFile | undefined> {
    if (!this.#isStarted) await this.#start();
    for (;;) {
      const frame = this.#stack.at(-1);
      if (frame === undefined) return undefined;
      const entry = frame.entries[frame.index++];
      if (entry === undefined) {
        this.#stack.pop();
        continue;
      }
      const text = frame.prefix + entry.text;
      if (!this.#isWanted(text, entry.isFolder)) continue;
      if (!entry.isFolder) return { key: text, path: entry.path };
      this.#stack.push({ prefix: text, entries: await readEntries(entry.path), index: 0 });
    }
  }

  /** Goes on behind every key that starts with `prefix`. */
  skipPrefix(prefix: string): void {
    const inside = this.#stack.findIndex((frame) => frame.prefix.startsWith(prefix));
    if (inside !== -1) this.#stack.splice(inside);
    this.#skipped = prefix;
  }

  async #start(): Promise<void> {
    this.#isStarted = true;
    const cut = this.#prefix.lastIndexOf('/') + 1;
    if (!isLegalKey(this.#prefix) && this.#prefix !== '') return;
    const folder = this.#bucket.folderOf(this.#prefix);
    if (!this.#bucket.isInside(folder)) return;
    this.#stack.push({ prefix: this.#prefix.slice(0, cut), entries: await readEntries(folder), index: 0 });
  }

  #isWanted(text: string, isFolder: boolean): boolean {
    if (!text.startsWith(this.#prefix) && !(isFolder && this.#prefix.startsWith(text))) return false;
    if (this.#skipped !== undefined && text.startsWith(this.#skipped)) return false;
    if (this.#after === undefined) return true;
    if (isFolder && this.#after.startsWith(text)) return true;
    return compareKeys(text, this.#after) > 0;
  }
}

/** What a folder holds, in key order; the pieces of over-long names are joined. */
async function readEntries(folder: string): Promise<Entry[]> {
  const entries = await collect(folder, '', []);
  entries.sort((a, b) => compareKeys(a.text, b.text) || Number(a.isDisplaced) - Number(b.isDisplaced));
  // The plain file comes first where a displaced one of the same key is left over.
  return entries.filter((entry, index) => entry.text !== entries[index - 1]?.text);
}

async function collect(folder: string, pieces: string, names: readonly string[]): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (const dirent of await readFolder(folder)) {
    const decoded = decodeName(dirent.name);
    const path = join(folder, dirent.name);
    const isFolder = dirent.isDirectory();
    if (decoded === undefined || (!isFolder && !dirent.isFile())) continue;
    const segment = pieces + decoded.text;
    const allNames = [...names, dirent.name];
    if (decoded.kind === 'continued') {
      if (isFolder) entries.push(...(await collect(path, segment, allNames)));
      continue;
    }
    if (decoded.kind !== 'plain' || names.length > 0) {
      if (decoded.kind === 'displaced' && isFolder) continue;
      const expected = decoded.kind === 'displaced' ? encodeDisplacedSegment(segment) : encodeSegment(segment);
      if (expected.join('/') !== allNames.join('/')) continue;
    }
    const isDisplaced = decoded.kind === 'displaced';
    entries.push({ text: isFolder ? `${segment}/` : segment, isFolder, isDisplaced, path });
  }
  return entries;
}

async function readFolder(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    // Pruned, or replaced by a file, since its parent was read: it has no keys any more.
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  }
}
