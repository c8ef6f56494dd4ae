/** A folder of a statement's own on the lake's file system, gone afterwards whatever happens. */
import { rm } from 'node:fs/promises';
import type { Lake } from '#lake';

export async function withScratch<T>(lake: Lake, use: (folder: string) => Promise<T>): Promise<T> {
  const folder = lake.stagingFolder();
  try {
    return await use(folder);
  } finally {
    // A crash leaves it to the lake, which sweeps its staging at the start.
    await rm(folder, { recursive: true, force: true }).catch(() => {});
  }
}
