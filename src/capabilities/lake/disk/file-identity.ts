/** What tells one state of a file from another without reading it. A rename keeps it, a change of the bytes does not. */
import { createHash } from 'node:crypto';
import type { Stats } from 'node:fs';

export interface FileIdentity {
  readonly sizeBytes: number;
  readonly mtimeMs: number;
  readonly inode: number;
}

export function identityOf(stat: Stats): FileIdentity {
  return { sizeBytes: stat.size, mtimeMs: stat.mtimeMs, inode: stat.ino };
}

/** Tools that copy times carry them as seconds in a double, which is off by up to a microsecond. */
const copiedTimeErrorMs = 0.002;

/**
 * Whether a row describes the file that lies on disk. The inode is left out on purpose: a data directory that was
 * copied or restored with its times keeps its objects' metadata.
 */
export function isSameFile(a: FileIdentity, b: FileIdentity): boolean {
  return a.sizeBytes === b.sizeBytes && Math.abs(a.mtimeMs - b.mtimeMs) <= copiedTimeErrorMs;
}

/** Above this, the ETag of a file that did not pass through us is taken from its size and time, not from its bytes. */
// Differs from AWS: the ETag of a dropped file above 8 MiB says that it changed, but is no digest of its bytes.
export const hashedDropMaxBytes = 8 * 1024 * 1024;

/** The ETag of a large dropped file, in the form of a multipart object's: clients do not take it for an MD5. */
export function identityEtag(identity: FileIdentity): string {
  return `${createHash('md5').update(`${identity.sizeBytes}:${identity.mtimeMs}`).digest('hex')}-1`;
}
