/**
 * One bucket's folder: where a key's file lies, and the steps that put a file there and take it away. Every step is
 * one atomic system call or can be taken again; a symbolic link inside the folder is neither an object nor a way out.
 */
import { lstatSync, mkdirSync, realpathSync, renameSync, rmdirSync, unlinkSync, type Stats } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { accessDenied } from '../errors.ts';
import { encodeDisplacedKey, encodeKey } from '../key/key.ts';
import type { FolderIndex } from './folder-index.ts';
import type { FolderSync } from './folder-sync.ts';
import { identityOf, type FileIdentity } from './file-identity.ts';

/** A key's file as it lies on disk. */
export interface LocatedFile {
  readonly path: string;
  readonly identity: FileIdentity;
}

/** Others may make or prune a folder between two of our steps; that many in a row is no coincidence. */
const triesMax = 50;

export class BucketFolder {
  readonly path: string;
  readonly index: FolderIndex;
  readonly #folderSync: FolderSync;

  /** @param path absolute, without symbolic links */
  constructor(path: string, folderSync: FolderSync, index: FolderIndex) {
    this.path = path;
    this.index = index;
    this.#folderSync = folderSync;
  }

  /** The key's file: the plain one, else the displaced one, else undefined. */
  locate(key: string): LocatedFile | undefined {
    for (const path of this.#candidates(key)) {
      const stat = lstat(path);
      if (stat?.isFile() && this.isInside(dirname(path))) return { path, identity: identityOf(stat) };
    }
    return undefined;
  }

  /** A file whose path came from a walk, which follows no links. */
  examine(path: string): LocatedFile | undefined {
    const stat = lstat(path);
    return stat?.isFile() ? { path, identity: identityOf(stat) } : undefined;
  }

  /** The folder under which all keys with this prefix lie. */
  folderOf(prefix: string): string {
    const cut = prefix.lastIndexOf('/');
    return cut === -1 ? this.path : join(this.path, ...encodeKey(prefix.slice(0, cut)));
  }

  /**
   * Renames a staged file to where the key's file belongs, replacing what is there. The rename is synchronous with
   * the last call of `assertAllowed`, so nothing of this process comes between them.
   * @returns the path; it is durable once `settle` resolved
   */
  publish(stagedPath: string, key: string, assertAllowed: () => void): { path: string; settle: () => Promise<void> } {
    for (let tries = 1; ; tries++) {
      try {
        assertAllowed();
        const made = this.#makeFolder(key);
        const path = this.#target(key);
        renameSync(stagedPath, path);
        return { path, settle: () => this.#settle(path, made) };
      } catch (error) {
        const isRace = ['ENOENT', 'ENOTDIR', 'EISDIR', 'ENOTEMPTY', 'EEXIST'].includes(codeOf(error));
        if (!isRace || tries >= triesMax || lstat(stagedPath) === undefined) throw error;
      }
    }
  }

  /** Removes the key's file and the folders that this leaves empty. */
  async remove(key: string): Promise<void> {
    for (const path of this.#candidates(key)) {
      if (!lstat(path)?.isFile() || !this.isInside(dirname(path))) continue;
      unlinkSync(path);
      await this.#folderSync.sync(dirname(path));
      this.#prune(dirname(path));
    }
  }

  #candidates(key: string): [string, string] {
    return [join(this.path, ...encodeKey(key)), join(this.path, ...encodeDisplacedKey(key))];
  }

  /** Where the key's file is to be: where it is already, else its plain path unless a folder stands there. */
  #target(key: string): string {
    const [plain, displaced] = this.#candidates(key);
    const there = lstat(plain);
    if (there?.isFile()) return plain;
    if (there === undefined && !lstat(displaced)?.isFile()) return plain;
    return there?.isSymbolicLink() ? plain : displaced;
  }

  /** @returns the outermost folder that was made, if any */
  #makeFolder(key: string): string | undefined {
    const names = encodeKey(key).slice(0, -1);
    const folder = join(this.path, ...names);
    for (;;) {
      try {
        const made = mkdirSync(folder, { recursive: true });
        if (!this.isInside(folder)) {
          throw accessDenied(`The folder of '${key}' is reached by a symbolic link; remove the link to write here.`);
        }
        return made;
      } catch (error) {
        if (!['ENOTDIR', 'EEXIST'].includes(codeOf(error)) || !this.#displaceAncestor(key)) throw error;
      }
    }
  }

  /** Moves the file that stands where a folder of this key must be. */
  #displaceAncestor(key: string): boolean {
    for (let cut = key.indexOf('/'); cut !== -1; cut = key.indexOf('/', cut + 1)) {
      const [plain, displaced] = this.#candidates(key.slice(0, cut));
      if (!lstat(plain)?.isFile()) continue;
      renameSync(plain, displaced);
      return true;
    }
    return false;
  }

  async #settle(path: string, made: string | undefined): Promise<void> {
    const syncs = [this.#folderSync.sync(dirname(path))];
    // A new folder is durable once the folder that names it was synced; they lie between `made` and the file.
    if (made !== undefined) {
      for (let folder = dirname(path); folder.length >= made.length; folder = dirname(folder)) {
        syncs.push(this.#folderSync.sync(dirname(folder)));
      }
    }
    await Promise.all(syncs);
  }

  #prune(folder: string): void {
    for (let empty = folder; empty !== this.path && empty.startsWith(this.path + sep); empty = dirname(empty)) {
      try {
        rmdirSync(empty);
      } catch {
        return;
      }
    }
  }

  /** Whether the folder exists and no symbolic link leads to it. */
  isInside(folder: string): boolean {
    try {
      return realpathSync.native(folder) === folder;
    } catch {
      return false;
    }
  }
}

/** undefined when there is nothing, or a file where a folder would have to be. */
function lstat(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (['ENOTDIR', 'ENAMETOOLONG'].includes(codeOf(error))) return undefined;
    throw error;
  }
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? '';
