/**
 * What folders hold, in key order. Large folders that stand still are kept in memory, since paging through a flat
 * folder would otherwise read all of it for each page.
 */
import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { compareKeys, decodeName, encodeDisplacedSegment, encodeSegment } from '../key/key.ts';

export interface FolderEntry {
  /** File: the rest of the key. Folder: the same, with its closing slash. */
  readonly text: string;
  readonly isFolder: boolean;
  readonly isDisplaced: boolean;
  readonly path: string;
}

interface Kept {
  readonly state: string;
  readonly entries: readonly FolderEntry[];
}

const keptEntriesMin = 1000;
// Limit: entries of at most 200,000 names are kept in memory, those of the folders that were read last.
const keptEntriesMax = 200_000;
/** A change within the same tick of the file system's clock would go unseen, so a folder must have been still for this long. */
const stillMs = 100;

export class FolderIndex {
  readonly #kept = new Map<string, Kept>();

  async read(folder: string): Promise<readonly FolderEntry[]> {
    const before = await stateOf(folder);
    const kept = this.#kept.get(folder);
    if (kept !== undefined && kept.state === before?.text) return kept.entries;
    this.#kept.delete(folder);
    const { entries, isFlat } = await readEntries(folder);
    const isStill = before !== undefined && performance.timeOrigin + performance.now() - before.changedMs > stillMs;
    if (isStill && isFlat && entries.length >= keptEntriesMin) this.#keep(folder, { state: before.text, entries });
    return entries;
  }

  #keep(folder: string, kept: Kept): void {
    this.#kept.set(folder, kept);
    let total = this.#kept.values().reduce((sum, { entries }) => sum + entries.length, 0);
    for (const [oldest, { entries }] of this.#kept) {
      if (total <= keptEntriesMax) return;
      this.#kept.delete(oldest);
      total -= entries.length;
    }
  }
}

/** Names come and go in a folder only with its times. */
async function stateOf(folder: string): Promise<{ text: string; changedMs: number } | undefined> {
  try {
    const { ino, mtimeNs, ctimeNs } = await stat(folder, { bigint: true });
    return { text: `${ino}:${mtimeNs}:${ctimeNs}`, changedMs: Number(ctimeNs / 1_000_000n) };
  } catch {
    return undefined;
  }
}

/** What a folder holds, in key order; the pieces of over-long names are joined. */
async function readEntries(folder: string): Promise<{ entries: FolderEntry[]; isFlat: boolean }> {
  const entries = await collect(folder, '', []);
  entries.sort((a, b) => compareKeys(a.text, b.text) || Number(a.isDisplaced) - Number(b.isDisplaced));
  // The plain file comes first where a displaced one of the same key is left over.
  return {
    entries: entries.filter((entry, index) => entry.text !== entries[index - 1]?.text),
    isFlat: entries.every((entry) => dirname(entry.path) === folder),
  };
}

async function collect(folder: string, pieces: string, names: readonly string[]): Promise<FolderEntry[]> {
  const entries: FolderEntry[] = [];
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
