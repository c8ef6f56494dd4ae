/** A folder of a statement's own on the lake's file system, removed behind it whatever happens. */
import type { Lake } from '#lake';

export async function withScratch<T>(lake: Lake, use: (folder: string) => Promise<T>): Promise<T> {
  const folder = lake.stagingFolder();
  try {
    return await use(folder);
  } finally {
    lake.removeStagingFolder(folder);
  }
}
