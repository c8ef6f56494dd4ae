/** A file's bytes as a stream, from a descriptor that is opened first: what is replaced later is still read whole. */
import { close, createReadStream, fstat, open, constants } from 'node:fs';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import type { ByteRange } from '../content/range.ts';
import { identityOf, isSameFile, type FileIdentity } from './file-identity.ts';

const openFile = promisify(open);
const closeFile = promisify(close);
const statFile = promisify(fstat);

const readBytes = 512 * 1024;

/**
 * Opens a file that must still be as it was looked at. The stream closes it at its end or when it is destroyed.
 * @returns undefined when the file changed or went away meanwhile
 */
export async function openUnchanged(
  path: string,
  identity: FileIdentity,
  range: ByteRange,
): Promise<Readable | undefined> {
  let descriptor: number | undefined;
  try {
    descriptor = await openFile(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    const isUnchanged = isSameFile(identityOf(await statFile(descriptor)), identity);
    if (isUnchanged && range.end > range.start) {
      return createReadStream('', {
        fd: descriptor,
        start: range.start,
        end: range.end - 1,
        highWaterMark: Math.min(readBytes, range.end - range.start),
      });
    }
    await closeFile(descriptor);
    return isUnchanged ? Readable.from([]) : undefined;
  } catch (error) {
    if (descriptor !== undefined) await closeFile(descriptor).catch(() => undefined);
    if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
