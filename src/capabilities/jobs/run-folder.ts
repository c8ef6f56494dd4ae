/**
 * The temporary folder of an application, session or job run: what it fetches, and a key of its caller. It is named by a
 * token that is kept, so that the next start finds what a crash left.
 */
import { mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

type Kind = 'application' | 'session' | 'job';

/** @returns its path; nobody but its owner may read it */
export async function makeRunFolder(kind: Kind, token: string): Promise<string> {
  const folder = pathOf(kind, token);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return folder;
}

/** One that is not there is no error. */
export async function removeRunFolder(kind: Kind, token: string): Promise<void> {
  await rm(pathOf(kind, token), { recursive: true, force: true });
}

function pathOf(kind: Kind, token: string): string {
  return join(tmpdir(), `millpond-${kind}-${token}`);
}
