/** Layers laid over each other, later ones on top: what a function sees below /opt. */
import { createHash } from 'node:crypto';
import { cp, link, mkdir, readdir, readlink, rename, rm, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { newHexId } from '#kernel/ids';
import type { CodeStore } from './code-store.ts';

export class LayerFolders {
  readonly #folder: string;
  readonly #codes: CodeStore;

  constructor(folder: string, codes: CodeStore) {
    this.#folder = folder;
    this.#codes = codes;
  }

  /** @param codeIds of the layers, in order. @returns undefined for none */
  async merged(codeIds: readonly string[]): Promise<string | undefined> {
    const folders = await Promise.all(codeIds.map((codeId) => this.#codes.unpacked(codeId)));
    if (folders.length <= 1) return folders[0];
    const target = join(this.#folder, createHash('sha256').update(codeIds.join()).digest('hex'));
    if ((await stat(target).catch(() => undefined)) !== undefined) return target;
    const staged = join(this.#folder, `.${newHexId(8)}`);
    await mkdir(staged, { recursive: true });
    for (const folder of folders) await overlay(folder, staged);
    await rename(staged, target).catch(async (error: unknown) => {
      // Another invocation was quicker.
      await rm(staged, { recursive: true, force: true });
      if ((await stat(target).catch(() => undefined)) === undefined) throw error;
    });
    return target;
  }

  /** What was merged is made anew after a start, since a power cut may have left a part. */
  async clear(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Hard links where the file system has them: layers are large and never written to. */
async function overlay(from: string, onto: string): Promise<void> {
  await mkdir(onto, { recursive: true });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(onto, entry.name)];
    if (entry.isDirectory()) {
      const below = await stat(target).catch(() => undefined);
      if (below !== undefined && !below.isDirectory()) await rm(target);
      await overlay(source, target);
      continue;
    }
    await rm(target, { recursive: true, force: true });
    if (entry.isSymbolicLink()) await symlink(await readlink(source), target);
    else await link(source, target).catch(() => cp(source, target));
  }
}
