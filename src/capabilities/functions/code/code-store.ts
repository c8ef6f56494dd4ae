/**
 * Deployment packages as plain files: each archive once, under the name of its SHA-256, with its unpacked folder beside
 * it. The archive is on disk before it is acknowledged; the folder is made from it and made again when a power cut has
 * left it incomplete.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, mkdir, open, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { newHexId } from '#kernel/ids';
import type { CodeFacts } from '../function.ts';
import { unpack, type Manifest } from './archive.ts';

export class CodeStore {
  readonly #folder: string;
  /** Codes that were put and are not yet, or no longer surely, referred to by a row. */
  readonly #held = new Map<string, number>();
  /** Uploads under way; the same package uploaded twice at once is kept once. */
  readonly #keeping = new Map<string, Promise<void>>();
  /** Folders found whole since the start. */
  readonly #whole = new Map<string, Promise<string>>();

  /** @param folder the store's own, made when the first package comes */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Unpacks and keeps a package. It stays at least until `letGo`, so that the row that refers to it can be written.
   * @throws InvalidParameterValueException when it must not be unpacked
   */
  async hold(zip: Buffer): Promise<CodeFacts> {
    const codeId = createHash('sha256').update(zip).digest('hex');
    this.#held.set(codeId, (this.#held.get(codeId) ?? 0) + 1);
    try {
      const known = await stat(this.#archive(codeId)).catch(() => undefined);
      if (known === undefined) await this.#keepOnce(codeId, zip);
    } catch (error) {
      this.letGo(codeId);
      throw error;
    }
    return { codeId, sizeBytes: zip.length };
  }

  letGo(codeId: string): void {
    const count = (this.#held.get(codeId) ?? 1) - 1;
    if (count === 0) this.#held.delete(codeId);
    else this.#held.set(codeId, count);
  }

  /** The folder with the unpacked package. */
  unpacked(codeId: string): Promise<string> {
    const known = this.#whole.get(codeId);
    if (known !== undefined) return known;
    const found = this.#makeWhole(codeId);
    this.#whole.set(codeId, found);
    found.catch(() => this.#whole.delete(codeId));
    return found;
  }

  read(codeId: string): Readable {
    return createReadStream(this.#archive(codeId));
  }

  /** Deletes what is neither held nor used. */
  async sweep(isUsed: (codeId: string) => boolean): Promise<void> {
    const names = await readdir(join(this.#folder, 'archives')).catch(() => []);
    const ids = new Set(names.map((name) => name.slice(0, 64)));
    for (const codeId of ids) if (!isUsed(codeId)) await this.remove(codeId);
  }

  /** Deletes a package that nobody refers to any more; one that is held stays. */
  async remove(codeId: string): Promise<void> {
    if (this.#held.has(codeId)) return;
    this.#whole.delete(codeId);
    await rm(this.#archive(codeId), { force: true });
    await rm(this.#manifest(codeId), { force: true });
    await rm(this.#unpackedFolder(codeId), { recursive: true, force: true });
  }

  /** Clears what an interrupted upload has left. */
  async clearStaging(): Promise<void> {
    await rm(join(this.#folder, 'staging'), { recursive: true, force: true });
  }

  #keepOnce(codeId: string, zip: Buffer): Promise<void> {
    const known = this.#keeping.get(codeId);
    if (known !== undefined) return known;
    const keeping = this.#keep(codeId, zip).finally(() => this.#keeping.delete(codeId));
    this.#keeping.set(codeId, keeping);
    return keeping;
  }

  async #keep(codeId: string, zip: Buffer): Promise<void> {
    const manifest = await this.#unpackInto(codeId, zip);
    await mkdir(join(this.#folder, 'archives'), { recursive: true });
    await writeFile(this.#manifest(codeId), JSON.stringify(manifest));
    const staged = await this.#staging();
    const file = await open(staged, 'wx');
    try {
      await file.writeFile(zip);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(staged, this.#archive(codeId));
    const folder = await open(join(this.#folder, 'archives'));
    await folder.sync();
    await folder.close();
  }

  async #unpackInto(codeId: string, zip: Buffer): Promise<Manifest> {
    const staged = await this.#staging();
    await mkdir(staged);
    try {
      const manifest = await unpack(zip, staged);
      await mkdir(join(this.#folder, 'code'), { recursive: true });
      const target = this.#unpackedFolder(codeId);
      await rm(target, { recursive: true, force: true });
      await rename(staged, target);
      return manifest;
    } catch (error) {
      await rm(staged, { recursive: true, force: true });
      throw error;
    }
  }

  /** A folder may lack files after a power cut, since only the archive was flushed. */
  async #makeWhole(codeId: string): Promise<string> {
    const folder = this.#unpackedFolder(codeId);
    const wanted = await readFile(this.#manifest(codeId), 'utf8').then(
      (text) => JSON.parse(text) as Manifest,
      () => undefined,
    );
    const found = await measure(folder);
    if (wanted === undefined || found.files !== wanted.files || found.sizeBytes !== wanted.sizeBytes) {
      const manifest = await this.#unpackInto(codeId, await readFile(this.#archive(codeId)));
      await writeFile(this.#manifest(codeId), JSON.stringify(manifest));
    }
    return folder;
  }

  async #staging(): Promise<string> {
    const folder = join(this.#folder, 'staging');
    await mkdir(folder, { recursive: true });
    return join(folder, newHexId(8));
  }

  #archive(codeId: string): string {
    return join(this.#folder, 'archives', `${codeId}.zip`);
  }

  #manifest(codeId: string): string {
    return join(this.#folder, 'archives', `${codeId}.json`);
  }

  #unpackedFolder(codeId: string): string {
    return join(this.#folder, 'code', codeId);
  }
}

/** Files and links with their bytes, as the manifest counts them. */
async function measure(folder: string): Promise<Manifest> {
  let [files, sizeBytes] = [0, 0];
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (entry.isDirectory()) continue;
    files++;
    sizeBytes += (await lstat(join(entry.parentPath, entry.name))).size;
  }
  return { files, sizeBytes };
}
