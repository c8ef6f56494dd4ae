/**
 * Walks a bucket's folder in the order of its keys, lazily: a folder is read when its first key is wanted, and one
 * that lies wholly before the start, outside the prefix or behind a common prefix is not read at all.
 */
import { compareKeys, isLegalKey } from '../key/key.ts';
import type { BucketFolder } from './bucket-folder.ts';
import type { FolderEntry } from './folder-index.ts';

export interface WalkedFile {
  readonly key: string;
  readonly path: string;
}

interface Frame {
  readonly prefix: string;
  readonly entries: readonly FolderEntry[];
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
      this.#stack.push({ prefix: text, entries: await this.#bucket.index.read(entry.path), index: 0 });
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
    this.#stack.push({ prefix: this.#prefix.slice(0, cut), entries: await this.#bucket.index.read(folder), index: 0 });
  }

  #isWanted(text: string, isFolder: boolean): boolean {
    if (!text.startsWith(this.#prefix) && !(isFolder && this.#prefix.startsWith(text))) return false;
    if (this.#skipped !== undefined && text.startsWith(this.#skipped)) return false;
    if (this.#after === undefined) return true;
    if (isFolder && this.#after.startsWith(text)) return true;
    return compareKeys(text, this.#after) > 0;
  }
}
