/**
 * Makes renames durable: fsync of the folder. Callers that ask for the same folder while one fsync runs share the
 * next one, since an fsync that starts after a rename covers it.
 */
import { close, fsync, open } from 'node:fs';
import { promisify } from 'node:util';

const openFile = promisify(open);
const syncFile = promisify(fsync);
const closeFile = promisify(close);

interface Rounds {
  readonly running: Promise<void>;
  next: Promise<void> | undefined;
}

export class FolderSync {
  readonly #rounds = new Map<string, Rounds>();

  /** Resolves once every change of names made in `folder` before the call is on disk; a folder that is gone is fine. */
  sync(folder: string): Promise<void> {
    const rounds = this.#rounds.get(folder);
    if (rounds === undefined) return this.#start(folder);
    rounds.next ??= rounds.running.then(
      () => this.#start(folder),
      () => this.#start(folder),
    );
    return rounds.next;
  }

  #start(folder: string): Promise<void> {
    const running = syncFolder(folder).finally(() => {
      if (this.#rounds.get(folder)?.next === undefined) this.#rounds.delete(folder);
    });
    this.#rounds.set(folder, { running, next: undefined });
    return running;
  }
}

async function syncFolder(folder: string): Promise<void> {
  let descriptor: number;
  try {
    descriptor = await openFile(folder, 'r');
  } catch (error) {
    // An empty folder may have been pruned meanwhile; then there is nothing in it to make durable.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  try {
    await syncFile(descriptor);
  } finally {
    await closeFile(descriptor);
  }
}
