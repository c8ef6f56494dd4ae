/** The folders under an include path, with the files that count as data. */
import { createHash, type Hash } from 'node:crypto';

/** What the discovery needs to know of an object. */
export interface SourceFile {
  readonly key: string;
  readonly sizeBytes: number;
  readonly etag: string;
  readonly path: string;
}

export interface Folder {
  /** Key prefix with a slash at its end; empty for the whole bucket. */
  readonly prefix: string;
  readonly children: Map<string, Folder>;
  readonly files: SourceFile[];
}

export interface FolderTree {
  readonly root: Folder;
  readonly folderCount: number;
  readonly fileCount: number;
}

export function newFolder(prefix: string): Folder {
  return { prefix, children: new Map(), files: [] };
}

/** Puts files under their folders. `root` is the prefix under which all of them lie. */
export class FolderTreeBuilder {
  readonly #root: Folder;
  readonly #folders = new Map<string, Folder>();
  #fileCount = 0;

  constructor(rootPrefix: string) {
    this.#root = newFolder(rootPrefix);
    this.#folders.set(rootPrefix, this.#root);
  }

  add(file: SourceFile): void {
    this.#folder(file.key.slice(0, file.key.lastIndexOf('/') + 1)).files.push(file);
    this.#fileCount++;
  }

  build(): FolderTree {
    return { root: this.#root, folderCount: this.#folders.size, fileCount: this.#fileCount };
  }

  #folder(prefix: string): Folder {
    const known = this.#folders.get(prefix);
    if (known) return known;
    const folder = newFolder(prefix);
    const parentPrefix = prefix.slice(0, prefix.lastIndexOf('/', prefix.length - 2) + 1);
    this.#folder(parentPrefix).children.set(prefix.slice(parentPrefix.length, -1), folder);
    this.#folders.set(prefix, folder);
    return folder;
  }
}

/**
 * Whether an object holds no data for Hive and Athena: a folder's marker, nothing in it, or a name (its own or that of a
 * folder on the way) that starts with an underscore or a period.
 * @param relativeKey the key behind the include path
 */
export function isHidden(relativeKey: string, sizeBytes: number): boolean {
  if (relativeKey.endsWith('/') || sizeBytes === 0 || relativeKey.endsWith('_$folder$')) return true;
  return relativeKey.split('/').some((segment) => segment.startsWith('_') || segment.startsWith('.'));
}

/** The same for the same files with the same bytes in them. */
export function fingerprintOf(files: readonly SourceFile[]): string {
  const hash: Hash = createHash('sha256');
  for (const file of files) hash.update(`${file.key}\0${file.sizeBytes}\0${file.etag}\n`);
  return hash.digest('base64url');
}

export function* eachFolder(folder: Folder): Generator<Folder> {
  yield folder;
  for (const child of folder.children.values()) yield* eachFolder(child);
}
